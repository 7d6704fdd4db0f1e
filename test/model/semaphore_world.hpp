// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_TEST_MODEL_SEMAPHORE_WORLD_HPP
#define ASIO_SYNC_TEST_MODEL_SEMAPHORE_WORLD_HPP

#include <asio_sync/detail/semaphore_core.hpp>

#include "model/atomic.hpp"
#include "model/explorer.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

namespace model {

namespace detail = asio_sync::detail;
using detail::wait_result;

using semaphore_core = detail::semaphore_core<atomic>;
using completions = detail::completions<atomic>;
using cell = detail::cancellation_cell<atomic>;

constexpr std::uint32_t max_permits = semaphore_core::max_permits;

struct request;

struct queued_request : detail::waiter<atomic>
{
  queued_request(std::uint32_t n, request& r)
    : detail::waiter<atomic>(kind::operation_waiter, n),
      owner(r)
  {
  }

  request& owner;
};

// A waiter, whose memory is poisoned when it is complete, and what is known of
// it.
struct request
{
  request(std::uint32_t n, std::function<void()> h)
    : queued(n, *this),
      count(n),
      handler(std::move(h))
  {
  }

  request(const request&) = delete;
  request& operator=(const request&) = delete;

  void poison()
  {
    std::memset(static_cast<void*>(&queued), 0xdb, sizeof(queued));
  }

  bool is_poison_intact() const
  {
    const auto* const bytes = reinterpret_cast<const unsigned char*>(&queued);
    return std::all_of(bytes, bytes + sizeof(queued),
        [](unsigned char byte) { return byte == 0xdb; });
  }

  queued_request queued;
  const std::uint32_t count;
  std::function<void()> handler;
  plain contents{"a waiter"};
  bool is_started = false;
  int deliveries = 0;
  wait_result got = wait_result::granted;
};

// A cell, and what stands on its other side.
struct party
{
  party(request& r, wait_result reason)
    : target(r.queued, reason)
  {
  }

  cell target;
  plain cause{"what was done before a cancellation"};
  bool is_done = false;
  int frees = 0;
};

// A semaphore and all who use it. The functions are those of a pooled core;
// what completes is delivered by the thread that calls.
class semaphore_world
{
public:
  explicit semaphore_world(std::uint32_t permits)
    : expected_(permits)
  {
    core_.open(permits);
    generation_ = core_.generation();
  }

  semaphore_world(const semaphore_world&) = delete;
  semaphore_world& operator=(const semaphore_world&) = delete;

  virtual ~semaphore_world() = default;

  // What the threads do. In the order of their numbers.
  virtual bodies threads() = 0;

  // Check what is left.
  virtual void check() = 0;

protected:
  request& make_request(std::uint32_t n, std::function<void()> handler = {})
  {
    return requests_.emplace_back(n, std::move(handler));
  }

  party& make_party(request& r, wait_result reason = wait_result::aborted)
  {
    party& p = parties_.emplace_back(r, reason);
    r.queued.attach(p.target);
    return p;
  }

  void acquire(request& r)
  {
    r.is_started = true;
    r.contents.write();
    completions done;
    core_.acquire(r.queued, done);
    finish(done);
  }

  // As an initiating function does it.
  void acquire_or_wait(request& r)
  {
    if (core_.try_acquire_if_open(r.count))
    {
      r.is_started = true;
      complete(r, wait_result::granted);
    }
    else
    {
      acquire(r);
    }
  }

  bool try_acquire(std::uint32_t n)
  {
    if (!core_.try_acquire(n))
      return false;
    take(n);
    return true;
  }

  bool release(std::uint32_t n)
  {
    give();
    if (core_.try_release(n))
    {
      expected_ += n;
      return true;
    }
    completions done;
    const bool released = core_.release(n, done);
    if (released)
      expected_ += n;
    finish(done);
    return released;
  }

  // As a permit does it that was granted when the world began.
  void release_late(std::uint32_t n)
  {
    completions done;
    require(core_.release(n, generation_, done), "a permit does not fit");
    finish(done);
  }

  void emit(party& p)
  {
    p.is_done = true;
    p.cause.write();
    if (p.target.request())
    {
      completions done;
      core_.cancel(p.target, done);
      finish(done);
    }
    else
    {
      free(p.target);
    }
  }

  void forget(party& p)
  {
    p.is_done = true;
    if (p.target.forget())
      free(p.target);
  }

  void cancel_all()
  {
    completions done;
    core_.cancel_all(done);
    finish(done);
  }

  void close()
  {
    completions done;
    core_.close(done);
    finish(done);
  }

  void reduce(std::uint32_t n)
  {
    expected_ -= n;
    completions done;
    core_.reduce(n, done);
    finish(done);
  }

  void drain(std::uint32_t n)
  {
    expected_ -= core_.drain(n);
  }

  // The object goes. Whoever finishes that makes another one of the core.
  void retire(std::uint32_t permits_of_the_next)
  {
    next_permits_ = permits_of_the_next;
    completions done;
    core_.retire(done);
    finish(done);
  }

  // With one permit in all: what its owners share.
  void share_under_permit()
  {
    is_exclusive_ = true;
  }

  bool was_recycled() const
  {
    return lives_ == 2;
  }

  static void expect(const request& r, wait_result result)
  {
    require(r.deliveries == 1 && r.got == result, "a wait has another result");
  }

  static bool is_complete(const request& r)
  {
    return r.deliveries != 0;
  }

  // Nothing was lost, nothing is stuck, nothing was touched after its end.
  void check_conservation()
  {
    std::size_t waiting = 0;
    for (const request& r : requests_)
      if (r.is_started && r.deliveries == 0)
        ++waiting;
    require(core_.waiters() == waiting, "waiters() differs from what waits");

    const auto expected = std::uint32_t(expected_ < 0 ? 0 : expected_);
    require(core_.available() == expected, "permits are lost or gained");
    for (const request& r : requests_)
      if (waiting == 1 && r.is_started && r.deliveries == 0)
        require(r.count > expected, "a waiter was left behind");

    // Who still waits is served.
    completions done;
    require(core_.release(1000, done), "release failed");
    finish(done);
    require(core_.try_acquire(1), "a flag is stuck");
    for (party& p : parties_)
      if (!p.is_done)
        forget(p);

    for (request& r : requests_)
      if (r.is_started)
      {
        require(r.deliveries == 1, "a handler was not called once");
        require(r.is_poison_intact(), "a waiter was written after its end");
      }
    for (const party& p : parties_)
      require(p.frees == 1, "a cell was not freed once");
  }

private:
  void take(std::uint32_t n)
  {
    expected_ -= n;
    if (is_exclusive_)
      shared_.write();
  }

  void give()
  {
    if (is_exclusive_)
      shared_.write();
  }

  void complete(request& r, wait_result result)
  {
    r.contents.write();
    ++r.deliveries;
    r.got = result;
    for (party& p : parties_)
      if (&p.target.target() == &r.queued && p.target.reason() == result)
        p.cause.read();
    r.poison();
    if (result == wait_result::granted)
      take(r.count);
    if (r.handler)
      r.handler();
  }

  void free(cell& c)
  {
    for (party& p : parties_)
      if (&p.target == &c)
        ++p.frees;
    explorer::current()->free(&c, sizeof(c));
  }

  // As a sync_service does it.
  void finish(completions& done)
  {
    while (cell* const c = done.dead_cells)
    {
      done.dead_cells = c->next();
      free(*c);
    }
    const bool retired = done.retired;
    while (!done.ready.empty())
    {
      auto& w = static_cast<queued_request&>(done.ready.front());
      done.ready.pop_front();
      complete(w.owner, w.result());
    }
    if (retired)
    {
      ++lives_;
      expected_ = next_permits_;
      core_.open(next_permits_);
    }
  }

  semaphore_core core_;
  semaphore_core::generation_type generation_;
  std::deque<request> requests_;
  std::deque<party> parties_;
  std::int64_t expected_;
  std::uint32_t next_permits_ = 0;
  int lives_ = 1;
  bool is_exclusive_ = false;
  plain shared_{"what a permit protects"};
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_SEMAPHORE_WORLD_HPP
