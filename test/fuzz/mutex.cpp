// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_mutex.hpp>

#include "fuzz/mutex_locks.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <mutex>
#include <utility>

namespace {

namespace net = asio_sync::net;
using asio_sync::error_code;
using asio_sync::mutex_lock;
using fuzz_test::error_of;
using fuzz_test::expect_equal;
using fuzz_test::locks;
using fuzz_test::mutexes;
using fuzz_test::owner;

class mutex_world final : public fuzz_test::mutex_locks
{
public:
  explicit mutex_world(fuzz_test::input in)
    : mutex_locks(in)
  {
    construct();
  }

private:
  using operation = void (mutex_world::*)();

  void operate_on_objects() final
  {
    using w = mutex_world;
    static constexpr operation operations[] = {&w::start, &w::start,
        &w::start_owning, &w::start_owning, &w::unlock, &w::unlock,
        &w::try_lock, &w::block, &w::cancel_all, &w::construct, &w::destroy,
        &w::move, &w::belong, &w::try_own, &w::adopt, &w::block_to_own,
        &w::lock_by_lock, &w::unlock_by_lock, &w::unlock_by_lock,
        &w::release_lock, &w::swap_locks, &w::move_lock, &w::drop_lock};

    i_ = in_.below(mutexes);
    k_ = in_.below(locks);
    const operation chosen = operations[in_.below(std::size(operations))];
    if (real())
      (this->*chosen)();
    else
      construct();
  }

  void destroy_objects() final
  {
    for (i_ = 0; i_ < mutexes; ++i_)
      if (real())
        destroy();
    objects_->lock = {};
    locks_ = {};
  }

  void misuse(fuzz_test::mutex_objects& last) final
  {
    for (auto& m : last.mutex)
    {
      if (!m)
        continue;
      (void)m->try_lock();
      last.lock[0] = mutex_lock(*m, std::try_to_lock);
      const std::size_t id = new_wait({});
      initiate(id, [&](auto h) { m->async_scoped_lock(std::move(h)); });
      m->cancel();
      last.lock[1] = mutex_lock();
    }
  }

  // The mutex that is used.

  void construct()
  {
    using other_mutex =
        asio_sync::basic_async_mutex<net::io_context::executor_type>;

    if (real())
      destroy();
    say("construct m", i_);
    if (in_.below(2) == 0)
      real().emplace(context());
    else
      real().emplace(other_mutex(context()));
    models_[i_] = &all_.emplace_back();
  }

  void destroy()
  {
    say("destroy m", i_);
    abort(model(), model().destroy());
    real().reset();
  }

  // Whoever owns it knows its address, if that is no lock.
  void move()
  {
    const owner by = model().owned_by();
    if (by == owner::code || by == owner::handler_for_code)
      return;
    const std::size_t to = 1 - i_;
    auto& target = objects_->mutex[to];
    say("m", to, target ? " = move(m" : "(move(m", i_, target ? ")" : "))");
    if (target)
      abort(*models_[to], models_[to]->destroy());
    models_[to] = models_[i_];
    models_[i_] = &all_.emplace_back();
    if (target)
      *target = std::move(*real());
    else
      target.emplace(std::move(*real()));
  }

  void start()
  {
    const std::size_t id = begin("async_lock", owner::handler_for_code);
    initiate(id, [&](auto h) { real()->async_lock(std::move(h)); });
  }

  void start_owning()
  {
    const std::size_t id = begin("async_scoped_lock", owner::handler_for_lock);
    waits_[id].target = in_.below(2 * locks);
    initiate(id, [&](auto h) { real()->async_scoped_lock(std::move(h)); });
  }

  std::size_t begin(const char* name, owner o)
  {
    fuzz_test::mutex_wait w;
    w.of = &model();
    const std::size_t id = new_wait(w);
    say(name, " of m", i_, description(id));

    if (model().try_lock(o))
    {
      complete_at_once(id);
    }
    else
    {
      attach(id);
      model().wait(id, o);
    }
    return id;
  }

  void try_lock()
  {
    say("m", i_, ".try_lock()");
    expect_equal(
        real()->try_lock(), model().try_lock(owner::code), "try_lock()");
  }

  void block()
  {
    const bool succeeds = model().try_lock(owner::code);
    if (!succeeds && !is_the_only_thread())
      return;
    say("m", i_, ".lock()");
    const error_code ec = error_of([&] { real()->lock(); });
    expect_equal(ec, succeeds ? error_code() : asio_test::resource_deadlock(),
        "the error of lock()");
  }

  // Not where a lock or a handler would lose it.
  void unlock()
  {
    const bool is_locked = model().owned_by() == owner::code;
    if (!is_locked && model().owned_by() != owner::nobody)
      return;
    say("m", i_, ".unlock()");
    if (is_locked)
      hand_over(model());
    error_code ec;
    real()->unlock(ec);
    expect_equal(ec, is_locked ? error_code() : asio_test::not_permitted(),
        "the error of unlock()");
  }

  void cancel_all()
  {
    say("m", i_, ".cancel()");
    abort(model(), model().cancel_all());
    real()->cancel();
  }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(
    const std::uint8_t* data, std::size_t size)
{
  return fuzz_test::run_one<mutex_world>(data, size);
}
