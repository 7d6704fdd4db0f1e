// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// The event loop of a world, and what happens there.

#ifndef ASIO_SYNC_TEST_FUZZ_STAGE_HPP
#define ASIO_SYNC_TEST_FUZZ_STAGE_HPP

#include "fuzz/fuzz_test.hpp"
#include "fuzz/handler.hpp"

#include <cstddef>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

namespace fuzz_test {

class stage
{
public:
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;

protected:
  using wait_id = std::optional<std::size_t>;

  explicit stage(input in)
    : in_(in),
      hint_(in_.below(3)),
      ctx_(std::in_place, hints[hint_])
  {
  }

  ~stage() = default;

  // Print a line about what happens, if wanted.
  template <typename... Parts>
  void say(const Parts&... parts) const
  {
    if (!running.is_traced)
      return;
    std::cerr << std::string(2 * (depth_ + 1), ' ') << std::boolalpha;
    (std::cerr << ... << parts) << std::endl;
  }

  // The event loop goes on with a wait.
  void begin_event(std::size_t id, const std::string& what)
  {
    const bool is_resumed = std::exchange(resumed_, std::nullopt) == id;
    if (is_resumed)
      is_in_event_ = false;
    if (is_ending_ || !is_polling_ || is_in_event_)
      differ(what + " where it should not be, that of #" + text_of(id));
    if (!is_resumed)
    {
      const std::string next = schedule_.next();
      if (!schedule_.take(id))
        differ(what + ", that of #" + text_of(id) + ", before " + next);
      schedule_.begin_turn();
      ++events_;
    }
    is_in_event_ = true;
  }

  void poll(bool one)
  {
    if (depth_ != 0)
      return;
    say(one ? "poll_one()" : "poll()");
    const std::size_t expected = events_ + (schedule_.is_empty() ? 0 : 1);
    ctx_->restart();
    is_polling_ = true;
    while (!poll_once(one) && !one)
      ;
    is_polling_ = false;

    if (one && events_ != expected)
      differ("poll_one() ran another number of handlers than it should");
    if (!one && !schedule_.is_empty())
      differ("not called: the handler of " + schedule_.next());
    expect_equal(ctx_->stopped(), outstanding_ == 0, "stopped()");
  }

  // Returns false if a handler has thrown.
  bool poll_once(bool one)
  {
    try
    {
      one ? ctx_->poll_one() : ctx_->poll();
      return true;
    }
    catch (const thrown&)
    {
      resumed_.reset();
      is_in_event_ = false;
      return false;
    }
  }

  // Outside of the event loop, what is completed stays in order.
  void begin_turn_outside()
  {
    if (is_polling_)
      schedule_.begin_call();
    else
      schedule_.begin_turn();
  }

  // Whether blocking functions refuse to wait here.
  bool is_the_only_thread() const
  {
    return is_polling_ && hint_ == 1;
  }

  net::io_context& context()
  {
    return *ctx_;
  }

  void destroy_context()
  {
    ctx_.reset();
  }

  input in_;
  schedule schedule_;
  std::size_t depth_ = 0;
  std::size_t outstanding_ = 0;
  bool is_ending_ = false;

  // The wait whose initiating function is running.
  wait_id initiating_;

  // The wait that is in the hands of the event loop, after its predicate was
  // true.
  wait_id resumed_;
  bool is_in_event_ = false;
  bool is_polling_ = false;

  // The handler that is to be called before its initiating function returns.
  wait_id due_;

private:
  static constexpr int hints[] = {2, 1, asio_test::unsafe_concurrency_hint};

  const std::size_t hint_;
  std::optional<net::io_context> ctx_;
  std::size_t events_ = 0;
};

} // namespace fuzz_test

#endif // ASIO_SYNC_TEST_FUZZ_STAGE_HPP
