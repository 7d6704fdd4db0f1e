// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_IO_URING_PLATFORM_SERVICE_HPP
#define ASIO_SYNC_DETAIL_IO_URING_PLATFORM_SERVICE_HPP

#include <asio_sync/detail/asio.hpp>

#if ASIO_SYNC_HAS_IO_URING

# include <asio_sync/detail/futex_wait.hpp>
# include <asio_sync/detail/generic_platform_service.hpp>
# include <asio_sync/detail/linux_futex.hpp>

# include <boost/intrusive/list.hpp>

# include <liburing.h>

# include <atomic>
# include <cerrno>
# include <cstddef>
# include <cstdint>
# include <cstring>
# include <memory>
# include <mutex>
# include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// IORING_OP_FUTEX_WAIT of Linux 6.7, which older headers have no name for.
inline constexpr std::uint8_t io_uring_futex_wait_opcode = 51;

// Ask a ring to wait for a word. The mask, addr3, is beyond what older headers
// name.
inline void prepare_io_uring_futex_wait(::io_uring_sqe& sqe,
    const std::uint32_t* word, std::uint32_t expected) noexcept
{
  constexpr std::uint64_t any_bit = 0xffffffff;
  constexpr std::size_t mask_offset = 48;
  static_assert(mask_offset + sizeof(any_bit) <= sizeof(sqe));

  const auto user_data = sqe.user_data;
  std::memset(&sqe, 0, sizeof(sqe));
  sqe.opcode = io_uring_futex_wait_opcode;
  sqe.fd = int(futex2_flags);
  sqe.addr = reinterpret_cast<std::uintptr_t>(word);
  sqe.off = expected;
  sqe.user_data = user_data;
  std::memcpy(reinterpret_cast<unsigned char*>(&sqe) + mask_offset, &any_bit,
      sizeof(any_bit));
}

// Whether a ring can be had and its waits for a word park and wake: tried once,
// as a kernel may know the operation and yet be told to refuse it.
inline bool test_io_uring_futex() noexcept
{
  ::io_uring ring;
  if (::io_uring_queue_init(4, &ring, 0) < 0)
    return false;
  const std::unique_ptr<::io_uring, decltype(&::io_uring_queue_exit)> owner(
      &ring, &::io_uring_queue_exit);

  ::io_uring_probe* const probe = ::io_uring_get_probe_ring(&ring);
  const bool is_known = probe != nullptr
      && ::io_uring_opcode_supported(probe, io_uring_futex_wait_opcode) != 0;
  if (probe != nullptr)
    ::io_uring_free_probe(probe);
  if (!is_known)
    return false;

  // Not in memory that other processes map: they would get the wake.
  std::uint32_t word = 0;
  ::io_uring_sqe* const sqe = ::io_uring_get_sqe(&ring);
  ::io_uring_cqe* cqe = nullptr;
  if (sqe == nullptr)
    return false;
  prepare_io_uring_futex_wait(*sqe, &word, 0);
  if (::io_uring_submit(&ring) != 1 || ::io_uring_peek_cqe(&ring, &cqe) == 0)
    return false;

  linux_futex_wake(&word, 1);
  ::__kernel_timespec second{1, 0};
  return ::io_uring_wait_cqe_timeout(&ring, &cqe, &second) == 0
      && cqe->res == 0;
}

inline bool has_io_uring_futex() noexcept
{
  static const bool result = test_io_uring_futex();
  return result;
}

class io_uring_futex_waits;

using io_uring_wait_hook = boost::intrusive::list_base_hook<
    boost::intrusive::link_mode<boost::intrusive::safe_link>>;

// A wait for a word in Asio's ring. The kernel does what the ring is told when
// that is submitted, so a wait that was cancelled consumes no wake any more.
class io_uring_futex_wait : public futex_wait,
                            public io_uring_wait_hook,
                            private net::detail::io_uring_operation
{
public:
  // The group has a ring.
  io_uring_futex_wait(
      futex_wait_owner& owner, io_uring_futex_waits& group) noexcept
    : net::detail::io_uring_operation(error_code(),
        &io_uring_futex_wait::do_prepare, &io_uring_futex_wait::do_perform,
        &io_uring_futex_wait::do_complete),
      owner_(owner),
      group_(group)
  {
  }

  ~io_uring_futex_wait() override;

  void start(
      const std::uint32_t* word, std::uint32_t expected) noexcept override;
  void cancel() noexcept override;

  // Whether the ring has it, or has had it and nobody has been told.
  bool is_submitted() const noexcept
  {
    return is_submitted_;
  }

private:
  // Asio prepares it again when the thread that submitted it has exited.
  static void do_prepare(
      net::detail::io_uring_operation* base, ::io_uring_sqe* sqe)
  {
    auto& self = *static_cast<io_uring_futex_wait*>(base);
    self.is_submitted_ = true;
    prepare_io_uring_futex_wait(*sqe, self.word_, self.expected_);
  }

  // Asio asks before it submits, and when there is a result, with which the
  // wait has ended in any case.
  static bool do_perform(
      net::detail::io_uring_operation* base, bool /*after_completion*/)
  {
    return static_cast<io_uring_futex_wait*>(base)->is_submitted_;
  }

  static void do_complete(void* owner, operation* base, const error_code& ec,
      std::size_t bytes_transferred);

  static futex_wait_result result_of(const error_code& ec) noexcept
  {
    if (!ec)
      return futex_wait_result::woken;
    switch (ec.value())
    {
    case EAGAIN:
      return futex_wait_result::differed;
    case ECANCELED:
      return futex_wait_result::cancelled;
    default:
      return futex_wait_result::failed;
    }
  }

  futex_wait_owner& owner_;
  io_uring_futex_waits& group_;

  // Belongs to the service, which frees it.
  net::detail::io_uring_service::per_io_object_data io_object_ = nullptr;

  const std::uint32_t* word_ = nullptr;
  std::uint32_t expected_ = 0;

  // The kernel hands it over from the thread that submits to the one that
  // performs. Asio tells ThreadSanitizer so from 1.38 on.
  bool is_submitted_ = false;
};

// Is made after the ring's service, and so prepared for a fork before it: Asio
// (1.28.1 to 1.38.1) looks at one completion again and again as it prepares,
// and breaks the scheduler's queue if that belongs to an operation.
class io_uring_fork_service : public net::execution_context::service
{
public:
  static inline net::execution_context::id id;

  explicit io_uring_fork_service(net::execution_context& context)
    : net::execution_context::service(context)
  {
  }

  void open(io_uring_futex_waits& waits) noexcept
  {
    waits_ = &waits;
  }

private:
  void shutdown() noexcept override
  {
  }

  void notify_fork(net::execution_context::fork_event event) override;

  io_uring_futex_waits* waits_ = nullptr;
};

// The ring of a context, which is made for the first wait where Asio does not
// have it anyway. If it can not be made, something else waits.
class io_uring_futex_waits : public futex_waits
{
public:
  // has_one_thread: whether only one thread at a time runs the context.
  io_uring_futex_waits(net::execution_context& context, bool has_one_thread,
      std::unique_ptr<futex_waits> fallback) noexcept
    : context_(context),
      has_one_thread_(has_one_thread),
      fallback_(std::move(fallback))
  {
  }

  const char* name() const noexcept override
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    return has_failed_ ? fallback_->name() : "io_uring";
  }

  bool sees_foreign_wakes() const noexcept override
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    return !has_failed_ || fallback_->sees_foreign_wakes();
  }

  // A wake finds the only thread where it waits for I/O.
  bool is_woken_sooner() const noexcept override
  {
    return ASIO_SYNC_HAS_IO_URING_AS_DEFAULT && has_one_thread_;
  }

  std::unique_ptr<futex_wait> make(futex_wait_owner& owner) override
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!make_ring())
      return fallback_->make(owner);
    auto made = std::make_unique<io_uring_futex_wait>(owner, *this);
    all_.push_back(*made);
    return made;
  }

  void wake(const void* word, std::size_t n) noexcept override
  {
    // As the fallback would, if that is used, and if it is not it knows nobody.
    fallback_->wake(word, n);
  }

  // What waits in the ring is abandoned by the service of the ring.
  void shutdown() noexcept override
  {
    fallback_->shutdown();
  }

  void before_fork() noexcept override
  {
    fallback_->before_fork();
  }

  void after_fork() override
  {
    fallback_->after_fork();
  }

  // What waits in the ring leaves it, and begins anew as the context runs. What
  // is left for Asio to look at belongs to nothing.
  void leave_ring()
  {
    auto& loop = net::use_service<event_loop>(context_);
    operation_queue left;
    {
      const scheduler_thread as_one_of_its_threads(loop, left);
      const std::lock_guard<std::mutex> lock(mutex_);
      leave_ring(left);
      service_->interrupt();
    }
    loop.post_deferred_completions(left);
  }

private:
  friend class io_uring_futex_wait;

  // Asio completes operations in threads that run the scheduler, which count
  // what those start. This makes one of the calling thread.
  class scheduler_thread
  {
  public:
    scheduler_thread(event_loop& loop, operation_queue& ready)
      : loop_(loop),
        ready_(ready),
        context_(&loop, info_)
    {
      info_.private_outstanding_work = 0;
    }

    scheduler_thread(const scheduler_thread&) = delete;
    scheduler_thread& operator=(const scheduler_thread&) = delete;

    ~scheduler_thread()
    {
      ready_.push(info_.private_op_queue);
      for (; info_.private_outstanding_work > 0;
           --info_.private_outstanding_work)
        loop_.work_started();
    }

  private:
    using call_stack = net::detail::call_stack<net::detail::thread_context,
        net::detail::thread_info_base>;

    event_loop& loop_;
    operation_queue& ready_;
    net::detail::scheduler_thread_info info_;
    call_stack::context context_;
  };

  // The kernel completes a wait in the thread that submitted it, so another
  // one may need a moment. What was completed before is in the scheduler's
  // queue and not heard of, hence the bound.
  void leave_ring(operation_queue& left)
  {
    constexpr int most_completions = 32768;
    constexpr int at_a_time = 128;
    constexpr int most_moments = 10;
    constexpr long moment_usec = 1000;

    std::size_t in_ring = 0;
    for (io_uring_futex_wait& each : all_)
    {
      in_ring += each.is_submitted() ? 1 : 0;
      each.cancel();
      service_->run(0, left);
    }
    for (int i = 0; i < most_completions / at_a_time; ++i)
      service_->run(0, left);
    for (int i = 0; i < most_moments && count(left) < in_ring; ++i)
      service_->run(moment_usec, left);
  }

  static std::size_t count(operation_queue& operations)
  {
    std::size_t n = 0;
    operation_queue counted;
    for (; operation* const op = operations.front(); ++n)
    {
      operations.pop();
      counted.push(op);
    }
    operations.push(counted);
    return n;
  }

  // Whether there is a ring. Makes it, if it can.
  bool make_ring()
  {
    if (service_ == nullptr && !has_failed_)
    {
      try
      {
        auto& service =
            net::use_service<net::detail::io_uring_service>(context_);
        service.init_task();
        if (!ASIO_SYNC_HAS_IO_URING_FORK)
          net::use_service<io_uring_fork_service>(context_).open(*this);
        service_ = &service;
      }
      catch (const system_error&)
      {
        has_failed_ = true;
      }
    }
    return service_ != nullptr;
  }

  void forget(io_uring_futex_wait& w) noexcept
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    all_.erase(all_.iterator_to(w));
  }

  // Beside another reactor, Asio takes 128 completions from the ring when it is
  // told that there are some, and forgets the others until it is told again
  // (1.28.1 to 1.38.2). So it is, often enough that it hears of each of ours.
  void look_again()
  {
    constexpr unsigned often_enough = 16;

    // Relaxed: only the number matters.
    if (!ASIO_SYNC_HAS_IO_URING_AS_DEFAULT
        && completions_.fetch_add(1, std::memory_order_relaxed) % often_enough
            == 0)
      service_->interrupt();
  }

  net::execution_context& context_;
  const bool has_one_thread_;
  const std::unique_ptr<futex_waits> fallback_;

  // Protects the members below, but for the last two.
  mutable std::mutex mutex_;
  bool has_failed_ = false;
  boost::intrusive::list<io_uring_futex_wait,
      boost::intrusive::constant_time_size<false>>
      all_;

  // Does not change once there are waits in it.
  net::detail::io_uring_service* service_ = nullptr;

  // How many waits ended. Relaxed: see where it is used.
  std::atomic<unsigned> completions_{0};
};

inline io_uring_futex_wait::~io_uring_futex_wait()
{
  group_.forget(*this);
}

inline void io_uring_futex_wait::start(
    const std::uint32_t* word, std::uint32_t expected) noexcept
{
  word_ = word;
  expected_ = expected;
  is_submitted_ = false;
  try
  {
    if (io_object_ == nullptr)
      group_.service_->register_io_object(io_object_);
  }
  catch (...)
  {
    return owner_.ended(futex_wait_result::failed);
  }
  group_.service_->start_op(
      net::detail::io_uring_service::read_op, io_object_, this, false);
}

inline void io_uring_futex_wait::cancel() noexcept
{
  group_.service_->cancel_ops(io_object_);
}

inline void io_uring_futex_wait::do_complete(void* owner, operation* base,
    const error_code& /*ec*/, std::size_t /*bytes_transferred*/)
{
  auto& self = *static_cast<io_uring_futex_wait*>(base);

  // The service shuts down, and ignored what came of the wait.
  if (owner == nullptr)
    return linux_futex_wake(self.word_, 1);

  self.is_submitted_ = false;
  self.group_.look_again();
  self.owner_.ended(result_of(self.ec_));
}

inline void io_uring_fork_service::notify_fork(
    net::execution_context::fork_event event)
{
  if (event == net::execution_context::fork_prepare)
    waits_->leave_ring();
}

// The tier where Asio uses io_uring: words are waited for in the ring. What is
// ready is delivered as by the generic tier, which measures faster than to wake
// the ring through a word: see doc/wake.md.
class io_uring_platform_service : public generic_platform_service
{
public:
  static inline net::execution_context::id id;

  using generic_platform_service::generic_platform_service;

private:
  std::unique_ptr<futex_waits> make_futex_waits() override
  {
    auto generic = generic_platform_service::make_futex_waits();
    if (!has_io_uring_futex())
      return generic;
    return std::make_unique<io_uring_futex_waits>(
        context(), has_one_thread(), std::move(generic));
  }
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_HAS_IO_URING

#endif // ASIO_SYNC_DETAIL_IO_URING_PLATFORM_SERVICE_HPP
