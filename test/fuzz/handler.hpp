// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Handlers that a world knows of.

#ifndef ASIO_SYNC_TEST_FUZZ_HANDLER_HPP
#define ASIO_SYNC_TEST_FUZZ_HANDLER_HPP

#include "fuzz/fuzz_test.hpp"

#include <cstddef>
#include <optional>
#include <utility>

namespace fuzz_test {

// What handlers and predicates throw.
struct thrown
{
};

// What every wait has.
struct wait_state
{
  bool is_outstanding = true;
  bool is_dropped = false;

  // What its handler does: that many operations, and then perhaps it throws.
  std::size_t actions = 0;
  bool throws = false;

  // How it is started.
  bool is_immediate = false;
  std::optional<std::size_t> signal;
};

// Says where it should be called.
template <bool IsImmediate>
struct immediately
{
};

#if ASIO_SYNC_HAS_IMMEDIATE_EXECUTOR
template <>
struct immediately<true>
{
  using immediate_executor_type = net::system_executor;

  immediate_executor_type get_immediate_executor() const noexcept
  {
    return {};
  }
};
#endif

// Tells the world when it is called, or destroyed without that.
template <typename World, bool IsImmediate>
class handler : public immediately<IsImmediate>
{
public:
  using cancellation_slot_type = net::cancellation_slot;

  handler(World& w, std::size_t id, cancellation_slot_type slot)
    : world_(&w),
      id_(id),
      slot_(slot)
  {
  }

  handler(handler&& other) noexcept
    : world_(std::exchange(other.world_, nullptr)),
      id_(other.id_),
      slot_(other.slot_)
  {
  }

  ~handler()
  {
    if (world_ != nullptr)
      world_->destroyed(id_);
  }

  void operator()(const error_code& ec)
  {
    std::exchange(world_, nullptr)->completed(id_, ec, nullptr);
  }

  template <typename Owner>
  void operator()(const error_code& ec, Owner owner)
  {
    std::exchange(world_, nullptr)->completed(id_, ec, &owner);
  }

  cancellation_slot_type get_cancellation_slot() const noexcept
  {
    return slot_;
  }

private:
  World* world_;
  std::size_t id_;
  cancellation_slot_type slot_;
};

} // namespace fuzz_test

#endif // ASIO_SYNC_TEST_FUZZ_HANDLER_HPP
