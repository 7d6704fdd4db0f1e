// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// The permits of a world of semaphores.

#ifndef ASIO_SYNC_TEST_FUZZ_SEMAPHORE_PERMITS_HPP
#define ASIO_SYNC_TEST_FUZZ_SEMAPHORE_PERMITS_HPP

#include <asio_sync/async_semaphore.hpp>

#include "fuzz/semaphore_model.hpp"
#include "fuzz/world.hpp"

#include <array>
#include <cstddef>
#include <deque>
#include <iterator>
#include <optional>
#include <utility>

namespace fuzz_test {

using asio_sync::async_semaphore;
using asio_sync::semaphore_permit;

constexpr std::size_t semaphores = 2;
constexpr std::size_t permits = 4;

struct semaphore_wait : wait_state
{
  std::size_t n = 0;
  semaphore_model* of = nullptr;
  error_code ec;

  // Where a permit goes, if the handler keeps one.
  std::size_t target = 0;
  permit_model permit;
};

struct semaphore_objects
{
  std::array<std::optional<async_semaphore>, semaphores> semaphore;
  std::array<semaphore_permit, permits> permit;
};

class semaphore_permits
  : public world<semaphore_wait, semaphore_objects, semaphore_permit>
{
protected:
  using world::world;

  // What there is a lot of, and what is at the limits.
  std::size_t amount()
  {
    constexpr std::size_t max = semaphore_model::max;
    constexpr std::size_t amounts[] = {
        1, 0, 2, 3, 1, 5, max, max - 1, max + 1, std::size_t(-1)};
    return amounts[in_.below(std::size(amounts))];
  }

  void complete(
      const semaphore_model& m, const semaphore_model::completions& done)
  {
    for (const auto& [id, ec] : done)
    {
      waits_[id].ec = ec;
      schedule_.expect(id, &m);
    }
  }

  void drop(const permit_model& p)
  {
    if (p.n != 0 && p.of->fit(p.n))
      complete(*p.of, p.of->release(p.n));
  }

  void put(std::size_t k, permit_model p)
  {
    drop(std::exchange(permits_[k], p));
  }

  void release_permit()
  {
    const std::size_t k = in_.below(permits);
    say("release permit ", k, ", of ", permits_[k].n);
    const permit_model& p = permits_[k];
    const bool fits = p.n == 0 || p.of->fit(p.n);
    if (fits)
      put(k, {});
    const error_code ec = error_of([&] { objects_->permit[k].release(); });
    expect_equal(ec, fits ? error_code() : asio_test::value_too_large(),
        "the error of release()");
  }

  void forget_permit()
  {
    const std::size_t k = in_.below(permits);
    say("forget permit ", k);
    const permit_model p = std::exchange(permits_[k], {});
    expect_equal(objects_->permit[k].forget(), p.n, "forget()");
  }

  void split()
  {
    const std::size_t k = in_.below(permits), to = in_.below(permits);
    const std::size_t n = amount();
    say("permit ", to, " = split(", n, ") of permit ", k);
    if (n > permits_[k].n)
    {
      const error_code ec =
          error_of([&] { (void)objects_->permit[k].split(n); });
      return expect_equal(
          ec, net::error::invalid_argument, "the error of split()");
    }
    permits_[k].n -= n;
    put(to, {permits_[k].of, n});
    objects_->permit[to] = objects_->permit[k].split(n);
  }

  void merge()
  {
    const std::size_t a = in_.below(permits), b = in_.below(permits);
    say("merge permit ", b, " into permit ", a);
    permit_model &into = permits_[a], &from = permits_[b];
    error_code expected, ec;
    if (a == b || from.of == nullptr)
      ;
    else if (into.of != nullptr && into.of != from.of)
      expected = net::error::invalid_argument;
    else if (into.n + from.n > semaphore_model::max)
      expected = asio_test::value_too_large();
    else
      into = {from.of, into.n + std::exchange(from, {}).n};
    objects_->permit[a].merge(std::move(objects_->permit[b]), ec);
    expect_equal(ec, expected, "the error of merge()");
  }

  void move_permit()
  {
    const std::size_t from = in_.below(permits), to = in_.below(permits + 1);
    say("permit ", to, " = permit ", from);
    if (from == to)
      return;
    const permit_model p = std::exchange(permits_[from], {});
    if (to == permits)
    {
      drop(p);
      objects_->permit[from] = semaphore_permit();
    }
    else
    {
      put(to, p);
      objects_->permit[to] = std::move(objects_->permit[from]);
    }
  }

  // Permits know the models of semaphores that are gone.
  std::deque<semaphore_model> all_;
  std::array<semaphore_model*, semaphores> models_{};
  std::array<permit_model, permits> permits_;

private:
  void check() final
  {
    if (!objects_)
      return;
    for (std::size_t i = 0; i < semaphores; ++i)
    {
      if (const auto& s = objects_->semaphore[i])
      {
        expect_equal(s->available(), models_[i]->available(), "available()");
        expect_equal(s->waiters(), models_[i]->waiters(), "waiters()");
        expect_equal(s->is_closed(), models_[i]->is_closed(), "is_closed()");
      }
    }
    for (std::size_t i = 0; i < permits; ++i)
      check_permit(objects_->permit[i], permits_[i]);
  }

  static void check_permit(
      const semaphore_permit& real, const permit_model& model)
  {
    expect_equal(real.count(), model.n, "count()");
    expect_equal(bool(real), model.of != nullptr, "whether a permit is one");
  }

  void cancel(std::size_t id) final
  {
    complete(*waits_[id].of, waits_[id].of->cancel(id));
  }

  error_code expected_error(semaphore_wait& w) final
  {
    return w.ec;
  }

  void take_over(semaphore_wait& w, semaphore_permit* granted) final
  {
    if (granted == nullptr)
      return;
    if (!w.ec)
      w.permit = {w.of, w.n};
    check_permit(*granted, w.permit);
    if (w.target >= permits)
      return;
    schedule_.begin_call();
    put(w.target, std::exchange(w.permit, {}));
    objects_->permit[w.target] = std::move(*granted);
  }

  void give_up(semaphore_wait& w) final
  {
    schedule_.begin_call();
    drop(std::exchange(w.permit, {}));
  }
};

} // namespace fuzz_test

#endif // ASIO_SYNC_TEST_FUZZ_SEMAPHORE_PERMITS_HPP
