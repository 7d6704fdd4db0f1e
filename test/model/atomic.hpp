// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What takes the place of std::atomic and of plain data in an explored program.

#ifndef ASIO_SYNC_TEST_MODEL_ATOMIC_HPP
#define ASIO_SYNC_TEST_MODEL_ATOMIC_HPP

#include "model/explorer.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace model {

// The acquire and release orders that a program uses, by where they stand. One
// of them can be weakened to relaxed, to see whether anything fails then.
class orders
{
public:
  enum half
  {
    acquire,
    release,
    acquire_on_failure
  };

  struct key
  {
    site where;
    half which;

    bool operator<(const key& other) const
    {
      if (which != other.which || where.line != other.where.line)
        return std::tie(where.line, which)
            < std::tie(other.where.line, other.which);
      return std::strcmp(where.file, other.where.file) < 0;
    }

    std::string name() const
    {
      constexpr const char* names[] = {
          "acquire", "release", "acquire on failure"};
      return where.name() + " " + names[which];
    }
  };

  static std::set<key>& used()
  {
    static std::set<key> instance;
    return instance;
  }

  static std::optional<key>& weakened()
  {
    static std::optional<key> instance;
    return instance;
  }

  // Whether that half of an order is in force.
  static bool holds(std::memory_order order, half which, const site& where)
  {
    const bool wanted = order == std::memory_order_acq_rel
        || order
            == (which == release ? std::memory_order_release
                                 : std::memory_order_acquire);
    if (!wanted)
      return false;

    const key k{where, which};
    used().insert(k);
    return !weakened() || *weakened() < k || k < *weakened();
  }
};

// Data that is not atomic: accesses of different threads must be ordered.
class plain
{
public:
  explicit plain(const char* name)
    : name_(name)
  {
  }

  void read()
  {
    const explorer& e = *explorer::current();
    check(written_, "written");
    read_.set(e.thread(), time());
  }

  void write()
  {
    const explorer& e = *explorer::current();
    check(written_, "written");
    check(read_, "read");
    written_.set(e.thread(), time());
  }

private:
  static unsigned time()
  {
    explorer& e = *explorer::current();
    return e.memory()[e.thread()];
  }

  void check(const clock& accessed, const char* how) const
  {
    for (int i = 0; i <= max_threads; ++i)
      if (accessed[i] > explorer::current()->memory()[i])
        explorer::current()->fail(std::string("data race: ") + name_ + " was "
            + how + " by thread " + std::to_string(i));
  }

  const char* name_;
  clock read_;
  clock written_;
};

// A value that is not atomic.
template <typename T>
class plain_value
{
public:
  plain_value(T value)
    : value_(value)
  {
  }

  plain_value& operator=(T value)
  {
    touched_.write();
    value_ = value;
    return *this;
  }

  operator T() const
  {
    touched_.read();
    return value_;
  }

  T operator->() const
  {
    return *this;
  }

private:
  T value_;
  mutable plain touched_{"a value"};
};

template <typename T>
class atomic : private access_times
{
public:
  atomic(T value)
    : object_(explorer::current()->add_atomic(*this))
  {
    explorer& e = *explorer::current();
    history_.push_back({value, {}, e.memory(), e.thread()});
  }

  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  T load(std::memory_order order, site where = site::here()) const
  {
    begin(false, where, "load");
    explorer& e = *explorer::current();

    // Older values are out of sight once a newer one happened before, or was
    // seen by this thread.
    const std::size_t newest = history_.size() - 1;
    std::size_t oldest = seen_[std::size_t(e.thread())];
    for (std::size_t i = newest; i > oldest; --i)
      if (happened_before(history_[i]))
        oldest = i;

    const std::size_t i =
        newest - std::size_t(e.choose_value(int(newest - oldest) + 1));
    return observe(i, orders::holds(order, orders::acquire, where));
  }

  // All plain stores must be ordered, as only one thread at a time may be
  // inside where a program uses them.
  void store(T value, std::memory_order order, site where = site::here())
  {
    begin(true, where, "store");
    if (!happened_before(history_.back()))
      explorer::current()->fail(
          "two threads store without being ordered: " + where.name());
    append(value, clock(), orders::holds(order, orders::release, where));
  }

  T exchange(T value, std::memory_order order, site where = site::here())
  {
    begin(true, where, "exchange");
    return modify(value, order, where);
  }

  bool compare_exchange_strong(T& expected, T desired,
      std::memory_order success, std::memory_order failure,
      site where = site::here())
  {
    begin(true, where, "compare_exchange");
    if (history_.back().value == expected)
    {
      (void)modify(desired, success, where);
      return true;
    }
    expected = observe(history_.size() - 1,
        orders::holds(failure, orders::acquire_on_failure, where));
    return false;
  }

  bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
      std::memory_order failure, site where = site::here())
  {
    return compare_exchange_strong(expected, desired, success, failure, where);
  }

  T fetch_add(T n, std::memory_order order, site where = site::here())
  {
    begin(true, where, "fetch_add");
    return modify(history_.back().value + n, order, where);
  }

  T fetch_sub(T n, std::memory_order order, site where = site::here())
  {
    begin(true, where, "fetch_sub");
    return modify(history_.back().value - n, order, where);
  }

  T fetch_or(T bits, std::memory_order order, site where = site::here())
  {
    begin(true, where, "fetch_or");
    return modify(history_.back().value | bits, order, where);
  }

  T fetch_and(T bits, std::memory_order order, site where = site::here())
  {
    begin(true, where, "fetch_and");
    return modify(history_.back().value & bits, order, where);
  }

private:
  struct record
  {
    T value;
    // What who reads it with acquire synchronises with.
    clock released;
    // When it was written.
    clock written;
    int writer;
  };

  void begin(bool writes, const site& where, const char* what) const
  {
    explorer& e = *explorer::current();
    e.announce(object_, writes, where, what);
    last.set(e.thread(), e.memory()[e.thread()]);
    if (e.is_freed(this))
      e.fail("use after free: " + where.name());
  }

  bool happened_before(const record& r) const
  {
    return r.written[r.writer] <= explorer::current()->memory()[r.writer];
  }

  T observe(std::size_t i, bool acquires) const
  {
    explorer& e = *explorer::current();
    seen_[std::size_t(e.thread())] = i;
    if (acquires)
      e.memory().join(history_[i].released);
    return history_[i].value;
  }

  // A read-modify-write: reads the newest value, and continues its release
  // sequence.
  T modify(T value, std::memory_order order, const site& where)
  {
    const T before = observe(
        history_.size() - 1, orders::holds(order, orders::acquire, where));
    append(value, history_.back().released,
        orders::holds(order, orders::release, where));
    return before;
  }

  void append(T value, clock released, bool releases)
  {
    explorer& e = *explorer::current();
    if (releases)
      released.join(e.memory());
    history_.push_back({value, released, e.memory(), e.thread()});
    seen_[std::size_t(e.thread())] = history_.size() - 1;
    e.memory().tick(e.thread());
  }

  const int object_;
  std::vector<record> history_;
  mutable std::array<std::size_t, max_threads + 1> seen_{};
};

// Where threads meet outside of the program: one at a time, and each sees what
// those did who entered before. As acquire and release do, which are not those
// of the program.
class gate
{
public:
  // Returns the number of this visit.
  std::uint32_t enter()
  {
    const auto visit = visits_.fetch_add(1, std::memory_order_relaxed) + 1;
    synchronise();
    return visit;
  }

  // Returns false if somebody else entered after that visit.
  bool enter_after(std::uint32_t visit)
  {
    const bool entered = visits_.compare_exchange_strong(
        visit, visit + 1, std::memory_order_relaxed, std::memory_order_relaxed);
    synchronise();
    return entered;
  }

private:
  void synchronise()
  {
    explorer& e = *explorer::current();
    e.memory().join(released_);
    released_ = e.memory();
    e.memory().tick(e.thread());
  }

  atomic<std::uint32_t> visits_{0};
  clock released_;
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_ATOMIC_HPP
