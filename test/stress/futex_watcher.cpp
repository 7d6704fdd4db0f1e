// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/detail/futex_watcher.hpp>

#include "futex_test.hpp"
#include "stress/stress_test.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#if !ASIO_SYNC_HAS_LINUX_FUTEX

BOOST_AUTO_TEST_CASE(there_is_no_watcher)
{
}

#else

namespace {

using asio_sync::detail::futex_wait;
using asio_sync::detail::futex_wait_owner;
using asio_sync::detail::futex_wait_result;
using asio_sync::detail::futex_watcher;
using asio_sync::detail::watching_futex_waits;
using asio_test::word;

// One wait and its word.
class waiting_party final : private futex_wait_owner
{
public:
  explicit waiting_party(watching_futex_waits& waits)
    : waits_(waits),
      wait_(waits.make(*this))
  {
  }

  void start()
  {
    value_ = word_;
    ++starts_;
    wait_->start(reinterpret_cast<const std::uint32_t*>(&word_), value_);
  }

  void cancel()
  {
    wait_->cancel();
  }

  void wake()
  {
    waits_.wake(&word_, 1);
  }

  void change()
  {
    ++word_;
  }

  // Wait until the last start has had its end. Returns whether that was one.
  bool is_over() const
  {
    asio_test::spin_until([this] { return ends_ >= starts_; });
    return ends_ == starts_;
  }

private:
  void ended(futex_wait_result) noexcept override
  {
    ++ends_;
  }

  watching_futex_waits& waits_;
  const std::unique_ptr<futex_wait> wait_;
  word word_{0};
  std::uint32_t value_ = 0;
  long starts_ = 0;
  std::atomic<long> ends_{0};
};

// The first thread has room for one wait, of which there are more, and the
// second one has room for all. So each wait is once here and once there, while
// the thread before may not have seen a cancellation yet.
long change_watchers(std::uint64_t seed, long iterations)
{
  constexpr std::size_t count = 4;
  watching_futex_waits waits;
  std::vector<std::unique_ptr<waiting_party>> parties;
  while (parties.size() != count + futex_watcher::capacity - 1)
    parties.push_back(std::make_unique<waiting_party>(waits));
  for (std::size_t i = count; i != parties.size(); ++i)
    parties[i]->start();

  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  std::mt19937_64 seeds(seed);
  for (std::size_t i = 0; i != count; ++i)
    threads.emplace_back([&, &party = *parties[i], s = seeds()] {
      std::mt19937_64 next(s);
      for (long left = iterations / 2; left != 0 && failures == 0; --left)
      {
        party.start();
        const auto action = next() % 4;
        if (action == 1)
          party.change();
        if (action != 0)
          party.wake();
        party.cancel();
        if (!party.is_over())
          ++failures;
      }
    });
  for (std::thread& t : threads)
    t.join();

  for (std::size_t i = count; i != parties.size(); ++i)
    parties[i]->cancel();
  const auto is_over = [](const auto& party) { return party->is_over(); };
  const bool all = std::all_of(parties.begin(), parties.end(), is_over);

  // Nobody is told of an end from here on; none came twice.
  waits.shutdown();
  BOOST_TEST_REQUIRE(failures == 0);
  BOOST_TEST_REQUIRE(all);
  BOOST_TEST_REQUIRE(std::all_of(parties.begin(), parties.end(), is_over));
  return long(count) * (iterations / 2);
}

boost::test_tools::assertion_result has_waits(boost::unit_test::test_unit_id)
{
  return asio_sync::detail::has_linux_futex_waitv();
}

} // namespace

BOOST_AUTO_TEST_CASE(each_start_ends_once_whoever_watches,
    *boost::unit_test::precondition(has_waits))
{
  stress_test::repeat(change_watchers);
}

#endif
