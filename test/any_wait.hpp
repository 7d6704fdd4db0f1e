// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Every kind of wait with a handler of one type: what can be waited for is
// chosen at run time, so that a test of all of it is compiled once.

#ifndef ASIO_SYNC_TEST_ANY_WAIT_HPP
#define ASIO_SYNC_TEST_ANY_WAIT_HPP

#include "every_wait.hpp"

#include "allocation_log.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace asio_test {

// What becomes of a handler. Outlives it.
struct fate
{
  // Whether the handler was called, or destroyed.
  bool is_over() const
  {
    return memory.expired();
  }

  outcome result;

  // Blocks of memory that were there when their owner was destroyed.
  int left_behind = 0;

  std::weak_ptr<allocation_log> memory;
};

// A handler that has everything a handler can be associated with, and owns the
// memory that its operation is to be allocated in.
class any_handler
{
public:
  using executor_type = any_executor;
  using cancellation_slot_type = net::cancellation_slot;
  using allocator_type = logging_allocator<>;

  any_handler(fate& f, const any_executor& ex, net::cancellation_slot slot = {})
    : fate_(&f),
      executor_(ex),
      slot_(slot),
      memory_(new allocation_log,
          [&f](allocation_log* log) {
            f.left_behind += log->alive;
            delete log;
          }),
      log_(memory_.get())
  {
    f.memory = memory_;
  }

  any_handler(any_handler&& other)
    : fate_(other.fate_),
      executor_(other.executor_),
      slot_(other.slot_)
  {
    on_move();
    memory_ = std::move(other.memory_);
    log_ = other.log_;
    function_ = std::move(other.function_);
  }

  void operator()(error_code ec)
  {
    fate_->result.handler()(ec);
    if (function_)
      function_();
  }

  // Have a function called with the handler.
  void then(std::function<void()> f)
  {
    function_ = std::move(f);
  }

  executor_type get_executor() const noexcept
  {
    return executor_;
  }

  cancellation_slot_type get_cancellation_slot() const noexcept
  {
    return slot_;
  }

  allocator_type get_allocator() const noexcept
  {
    return allocator_type(*log_);
  }

  // Called when a handler is moved, and may throw.
  static inline void (*on_move)() = [] {};

private:
  fate* fate_;
  any_executor executor_;
  net::cancellation_slot slot_;
  std::shared_ptr<allocation_log> memory_;
  allocation_log* log_;
  std::function<void()> function_;
};

// A subject, as in every_wait.hpp.
class any_wait
{
public:
  any_wait() = default;
  any_wait(const any_wait&) = delete;
  any_wait& operator=(const any_wait&) = delete;
  virtual ~any_wait() = default;

  virtual void start(any_handler handler) = 0;
  virtual void start_timed(any_handler handler) = 0;
  virtual void wake() = 0;
  virtual void settle(net::io_context& ctx) = 0;
  virtual bool give_back() = 0;
  virtual std::size_t waiters() const = 0;

  // Replace the object by another one. Waits are aborted.
  virtual void replace() = 0;

  // Whether what a handler was to get goes to the next one if the handler is
  // destroyed.
  virtual bool keeps_grants() const = 0;
};

template <typename Subject>
class any_wait_of : public any_wait
{
public:
  explicit any_wait_of(const any_executor& ex)
    : subject_(ex)
  {
  }

  void start(any_handler handler) override
  {
    subject_.async_wait(std::move(handler));
  }

  void start_timed(any_handler handler) override
  {
    subject_.async_wait_for(std::chrono::hours(1), std::move(handler));
  }

  void wake() override
  {
    subject_.wake();
  }

  void settle(net::io_context& ctx) override
  {
    subject_.settle(ctx);
  }

  bool give_back() override
  {
    return subject_.give_back();
  }

  std::size_t waiters() const override
  {
    return subject_.object.waiters();
  }

  void replace() override
  {
    subject_.object = subject_.another();
  }

  bool keeps_grants() const override
  {
    return std::disjunction_v<std::is_same<Subject, semaphore_subject<>>,
        std::is_same<Subject, mutex_subject<>>>;
  }

private:
  Subject subject_;
};

struct wait_kind
{
  const char* name;
  std::shared_ptr<any_wait> (*make)(const any_executor& ex);
  bool waits_for_word;
};

template <typename Subject>
wait_kind kind_of(const char* name)
{
  return {name,
      [](const any_executor& ex) -> std::shared_ptr<any_wait> {
        return std::make_shared<any_wait_of<Subject>>(ex);
      },
      waits_for_word<Subject>};
}

inline std::vector<wait_kind> every_kind()
{
  return {kind_of<semaphore_subject<>>("semaphore"),
      kind_of<mutex_subject<>>("mutex"), kind_of<condvar_subject<>>("condvar"),
      kind_of<predicate_subject<>>("condvar with predicate"),
      kind_of<locking_subject<>>("condvar with mutex"),
      kind_of<locking_predicate_subject<>>("condvar with mutex and predicate"),
      kind_of<futex_subject<>>("futex")};
}

} // namespace asio_test

#endif // ASIO_SYNC_TEST_ANY_WAIT_HPP
