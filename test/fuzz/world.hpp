// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// A context and its objects, one thread that carries out what an input says,
// and what is expected of it.

#ifndef ASIO_SYNC_TEST_FUZZ_WORLD_HPP
#define ASIO_SYNC_TEST_FUZZ_WORLD_HPP

#include "fuzz/fuzz_test.hpp"
#include "fuzz/handler.hpp"
#include "fuzz/signals.hpp"
#include "fuzz/stage.hpp"

#include <cstddef>
#include <deque>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace fuzz_test {

// What there is in each world. Wait: what is known of a wait. Objects: all that
// must be destroyed before the context. Owner: what the handlers of some waits
// get.
template <typename Wait, typename Objects, typename Owner>
class world : protected stage
{
public:
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  void run()
  {
    while (!in_.is_at_end())
      operate();
    end();
  }

  // owner: null if the handler gets none.
  void completed(std::size_t id, const error_code& ec, Owner* owner)
  {
    Wait& w = waits_.at(id);
    const bool is_due = std::exchange(due_, std::nullopt) == id;
    if (!is_due)
      begin_event(id, "a handler was called");
    else
      begin_turn_outside();

    say("handler of #", id, ": ", text_of(ec));
    if (!w.is_outstanding)
      differ("a handler was called twice");
    w.is_outstanding = false;
    --outstanding_;
    expect_equal(ec, expected_error(w), "the error");
    take_over(w, owner);
    check();

    act(w.actions);
    give_up(w);
    if (!is_due)
      is_in_event_ = false;
    if (!is_due && w.throws)
    {
      say("  throws");
      throw thrown();
    }
  }

  void destroyed(std::size_t id)
  {
    Wait& w = waits_.at(id);
    if (!is_ending_ && !w.is_dropped)
      differ("the handler of #" + text_of(id) + " was not called");
    w.is_outstanding = false;
    --outstanding_;
    forget(w);
    if (misuses_ > 0 && last_objects_ != nullptr)
    {
      --misuses_;
      misuse(*last_objects_);
    }
  }

protected:
  explicit world(input in)
    : stage(in),
      ending_(in_.below(4))
  {
  }

  ~world() = default;

  // Decode how a wait is started and what its handler does.
  std::size_t new_wait(Wait w)
  {
    const std::size_t how = in_.below(256);
    if (how % 8 < signals::count)
      w.signal = how % 8;
    w.actions = how / 8 % 4 == 0 ? 0 : how / 8 % 4 - 1;
    w.is_immediate = how / 32 % 2 != 0;
    w.throws = how / 64 == 3;
    waits_.push_back(std::move(w));
    ++outstanding_;
    return waits_.size() - 1;
  }

  // How a wait was started, for say().
  std::string description(std::size_t id) const
  {
    const Wait& w = waits_[id];
    return ", #" + text_of(id)
        + (w.signal ? ", signal " + text_of(*w.signal) : "")
        + (w.is_immediate ? ", immediate" : "") + (w.throws ? ", throws" : "");
  }

  // A wait that is about to be queued can be cancelled from now on, and one
  // whose slot it takes can not any more.
  void attach(std::size_t id)
  {
    if (const auto signal = waits_[id].signal)
      signals_.attach(*signal, id);
  }

  // A wait need not begin.
  void complete_at_once(std::size_t id)
  {
    // It may or may not take the slot, so nobody has it.
    if (const auto signal = waits_[id].signal)
      signals_.clear(*signal);
    if (ASIO_SYNC_HAS_IMMEDIATE_EXECUTOR && waits_[id].is_immediate)
      due_ = id;
    else
      schedule_.expect(id);
  }

  // Call an initiating function with a handler. What it does must have been
  // predicted.
  template <typename Initiate>
  void initiate(std::size_t id, Initiate function)
  {
    const Wait& w = waits_[id];
    const auto slot =
        w.signal ? signals_.slot(*w.signal) : net::cancellation_slot();
    const bool is_immediate = w.is_immediate;
    const auto outer = std::exchange(initiating_, id);
    try
    {
      if (is_immediate)
        function(handler<world, true>(*this, id, slot));
      else
        function(handler<world, false>(*this, id, slot));
    }
    catch (const thrown&)
    {
      // By its predicate.
    }
    initiating_ = outer;
    if (std::exchange(due_, std::nullopt))
      differ("the handler was not called where it should be at once");
  }

  // Carry out operations from inside of a handler or a predicate.
  void act(std::size_t operations)
  {
    ++depth_;
    for (; operations > 0 && !in_.is_at_end(); --operations)
      operate();
    --depth_;
  }

  void operate()
  {
    begin_turn_outside();
    switch (in_.below(8))
    {
    case 0:
      poll(false);
      break;
    case 1:
      poll(true);
      break;
    case 2:
      use_signal();
      break;
    default:
      schedule_.begin_call();
      operate_on_objects();
    }
    check();
  }

  std::unique_ptr<Objects> objects_ = std::make_unique<Objects>();
  std::deque<Wait> waits_;

private:
  // Is destroyed together with the context.
  struct remains
  {
    remains(world& w, std::unique_ptr<Objects> o)
      : owner(&w),
        objects(std::move(o))
    {
      owner->last_objects_ = objects.get();
    }

    remains(remains&&) = default;

    ~remains()
    {
      if (objects != nullptr)
        owner->last_objects_ = nullptr;
    }

    void operator()()
    {
    }

    world* owner;
    std::unique_ptr<Objects> objects;
  };

  // Decode one operation on the objects, carry it out and predict it.
  virtual void operate_on_objects() = 0;

  // Compare what can be asked.
  virtual void check() = 0;

  // A signal was emitted for a wait, which may be over.
  virtual void cancel(std::size_t id) = 0;

  // A handler is called. Returns which error it should get.
  virtual error_code expected_error(Wait& w) = 0;

  // It gets what it owns; null if the wait is none that ends with an owner.
  virtual void take_over(Wait& w, Owner* owner) = 0;

  // It returns. What it still owns is about to be destroyed.
  virtual void give_up(Wait& w) = 0;

  // It was destroyed instead.
  virtual void forget(Wait&)
  {
  }

  // Destroy all that is waited for. Waits are expected to be aborted.
  virtual void destroy_objects() = 0;

  // What a handler does that is destroyed together with the objects.
  virtual void misuse(Objects& last) = 0;

  void use_signal()
  {
    using type = net::cancellation_type;
    static constexpr type types[] = {
        type::none, type::terminal, type::partial, type::total, type::all};

    const std::size_t choice = in_.below(7 * signals::count);
    const std::size_t i = choice % signals::count,
                      what = choice / signals::count;
    if (what < std::size(types))
    {
      say("emit signal ", i, ", type ", unsigned(types[what]));
      schedule_.begin_call();
      const wait_id attached = signals_.attached(i);
      if (attached && types[what] != type::none)
        cancel(*attached);
      signals_.emit(i, types[what]);
    }
    else if (what == std::size(types))
    {
      say("clear the slot of signal ", i);
      signals_.clear(i);
    }
    // Not one that an initiating function is about to use.
    else if (!initiating_)
    {
      say("destroy signal ", i);
      signals_.destroy(i);
    }
  }

  void end()
  {
    const bool run = ending_ == 0;
    if (ending_ <= 1)
    {
      say("destroy all objects", run ? ", and run" : "");
      schedule_.begin_turn();
      is_ending_ = !run;
      destroy_objects();
      if (run)
        poll(false);
    }
    else
    {
      say("destroy the context with all objects",
          ending_ == 3 ? ", which destroyed handlers use" : "");
      is_ending_ = true;
      misuses_ = ending_ == 3 ? 10 : 0;
      net::post(context(), remains(*this, std::move(objects_)));
    }
    is_ending_ = true;
    objects_.reset();
    destroy_context();

    for (std::size_t i = 0; i < signals::count; ++i)
      signals_.emit(i, net::cancellation_type::all);
    expect_equal(outstanding_, 0u, "the number of handlers that are left");
  }

  const std::size_t ending_;
  signals signals_;

  int misuses_ = 0;
  Objects* last_objects_ = nullptr;
};

} // namespace fuzz_test

#endif // ASIO_SYNC_TEST_FUZZ_WORLD_HPP
