// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Scenarios of a condition variable: the order of calls. Each says what it
// proves.

#ifndef ASIO_SYNC_TEST_MODEL_CONDVAR_ORDER_HPP
#define ASIO_SYNC_TEST_MODEL_CONDVAR_ORDER_HPP

#include "model/condvar_world.hpp"

namespace model {

// One thread makes its calls in order, and it makes no difference that another
// one serves: that cancels a wait which begins in the end only.
struct ordered_calls : condvar_world
{
  virtual void call() = 0;

  bodies threads() override
  {
    return {[this] { call(); }, [this] { emit(server); }};
  }

  void check() override
  {
    wait(other);
    expect(other, wait_result::aborted);
    check_conservation();
  }

  request& other = make_bare_wait();
  party& server = make_party(other);
};

// ... with a wait that holds on to its notification, as its mutex is owned.
struct ordered_cancellation : ordered_calls
{
  ordered_cancellation()
  {
    lock();
    wait(a);
    lock();
  }

  void check() override
  {
    unlock();
    expect(a, wait_result::aborted);
    ordered_calls::check();
  }

  request& a = make_wait();
  request& b = make_bare_wait();
  party& p = make_party(a);
};

// Who waits when a notified wait is cancelled gets its notification.
struct notify_then_wait_then_cancel : ordered_cancellation
{
  void call() override
  {
    notify(1);
    wait(b);
    emit(p);
  }

  void check() override
  {
    expect(b, wait_result::granted);
    ordered_cancellation::check();
  }
};

// ... but not who waits afterwards.
struct cancel_then_wait : ordered_cancellation
{
  cancel_then_wait()
  {
    notify(1);
  }

  void call() override
  {
    emit(p);
    wait(b);
  }

  void check() override
  {
    require(!is_complete(b), "a notification was remembered");
    ordered_cancellation::check();
  }
};

// A notification that finds nobody is for nobody, also if somebody waits before
// the server looks.
struct notify_then_wait : ordered_calls
{
  void call() override
  {
    notify(1);
    wait(b);
  }

  void check() override
  {
    require(!is_complete(b), "a notification was remembered");
    ordered_calls::check();
  }

  request& b = make_bare_wait();
};

// A broadcast comes before the end that follows it.
struct broadcast_then_cancel_all : ordered_calls
{
  broadcast_then_cancel_all()
  {
    wait(a);
  }

  void call() override
  {
    notify_all();
    cancel_all();
  }

  void check() override
  {
    expect(a, wait_result::granted);
    ordered_calls::check();
  }

  request& a = make_bare_wait();
};

// An end comes before the broadcast that follows it.
struct cancel_all_then_broadcast : ordered_calls
{
  cancel_all_then_broadcast()
  {
    wait(a);
  }

  void call() override
  {
    cancel_all();
    notify_all();
  }

  void check() override
  {
    expect(a, wait_result::aborted);
    ordered_calls::check();
  }

  request& a = make_bare_wait();
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_CONDVAR_ORDER_HPP
