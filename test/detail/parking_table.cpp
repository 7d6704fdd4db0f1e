// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/detail/parking_table.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace {

namespace detail = asio_sync::detail;
using result = detail::futex_wait_result;

// How many of those who do not use the library are to be woken.
std::size_t others = 0;

void wake_others(const void* /*word*/, std::size_t n) noexcept
{
  others += n;
}

struct fixture
{
  fixture()
  {
    others = 0;
  }

  std::uint32_t word = 1;
  std::uint32_t other_word = 1;
  detail::parking_futex_waits waits{"a tier", &wake_others};
};

// A wait, and what its owner was told.
class parked : detail::futex_wait_owner
{
public:
  explicit parked(fixture& f)
    : wait(f.waits.make(*this))
  {
  }

  bool was_told(result how) const
  {
    return told == std::vector<result>{how};
  }

  std::unique_ptr<detail::futex_wait> wait;
  std::vector<result> told;
  std::function<void()> on_end;

private:
  void ended(result how) noexcept override
  {
    told.push_back(how);
    if (on_end)
      on_end();
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_word_that_differs_is_not_waited_for, fixture)
{
  parked p(*this);
  p.wait->start(&word, 2);

  BOOST_TEST(p.was_told(result::differed));
  waits.wake(&word, 1);
  BOOST_TEST(p.told.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_wake_is_for_the_oldest_of_its_word, fixture)
{
  parked elsewhere(*this), first(*this), second(*this);
  elsewhere.wait->start(&other_word, 1);
  first.wait->start(&word, 1);
  second.wait->start(&word, 1);
  waits.wake(&word, 1);

  BOOST_TEST(first.was_told(result::woken));
  BOOST_TEST(second.told.empty());
  BOOST_TEST(elsewhere.told.empty());
  BOOST_TEST(others == 0u);
  waits.wake(&word, 3);
  BOOST_TEST(second.was_told(result::woken));
  BOOST_TEST(others == 2u);
  elsewhere.wait->cancel();
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_wait_is_not_woken, fixture)
{
  parked p(*this);
  p.wait->start(&word, 1);
  p.wait->cancel();
  waits.wake(&word, 1);

  BOOST_TEST(p.was_told(result::cancelled));
  BOOST_TEST(others == 1u);
}

BOOST_FIXTURE_TEST_CASE(
    a_cancellation_that_comes_too_late_does_nothing, fixture)
{
  parked first(*this), second(*this);
  first.on_end = [&] { second.wait->cancel(); };
  first.wait->start(&word, 1);
  second.wait->start(&word, 1);
  waits.wake(&word, 2);
  second.wait->cancel();

  BOOST_TEST(first.was_told(result::woken));
  BOOST_TEST(second.was_told(result::woken));
}

BOOST_FIXTURE_TEST_CASE(who_is_told_may_wait_again, fixture)
{
  parked p(*this);
  p.on_end = [&] {
    if (p.told.size() == 1)
      p.wait->start(&word, 1);
  };
  p.wait->start(&word, 1);
  waits.wake(&word, 1);
  BOOST_TEST(p.was_told(result::woken));

  waits.wake(&word, 1);
  BOOST_TEST((p.told == std::vector<result>{result::woken, result::woken}));
}

BOOST_FIXTURE_TEST_CASE(nobody_is_told_after_a_shutdown, fixture)
{
  parked p(*this);
  p.wait->start(&word, 1);
  waits.shutdown();
  waits.wake(&word, 1);

  BOOST_TEST(p.told.empty());
}
