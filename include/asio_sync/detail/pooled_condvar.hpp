// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_POOLED_CONDVAR_HPP
#define ASIO_SYNC_DETAIL_POOLED_CONDVAR_HPP

#include <asio_sync/detail/condvar_core.hpp>
#include <asio_sync/detail/pooled_semaphore.hpp>
#include <asio_sync/detail/sync_service.hpp>

#include <cstddef>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// A core of a condition variable. Every function sends what it takes out on to
// the mutex that is waited for, or delivers it.
class alignas(64) pooled_condvar : private condvar_core<>, public pooled_core
{
  using core = condvar_core<>;

public:
  using core::waiters;

  static pooled_condvar& create(sync_service& service)
  {
    return service.take<pooled_condvar>(core_kind::condvar);
  }

  // Requires: the waiter was not claimed, and is counted as outstanding work if
  // it is an operation.
  void wait(waiter<>& w) noexcept
  {
    batch done(*this);
    core::wait(w, done);
    send_on(done);
  }

  void notify(std::size_t n) noexcept
  {
    batch done(*this);
    core::notify(n, done);
    send_on(done);
  }

  void notify_all() noexcept
  {
    batch done(*this);
    core::notify_all(done);
    send_on(done);
  }

  void cancel_all() noexcept
  {
    batch done(*this);
    core::cancel_all(done);
    send_on(done);
  }

  void cancel(cancellation_cell<>& cell) noexcept
  {
    batch done(*this);
    core::cancel(cell, done);
    send_on(done);
  }

  // End life as an object: waiters complete with aborted, and the core goes
  // back to the pool. Requires: nobody uses it as an object any more.
  void retire() noexcept
  {
    batch done(*this);
    core::retire(done);
    send_on(done);
  }

private:
  friend class sync_service;

  pooled_condvar(sync_service& service, core_kind kind) noexcept
    : pooled_core(
        service, kind, &pooled_condvar::do_abandon, &pooled_condvar::do_destroy)
  {
  }

  static void do_abandon(pooled_core& base, completions<>& done) noexcept
  {
    static_cast<pooled_condvar&>(base).core::abandon(done);
    done.ready.splice(done.ready.end(), done.leaving);
  }

  static void do_destroy(pooled_core& base) noexcept
  {
    delete static_cast<pooled_condvar*>(&base);
  }

  // Send waiters on to their mutex, many at once. The first gets it if it is
  // free.
  static void send_on(completions<>& done) noexcept
  {
    while (!done.leaving.empty())
    {
      waiter<>& first = leave_home(done);
      auto& mutex = pooled_semaphore::of(*first.grantor());
      if (mutex.try_grant(first))
      {
        done.ready.push_back(first);
        continue;
      }

      waiter_list<std::atomic> same;
      same.push_back(first);
      while (!done.leaving.empty()
          && done.leaving.front().grantor() == first.grantor())
        same.push_back(leave_home(done));
      mutex.acquire_again(same);
    }
  }

  static waiter<>& leave_home(completions<>& done) noexcept
  {
    waiter<>& w = done.leaving.front();
    done.leaving.pop_front();
    w.leave_home();
    return w;
  }
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_POOLED_CONDVAR_HPP
