// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Cancellation signals, and the waits that are attached to them.

#ifndef ASIO_SYNC_TEST_FUZZ_SIGNALS_HPP
#define ASIO_SYNC_TEST_FUZZ_SIGNALS_HPP

#include "fuzz/fuzz_test.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <optional>

namespace fuzz_test {

class signals
{
public:
  static constexpr std::size_t count = 4;

  signals()
  {
    for (std::size_t i = 0; i < count; ++i)
      destroy(i);
  }

  net::cancellation_slot slot(std::size_t i)
  {
    return signals_[i]->slot();
  }

  // A wait is about to take the slot.
  void attach(std::size_t i, std::size_t id)
  {
    attached_[i] = id;
  }

  std::optional<std::size_t> attached(std::size_t i) const
  {
    return attached_[i];
  }

  void clear(std::size_t i)
  {
    attached_[i].reset();
    slot(i).clear();
  }

  // There is another signal then.
  void destroy(std::size_t i)
  {
    attached_[i].reset();
    signals_[i] = std::make_unique<net::cancellation_signal>();
  }

  void emit(std::size_t i, net::cancellation_type type)
  {
    signals_[i]->emit(type);
  }

private:
  std::array<std::unique_ptr<net::cancellation_signal>, count> signals_;
  std::array<std::optional<std::size_t>, count> attached_;
};

} // namespace fuzz_test

#endif // ASIO_SYNC_TEST_FUZZ_SIGNALS_HPP
