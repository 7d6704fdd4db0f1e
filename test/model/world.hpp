// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Waits, and those who may cancel them, as every world has them.

#ifndef ASIO_SYNC_TEST_MODEL_WORLD_HPP
#define ASIO_SYNC_TEST_MODEL_WORLD_HPP

#include <asio_sync/detail/semaphore_core.hpp>

#include "model/atomic.hpp"
#include "model/explorer.hpp"
#include "model/waiters.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <utility>

namespace model {

namespace detail = asio_sync::detail;
using detail::wait_result;

using semaphore_core = detail::semaphore_core<atomic>;
using completions = detail::completions<atomic>;
using cell = detail::cancellation_cell<atomic>;

struct request;

struct queued_request : detail::waiter<atomic>
{
  queued_request(std::uint32_t n, request& r)
    : detail::waiter<atomic>(kind::operation_waiter, nullptr, n),
      owner(r)
  {
  }

  queued_request(semaphore_core* mutex, request& r)
    : detail::waiter<atomic>(kind::operation_waiter, mutex, 1),
      owner(r)
  {
  }

  request& owner;
};

// A waiter, whose memory is gone when it is complete, and what is known of it.
struct request
{
  // What it waits for: a number of permits, or a notification and a mutex.
  template <typename What>
  request(What what, std::function<void()> h)
    : queued(what, *this),
      count(queued.permits()),
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

  // In a world with a mutex: it waits for the mutex only; its handler unlocked
  // the mutex; how often its predicate is false yet.
  bool is_lock = false;
  bool gave_mutex_away = false;
  int refusals = 0;
};

// A cell of a request.
struct link
{
  explicit link(request& r)
    : owner(r),
      target(r.queued)
  {
  }

  request& owner;
  cell target;
  int frees = 0;
};

// What stands on the other side of a cell.
struct party
{
  link& to;
  wait_result reason;
  plain cause{"what was done before a cancellation"};
  bool is_done = false;
  bool was_first = false;
};

class world
{
public:
  world() = default;
  world(const world&) = delete;
  world& operator=(const world&) = delete;
  virtual ~world() = default;

  // What the threads do. In the order of their numbers.
  virtual bodies threads() = 0;

  // Check what is left.
  virtual void check() = 0;

protected:
  template <typename What>
  request& add_request(What what, std::function<void()> handler)
  {
    return requests_.emplace_back(what, std::move(handler));
  }

  party& make_party(request& r, wait_result reason = wait_result::aborted)
  {
    if (r.queued.cell() == nullptr)
      r.queued.attach(links_.emplace_back(r).target);

    for (link& l : links_)
      if (&l.owner == &r)
      {
        l.target.add_party();
        return parties_.emplace_back(party{l, reason});
      }
    std::abort();
  }

  void forget(party& p)
  {
    p.is_done = true;
    if (p.to.target.release())
      free(p.to.target);
  }

  static void expect(const request& r, wait_result result)
  {
    require(r.deliveries == 1 && r.got == result, "a wait has another result");
  }

  static bool is_complete(const request& r)
  {
    return r.deliveries != 0;
  }

  // Returns false if it is too late; else the cell must be handed over.
  bool ask(party& p)
  {
    p.is_done = true;
    p.cause.write();
    p.was_first = p.to.target.request(p.reason);
    if (p.was_first)
      return true;
    if (p.to.target.release())
      free(p.to.target);
    return false;
  }

  void free_dead_cells(completions& done)
  {
    while (cell* const c = done.dead_cells)
    {
      done.dead_cells = c->next();
      free(*c);
    }
  }

  void complete(request& r, wait_result result)
  {
    r.contents.write();
    ++r.deliveries;
    r.got = result;
    for (party& p : parties_)
      if (&p.to.owner == &r && p.was_first)
        p.cause.read();
    r.poison();
    explorer::current()->free(&r.queued, sizeof(r.queued));
  }

  std::size_t waiting() const
  {
    return std::size_t(std::count_if(requests_.begin(), requests_.end(),
        [](const request& r) { return r.is_started && r.deliveries == 0; }));
  }

  void forget_all_parties()
  {
    for (party& p : parties_)
      if (!p.is_done)
        forget(p);
  }

  void check_ends()
  {
    for (request& r : requests_)
      if (r.is_started)
      {
        require(r.deliveries == 1, "a handler was not called once");
        require(r.is_poison_intact(), "a waiter was written after its end");
      }
    for (const link& l : links_)
      require(l.frees == 1, "a cell was not freed once");
  }

  std::deque<request> requests_;

private:
  void free(cell& c)
  {
    for (link& l : links_)
      if (&l.target == &c)
        ++l.frees;
    explorer::current()->free(&c, sizeof(c));
  }

  std::deque<link> links_;
  std::deque<party> parties_;
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_WORLD_HPP
