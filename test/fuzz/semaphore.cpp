// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_semaphore.hpp>

#include "fuzz/semaphore_permits.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>

namespace {

namespace net = asio_sync::net;
using asio_sync::error_code;
using fuzz_test::error_of;
using fuzz_test::expect_equal;
using fuzz_test::permit_model;
using fuzz_test::semaphore_model;
using fuzz_test::semaphores;

constexpr std::size_t max = semaphore_model::max;
const error_code invalid = net::error::invalid_argument;

class semaphore_world final : public fuzz_test::semaphore_permits
{
public:
  explicit semaphore_world(fuzz_test::input in)
    : semaphore_permits(in)
  {
    construct(1);
  }

private:
  using operation = void (semaphore_world::*)();

  void operate_on_objects() final
  {
    using w = semaphore_world;
    static constexpr operation operations[] = {&w::start, &w::start, &w::start,
        &w::start_owning, &w::release, &w::release, &w::try_acquire,
        &w::try_acquire_permit, &w::drain, &w::reduce, &w::cancel_all,
        &w::close, &w::construct, &w::destroy, &w::move, &w::block,
        &w::release_permit, &w::forget_permit, &w::split, &w::merge,
        &w::move_permit};

    i_ = in_.below(semaphores);
    const operation chosen = operations[in_.below(std::size(operations))];
    if (real())
      (this->*chosen)();
    else
      construct();
  }

  void destroy_objects() final
  {
    for (i_ = 0; i_ < semaphores; ++i_)
      if (real())
        destroy();
    objects_->permit = {};
    permits_ = {};
  }

  void misuse(fuzz_test::semaphore_objects& last) final
  {
    for (auto& s : last.semaphore)
    {
      if (!s)
        continue;
      error_code ec;
      s->release(1, ec);
      last.permit[0] = s->try_acquire_permit();
      const std::size_t id = new_wait({});
      initiate(id, [&](auto h) { s->async_acquire(2, std::move(h)); });
      s->cancel();
    }
  }

  // The semaphore that is used.

  std::optional<fuzz_test::async_semaphore>& real()
  {
    return objects_->semaphore[i_];
  }

  semaphore_model& model()
  {
    return *models_[i_];
  }

  void construct()
  {
    construct(amount());
  }

  void construct(std::size_t n)
  {
    using other_semaphore =
        asio_sync::basic_async_semaphore<net::io_context::executor_type>;

    say("construct s", i_, " with ", n);
    if (n > max)
    {
      const error_code ec =
          error_of([&] { fuzz_test::async_semaphore s(context(), n); });
      return expect_equal(ec, invalid, "the error of the constructor");
    }
    if (real())
      destroy();
    if (n % 2 == 0)
      real().emplace(context(), n);
    else
      real().emplace(other_semaphore(context(), n));
    models_[i_] = &all_.emplace_back(n);
  }

  void destroy()
  {
    say("destroy s", i_);
    complete(model(), model().destroy());
    real().reset();
  }

  void move()
  {
    const std::size_t to = 1 - i_;
    auto& target = objects_->semaphore[to];
    say("s", to, target ? " = move(s" : "(move(s", i_, target ? ")" : "))");
    if (target)
      complete(*models_[to], models_[to]->destroy());
    models_[to] = models_[i_];
    models_[i_] = &all_.emplace_back(0);
    if (target)
      *target = std::move(*real());
    else
      target.emplace(std::move(*real()));
  }

  void start()
  {
    const std::size_t id = begin("async_acquire");
    initiate(id, [&](auto h) {
      if (waits_[id].n == 1)
        real()->async_acquire(std::move(h));
      else
        real()->async_acquire(waits_[id].n, std::move(h));
    });
  }

  void start_owning()
  {
    const std::size_t id = begin("async_acquire_permit");
    waits_[id].target = in_.below(2 * fuzz_test::permits);
    initiate(id, [&](auto h) {
      real()->async_acquire_permit(waits_[id].n, std::move(h));
    });
  }

  std::size_t begin(const char* name)
  {
    fuzz_test::semaphore_wait w;
    w.n = amount();
    w.of = &model();
    const std::size_t id = new_wait(w);
    say(name, "(", w.n, ") on s", i_, description(id));

    if (const auto result = model().acquire(w.n))
    {
      waits_[id].ec = *result;
      complete_at_once(id);
    }
    else
    {
      attach(id);
      model().wait(id, w.n);
    }
    return id;
  }

  void release()
  {
    const std::size_t n = amount();
    say("release(", n, ") on s", i_);
    const bool fits = model().fit(n);
    if (fits)
      complete(model(), model().release(n));
    const error_code ec = error_of([&] { real()->release(n); });
    expect_equal(ec, fits ? error_code() : asio_test::value_too_large(),
        "the error of release()");
  }

  void try_acquire()
  {
    const std::size_t n = amount();
    say("try_acquire(", n, ") on s", i_);
    error_code expected, ec;
    if (n > max)
      expected = invalid;
    else if (!model().try_acquire(n))
      expected = model().is_closed() ? semaphore_model::closed()
                                     : net::error::would_block;
    expect_equal(real()->try_acquire(n, ec), !expected, "try_acquire()");
    expect_equal(ec, expected, "the error of try_acquire()");
  }

  void try_acquire_permit()
  {
    const std::size_t n = amount(), k = in_.below(fuzz_test::permits);
    say("permit ", k, " = try_acquire_permit(", n, ") on s", i_);
    if (n > max)
    {
      const error_code ec =
          error_of([&] { (void)real()->try_acquire_permit(n); });
      return expect_equal(ec, invalid, "the error of try_acquire_permit()");
    }
    put(k, model().try_acquire(n) ? permit_model{&model(), n} : permit_model());
    objects_->permit[k] = real()->try_acquire_permit(n);
  }

  // Only where it does not really block.
  void block()
  {
    const std::size_t n = amount();
    const auto result = model().acquire(n);
    if (!result && !is_the_only_thread())
      return;
    say("acquire(", n, ") on s", i_);
    error_code ec;
    real()->acquire(n, ec);
    expect_equal(ec, result ? *result : asio_test::resource_deadlock(),
        "the error of acquire()");
  }

  void drain()
  {
    const std::size_t n = amount();
    say("drain(", n, ") on s", i_);
    expect_equal(real()->drain(n), model().drain(n), "drain()");
  }

  void reduce()
  {
    const std::size_t n = amount();
    say("reduce(", n, ") on s", i_);
    if (n <= max)
      model().reduce(n);
    const error_code ec = error_of([&] { real()->reduce(n); });
    expect_equal(ec, n > max ? invalid : error_code(), "the error of reduce()");
  }

  void cancel_all()
  {
    say("cancel() on s", i_);
    complete(model(), model().cancel_all());
    real()->cancel();
  }

  void close()
  {
    say("close() on s", i_);
    complete(model(), model().close());
    real()->close();
  }

  std::size_t i_ = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(
    const std::uint8_t* data, std::size_t size)
{
  return fuzz_test::run_one<semaphore_world>(data, size);
}
