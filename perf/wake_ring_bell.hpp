// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Ways to bring ready operations to an event loop, not used by the library: a
// mailbox, of which the scheduler or a futex wait in Asio's ring tells.

#ifndef ASIO_SYNC_PERF_WAKE_RING_BELL_HPP
#define ASIO_SYNC_PERF_WAKE_RING_BELL_HPP

#include "perf.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace perf {

using asio_sync::detail::operation;
using asio_sync::detail::operation_queue;
using net::detail::scheduler;

constexpr char no_ring_futex[] = "the kernel's rings do not wait for words";

// An operation that calls a function, again and again.
class message : public operation
{
public:
  explicit message(const std::function<void()>& function) noexcept
    : operation(&do_complete),
      function_(&function)
  {
  }

  void call() const
  {
    (*function_)();
  }

private:
  friend class mailbox;

  static void do_complete(
      void* owner, operation* base, const error_code&, std::size_t)
  {
    if (owner != nullptr)
      static_cast<message*>(base)->call();
  }

  const std::function<void()>* function_;
  std::uintptr_t next_ = 0;
};

// Messages from any thread, for one receiver.
//
//   head_  | meaning
//   -------+------------------------------------------------------------
//   asleep | no mail, and the receiver must be woken for it
//   awake  | no mail
//   other  | has_mail, and the address of the newest message
class mailbox
{
public:
  static constexpr std::uintptr_t asleep = 0;
  static constexpr std::uintptr_t has_mail = 1;
  static constexpr std::uintptr_t awake = 2;

  explicit mailbox(std::uintptr_t state) noexcept
    : head_(state)
  {
  }

  // Returns whether the receiver must be woken. Release pairs with the acquire
  // in take().
  bool push(message& m) noexcept
  {
    std::uintptr_t seen = head_.load(std::memory_order_relaxed);
    do
      m.next_ = seen;
    while (!head_.compare_exchange_weak(seen,
        reinterpret_cast<std::uintptr_t>(&m) | has_mail,
        std::memory_order_release, std::memory_order_relaxed));
    return seen == asleep;
  }

  // Take everything, oldest first.
  void take(operation_queue& result, std::uintptr_t state) noexcept
  {
    std::uintptr_t next = head_.exchange(state, std::memory_order_acquire);
    std::uintptr_t oldest = 0;
    while (next & has_mail)
    {
      message* const m = reinterpret_cast<message*>(next - has_mail);
      const std::uintptr_t following = m->next_;
      m->next_ = oldest;
      oldest = next;
      next = following;
    }
    while (oldest & has_mail)
    {
      message* const m = reinterpret_cast<message*>(oldest - has_mail);
      oldest = m->next_;
      result.push(m);
    }
  }

  // The receiver must be woken from now on, unless there is mail. Relaxed, as
  // below: only the word matters.
  void fall_asleep() noexcept
  {
    std::uintptr_t expected = awake;
    head_.compare_exchange_strong(expected, asleep, std::memory_order_relaxed);
  }

  bool is_empty() const noexcept
  {
    return !(head_.load(std::memory_order_relaxed) & has_mail);
  }

  // The lower half of the head, which is 0 for asleep only.
  const std::uint32_t* futex() const noexcept
  {
    return reinterpret_cast<const std::uint32_t*>(&head_);
  }

private:
  std::atomic<std::uintptr_t> head_;
};

// A service with deliver(message&).
class bell : public net::execution_context::service
{
public:
  explicit bell(net::execution_context& context)
    : net::execution_context::service(context),
      scheduler_(net::use_service<scheduler>(context)),
      has_one_thread_(asio_sync::detail::has_concurrency_hint_one(scheduler_))
  {
  }

  void work_started() noexcept
  {
    scheduler_.work_started();
  }

protected:
  // Complete the first one on behalf of an operation that has not been counted
  // as work, and queue the others.
  void complete(operation_queue& operations, void* owner)
  {
    operation* const first = operations.front();
    if (first == nullptr)
      return scheduler_.compensating_work_started();
    operations.pop();
    scheduler_.post_deferred_completions(operations);
    first->complete(owner, error_code(), 0);
  }

  scheduler& scheduler_;
  const bool has_one_thread_;

private:
  void shutdown() noexcept override
  {
  }
};

// The scheduler is told of the first message only.
class posted_mailbox : public bell
{
public:
  static constexpr char name[] = "mailbox";
  static inline net::execution_context::id id;

  explicit posted_mailbox(net::execution_context& context)
    : bell(context),
      drain_(*this)
  {
  }

  void deliver(message& m) noexcept
  {
    if (mailbox_.push(m))
      scheduler_.post_deferred_completion(&drain_);
  }

private:
  struct drain : operation
  {
    explicit drain(posted_mailbox& service)
      : operation(&do_complete),
        service_(service)
    {
    }

    static void do_complete(
        void* owner, operation* base, const error_code&, std::size_t)
    {
      if (owner == nullptr)
        return;
      posted_mailbox& service = static_cast<drain*>(base)->service_;
      operation_queue operations;
      service.mailbox_.take(operations, mailbox::asleep);
      service.complete(operations, owner);
    }

    posted_mailbox& service_;
  };

  mailbox mailbox_{mailbox::asleep};
  drain drain_;
};

#if ASIO_SYNC_HAS_IO_URING

// The mailbox is a futex for which the ring waits. When that wait has ended,
// the first message is completed there and then.
class ring_bell : public bell
{
public:
  static constexpr char name[] = "mailbox_bell_in_the_ring";
  static inline net::execution_context::id id;

  explicit ring_bell(net::execution_context& context)
    : bell(context),
      ring_(net::use_service<ring_service>(context)),
      wait_(*this)
  {
    ring_.init_task();
    ring_.register_internal_io_object(object_, ring_service::read_op, &wait_);
  }

  void deliver(message& m) noexcept
  {
    if (mailbox_.push(m))
      asio_sync::detail::linux_futex_wake(mailbox_.futex(), 1);
  }

private:
  using ring_service = net::detail::io_uring_service;
  using ring_operation = net::detail::io_uring_operation;

  struct futex_wait_op : ring_operation
  {
    explicit futex_wait_op(ring_bell& service)
      : ring_operation(error_code(), &do_prepare, &do_perform, &do_complete),
        service_(service)
    {
    }

    static void do_prepare(ring_operation* base, ::io_uring_sqe* sqe)
    {
      mailbox& mail = static_cast<futex_wait_op*>(base)->service_.mailbox_;
      mail.fall_asleep();
      asio_sync::detail::prepare_io_uring_futex_wait(
          *sqe, mail.futex(), std::uint32_t(mailbox::asleep));
    }

    // Called for a completion, and by start_op() with false before it submits.
    static bool do_perform(ring_operation* base, bool is_completion)
    {
      const error_code& ec = static_cast<futex_wait_op*>(base)->ec_;
      if (is_completion && ec && ec.value() != EAGAIN
          && ec.value() != ECANCELED)
        fail("futex wait: " + ec.message());
      return is_completion;
    }

    static void do_complete(
        void* owner, operation* base, const error_code&, std::size_t)
    {
      if (owner != nullptr)
        static_cast<futex_wait_op*>(base)->service_.complete_all(owner);
    }

    ring_bell& service_;
  };

  // The only thread cannot do anything else before it returns, and may wait
  // afterwards; others must be able to get what is delivered meanwhile.
  void complete_all(void* owner)
  {
    operation_queue operations;
    mailbox_.take(operations, mailbox::awake);
    if (!has_one_thread_)
      wait_again();
    complete(operations, owner);
    if (has_one_thread_)
      wait_again();
  }

  void wait_again()
  {
    if (has_one_thread_ && !mailbox_.is_empty())
      return scheduler_.post_deferred_completion(&wait_);
    // This counts as work, which an internal operation must not.
    ring_.start_op(ring_service::read_op, object_, &wait_, true);
    scheduler_.work_finished();
  }

  ring_service& ring_;
  ring_service::per_io_object_data object_ = nullptr;
  mailbox mailbox_{mailbox::awake};
  futex_wait_op wait_;
};

#endif // ASIO_SYNC_HAS_IO_URING

} // namespace perf

#endif // ASIO_SYNC_PERF_WAKE_RING_BELL_HPP
