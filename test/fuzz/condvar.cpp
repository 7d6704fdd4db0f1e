// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_condvar.hpp>
#include <asio_sync/async_mutex.hpp>

#include "fuzz/condvar_waits.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_condvar;
using asio_sync::async_mutex;
using asio_sync::error_code;
using asio_sync::mutex_lock;
using fuzz_test::condvar_model;
using fuzz_test::condvars;
using fuzz_test::error_of;
using fuzz_test::expect_equal;
using fuzz_test::flags;
using fuzz_test::lock_model;
using fuzz_test::locks;
using fuzz_test::mutex_model;
using fuzz_test::mutexes;
using fuzz_test::owner;

const error_code aborted = net::error::operation_aborted;

// A mutex that belongs elsewhere.
struct foreign_mutex
{
  net::io_context ctx;
  async_mutex mutex{ctx};
  mutex_lock lock{mutex, std::try_to_lock};
};

class condvar_world final : public fuzz_test::condvar_waits
{
public:
  explicit condvar_world(fuzz_test::input in)
    : condvar_waits(in)
  {
    for (auto& l : objects_->lock)
      l = std::make_unique<mutex_lock>();
    construct();
    construct_mutex();
  }

private:
  using operation = void (condvar_world::*)();

  void operate_on_objects() final
  {
    using w = condvar_world;
    static constexpr operation on_mutexes[] = {&w::start_lock, &w::try_lock,
        &w::unlock, &w::unlock, &w::drop_lock, &w::cancel_mutex,
        &w::construct_mutex, &w::destroy_mutex, &w::move_mutex};
    static constexpr operation on_condvars[] = {&w::start, &w::start, &w::start,
        &w::start, &w::notify_one, &w::notify_one, &w::notify, &w::notify_all,
        &w::cancel_all, &w::block, &w::start_foreign, &w::set_flag,
        &w::construct, &w::destroy, &w::move};

    const std::size_t which = in_.below(256);
    i_ = which % condvars;
    m_ = which / 2 % mutexes;
    k_ = which / 4 % locks;
    if (which / 16 % 3 == 0)
    {
      const auto chosen = on_mutexes[in_.below(std::size(on_mutexes))];
      mutex() ? (this->*chosen)() : construct_mutex();
    }
    else
    {
      const auto chosen = on_condvars[in_.below(std::size(on_condvars))];
      real() ? (this->*chosen)() : construct();
    }
  }

  void destroy_objects() final
  {
    for (i_ = 0; i_ < condvars; ++i_)
      if (real())
        destroy();
    for (m_ = 0; m_ < mutexes; ++m_)
      if (mutex())
        destroy_mutex();
  }

  void misuse(fuzz_test::condvar_objects& last) final
  {
    for (auto& c : last.condvar)
    {
      if (!c)
        continue;
      c->notify_one();
      const std::size_t id = new_wait({});
      initiate(id, [&](auto h) { c->async_wait(std::move(h)); });
      c->notify_all();
      c->cancel();
    }
    if (last.mutex[0] && last.lock[0])
      *last.lock[0] = mutex_lock(*last.mutex[0], std::try_to_lock);
  }

  // Mutexes and locks.

  std::optional<async_mutex>& mutex()
  {
    return objects_->mutex[m_];
  }

  mutex_model& model_of_mutex()
  {
    return *mutex_models_[m_];
  }

  void start_lock()
  {
    fuzz_test::condvar_wait w;
    w.mutex = &model_of_mutex();
    w.lock = k_;
    const std::size_t id = new_wait(std::move(w));
    say("async_scoped_lock of m", m_, ", for lock ", k_, description(id));
    if (model_of_mutex().try_lock(owner::handler_for_lock))
    {
      waits_[id].owns = true;
      complete_at_once(id);
    }
    else
    {
      attach(id);
      model_of_mutex().wait(id, owner::handler_for_lock);
    }
    initiate(id, [&](auto h) { mutex()->async_scoped_lock(std::move(h)); });
  }

  void try_lock()
  {
    const auto& lock = objects_->lock[k_];
    if (!lock)
      return;
    say("lock ", k_, " tries to lock m", m_);
    put(k_, {&model_of_mutex(), model_of_mutex().try_lock(owner::lock)});
    *lock = mutex_lock(*mutex(), std::try_to_lock);
  }

  void unlock()
  {
    const auto& lock = objects_->lock[k_];
    if (!lock || !locks_[k_].owns)
      return;
    say("lock ", k_, ".unlock()");
    put(k_, {locks_[k_].of, false});
    lock->unlock();
  }

  void drop_lock()
  {
    const auto& lock = objects_->lock[k_];
    if (!lock)
      return;
    say("destroy lock ", k_);
    put(k_, {});
    *lock = mutex_lock();
  }

  void cancel_mutex()
  {
    say("m", m_, ".cancel()");
    lose_mutex(model_of_mutex().cancel_all());
    mutex()->cancel();
  }

  void construct_mutex()
  {
    if (mutex())
      destroy_mutex();
    say("construct m", m_);
    mutex().emplace(context());
    mutex_models_[m_] = &all_mutexes_.emplace_back();
  }

  void destroy_mutex()
  {
    say("destroy m", m_);
    lose_mutex(model_of_mutex().destroy());
    mutex().reset();
  }

  void move_mutex()
  {
    const std::size_t to = 1 - m_;
    auto& target = objects_->mutex[to];
    say("m", to, target ? " = move(m" : "(move(m", m_, target ? ")" : "))");
    if (target)
      lose_mutex(mutex_models_[to]->destroy());
    mutex_models_[to] = mutex_models_[m_];
    mutex_models_[m_] = &all_mutexes_.emplace_back();
    if (target)
      *target = std::move(*mutex());
    else
      target.emplace(std::move(*mutex()));
  }

  // The condition variable that is used.

  std::optional<async_condvar>& real()
  {
    return objects_->condvar[i_];
  }

  condvar_model& model()
  {
    return *models_[i_];
  }

  void set_flag()
  {
    const std::size_t f = in_.below(flags), value = in_.below(4);
    say("flag ", f, " = ", value % 3);
    flags_[f] = fuzz_test::flag(value % 3);
  }

  // Not while a wait is about to begin, nor below.
  void construct()
  {
    if (initiating_ && real())
      return;
    if (real())
      destroy();
    say("construct c", i_);
    real().emplace(context());
    models_[i_] = &all_.emplace_back();
  }

  void destroy()
  {
    if (initiating_)
      return;
    say("destroy c", i_);
    leave(model().destroy(), aborted);
    real().reset();
  }

  void move()
  {
    if (initiating_)
      return;
    const std::size_t to = 1 - i_;
    auto& target = objects_->condvar[to];
    say("c", to, target ? " = move(c" : "(move(c", i_, target ? ")" : "))");
    if (target)
      leave(models_[to]->destroy(), aborted);
    models_[to] = models_[i_];
    models_[i_] = &all_.emplace_back();
    if (target)
      *target = std::move(*real());
    else
      target.emplace(std::move(*real()));
  }

  void start()
  {
    const std::size_t how = in_.below(4 * flags * 2);
    const bool has_lock = how % 2 != 0, has_predicate = how / 2 % 2 != 0;
    if (has_lock && !objects_->lock[k_])
      return;

    fuzz_test::condvar_wait w;
    w.condvar = &model();
    if (has_predicate)
      w.flag = how / 4 % flags;
    w.predicate_actions = how / 4 / flags;
    if (has_lock)
    {
      w.lock = k_;
      w.mutex = locks_[k_].of;
      w.kept = std::move(objects_->lock[k_]);
    }
    const std::size_t id = new_wait(std::move(w));
    say("async_wait for c", i_, has_lock ? ", lock " + std::to_string(k_) : "",
        has_predicate ? ", flag " + std::to_string(*waits_[id].flag) : "",
        description(id));

    const lock_model& l = locks_[k_];
    if (has_lock && (!l.owns || l.of->is_dead()))
      refuse(id, asio_test::not_permitted());
    else if (!has_predicate)
      begin(id);
    initiate_wait(id, waits_[id].kept.get());
  }

  void start_foreign()
  {
    if (std::exchange(foreign_is_used_, true))
      return;
    if (!foreign_)
      foreign_ = std::make_unique<foreign_mutex>();

    fuzz_test::condvar_wait w;
    w.condvar = &model();
    w.is_foreign = true;
    if (in_.below(2) != 0)
      w.flag = 0;
    const std::size_t id = new_wait(std::move(w));
    say("async_wait for c", i_, ", foreign lock", description(id));
    refuse(id, net::error::invalid_argument);
    initiate_wait(id, &foreign_->lock);
  }

  void refuse(std::size_t id, const error_code& ec)
  {
    waits_[id].ec = ec;
    waits_[id].is_decided = true;
    complete_at_once(id);
  }

  void initiate_wait(std::size_t id, mutex_lock* lock)
  {
    const bool has_predicate = waits_[id].flag.has_value();
    async_condvar& c = *real();
    const predicate p{this, id};
    initiate(id, [&](auto h) {
      if (lock != nullptr && has_predicate)
        c.async_wait(*lock, p, std::move(h));
      else if (lock != nullptr)
        c.async_wait(*lock, std::move(h));
      else if (has_predicate)
        c.async_wait(p, std::move(h));
      else
        c.async_wait(std::move(h));
    });
  }

  // Only where it does not really block.
  void block()
  {
    const auto& lock = objects_->lock[k_];
    if (!lock)
      return;
    const lock_model& l = locks_[k_];
    const bool is_refused = !l.owns || l.of->is_dead();
    if (!is_refused && !is_the_only_thread())
      return;
    say("wait for c", i_, ", lock ", k_);
    const error_code ec = error_of([&] { real()->wait(*lock); });
    expect_equal(ec,
        is_refused ? asio_test::not_permitted()
                   : asio_test::resource_deadlock(),
        "the error of wait()");
  }

  void notify_one()
  {
    say("c", i_, ".notify_one()");
    leave(model().take(1), {}, true);
    real()->notify_one();
  }

  void notify()
  {
    const std::size_t n = in_.below(5);
    say("c", i_, ".notify(", n, ")");
    leave(model().take(n), {}, true);
    real()->notify(n);
  }

  void notify_all()
  {
    say("c", i_, ".notify_all()");
    leave(model().take_all(), {});
    real()->notify_all();
  }

  void cancel_all()
  {
    say("c", i_, ".cancel()");
    leave(model().cancel_all(), aborted);
    real()->cancel();
  }

  std::size_t i_ = 0, m_ = 0, k_ = 0;
  std::unique_ptr<foreign_mutex> foreign_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(
    const std::uint8_t* data, std::size_t size)
{
  return fuzz_test::run_one<condvar_world>(data, size);
}
