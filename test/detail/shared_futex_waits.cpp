// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/detail/shared_futex_waits.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <utility>
#include <vector>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

std::ostream& operator<<(std::ostream& out, futex_wait_result how)
{
  return out << int(how);
}

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

namespace {

namespace detail = asio_sync::detail;
using result = detail::futex_wait_result;

// A wait that ends when it is told to.
struct tier_wait : detail::futex_wait
{
  explicit tier_wait(detail::futex_wait_owner& o)
    : owner(o)
  {
  }

  void start(const std::uint32_t* w, std::uint32_t n) noexcept override
  {
    BOOST_TEST(!is_begun);
    BOOST_TEST(!is_called);
    is_begun = true;
    word = w;
    expected = n;
    call(on_start);
  }

  void cancel() noexcept override
  {
    BOOST_TEST(!is_called);
    ++cancellations;
    call(on_cancel);
  }

  void end(result how)
  {
    BOOST_TEST(is_begun);
    is_begun = false;
    owner.ended(how);
  }

  void call(std::function<void()> function)
  {
    is_called = true;
    if (function)
      function();
    is_called = false;
  }

  detail::futex_wait_owner& owner;
  std::function<void()> on_start;
  std::function<void()> on_cancel;
  const std::uint32_t* word = nullptr;
  std::uint32_t expected = 0;
  int cancellations = 0;
  bool is_begun = false;
  bool is_called = false;
};

struct tier : detail::futex_waits
{
  explicit tier(std::vector<tier_wait*>& w)
    : all(w)
  {
  }

  const char* name() const noexcept override
  {
    return "tier";
  }

  bool sees_foreign_wakes() const noexcept override
  {
    return true;
  }

  std::unique_ptr<detail::futex_wait> make(
      detail::futex_wait_owner& owner) override
  {
    auto made = std::make_unique<tier_wait>(owner);
    all.push_back(made.get());
    return made;
  }

  void wake(const void* /*word*/, std::size_t /*n*/) noexcept override
  {
  }

  void shutdown() noexcept override
  {
  }

  void before_fork() noexcept override
  {
  }

  void after_fork() override
  {
  }

  std::vector<tier_wait*>& all;
};

// An object with its share.
struct party : detail::futex_wait_owner
{
  explicit party(detail::shared_futex_waits& waits)
    : share(waits.make(*this))
  {
  }

  void ended(result how) noexcept override
  {
    told.push_back(how);
    if (on_end)
      std::exchange(on_end, nullptr)();
  }

  std::vector<result> told;
  std::function<void()> on_end;
  std::unique_ptr<detail::futex_wait> share;
};

struct fixture
{
  // Those of the tier that have begun.
  std::vector<tier_wait*> begun() const
  {
    std::vector<tier_wait*> found;
    for (tier_wait* w : all)
      if (w->is_begun)
        found.push_back(w);
    return found;
  }

  // The only one that has begun.
  tier_wait& one() const
  {
    BOOST_TEST_REQUIRE(begun().size() == 1u);
    return *begun().front();
  }

  std::vector<tier_wait*> all;
  detail::shared_futex_waits waits{std::make_unique<tier>(all)};
  std::uint32_t word = 0;
  party first{waits};
  party second{waits};
  party third{waits};
};

using results = std::vector<result>;

} // namespace

BOOST_FIXTURE_TEST_CASE(who_expects_the_same_shares_a_wait, fixture)
{
  first.share->start(&word, 7);
  second.share->start(&word, 7);
  BOOST_TEST(one().word == &word);
  BOOST_TEST(one().expected == 7u);

  one().end(result::woken);
  BOOST_TEST(first.told == results{result::woken});
  BOOST_TEST(second.told == results{result::woken});
  BOOST_TEST(third.told.empty());
}

BOOST_FIXTURE_TEST_CASE(who_expects_something_else_does_not, fixture)
{
  std::uint32_t other = 0;
  first.share->start(&word, 0);
  second.share->start(&word, 1);
  third.share->start(&other, 0);
  BOOST_TEST(begun().size() == 3u);
}

BOOST_FIXTURE_TEST_CASE(each_end_is_told_to_all, fixture)
{
  for (const result how :
      {result::woken, result::differed, result::cancelled, result::failed})
  {
    first.told.clear();
    first.share->start(&word, 0);
    second.share->start(&word, 0);
    one().end(how);
    BOOST_TEST(first.told == results{how});
    BOOST_TEST(second.told.back() == how);
  }
}

BOOST_FIXTURE_TEST_CASE(who_leaves_others_is_told_at_once, fixture)
{
  first.share->start(&word, 0);
  second.share->start(&word, 0);

  first.share->cancel();
  BOOST_TEST(first.told == results{result::cancelled});
  BOOST_TEST(one().cancellations == 0);

  one().end(result::woken);
  BOOST_TEST(first.told.size() == 1u);
  BOOST_TEST(second.told == results{result::woken});
}

BOOST_FIXTURE_TEST_CASE(the_last_one_hears_how_the_wait_ended, fixture)
{
  first.share->start(&word, 0);
  first.share->cancel();
  BOOST_TEST(one().cancellations == 1);
  BOOST_TEST(first.told.empty());

  one().end(result::woken);
  BOOST_TEST(first.told == results{result::woken});
}

BOOST_FIXTURE_TEST_CASE(a_wait_that_is_being_cancelled_is_not_joined, fixture)
{
  first.share->start(&word, 0);
  first.share->cancel();
  second.share->start(&word, 0);
  BOOST_TEST_REQUIRE(begun().size() == 2u);

  for (tier_wait* w : begun())
    w->end(w->cancellations != 0 ? result::cancelled : result::woken);
  BOOST_TEST(first.told == results{result::cancelled});
  BOOST_TEST(second.told == results{result::woken});
}

BOOST_FIXTURE_TEST_CASE(who_is_told_may_start_anew, fixture)
{
  first.share->start(&word, 0);
  second.share->start(&word, 0);
  first.on_end = [&] { first.share->start(&word, 0); };
  second.on_end = [&] { second.share->start(&word, 0); };

  one().end(result::woken);
  BOOST_TEST(first.told.size() == 1u);
  BOOST_TEST(second.told.size() == 1u);
  one().end(result::differed);
  BOOST_TEST(first.told.size() == 2u);
  BOOST_TEST(second.told.size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_wait_may_end_as_it_starts, fixture)
{
  // Whoever was told starts anew before the call has returned: with another
  // wait of the tier, which is not called twice at a time.
  for (tier_wait* each : all)
    each->on_start = [&, w = each] {
      for (tier_wait* any : all)
        any->on_start = nullptr;
      second.share->start(&word, 0);
      second.on_end = [&] { second.share->start(&word, 0); };
      w->end(result::differed);
    };
  first.share->start(&word, 0);
  BOOST_TEST(first.told == results{result::differed});
  one().end(result::woken);
  BOOST_TEST(second.told == (results{result::differed, result::woken}));
}

BOOST_FIXTURE_TEST_CASE(a_wait_may_end_as_it_is_cancelled, fixture)
{
  first.share->start(&word, 0);
  tier_wait& w = one();
  w.on_cancel = [&] {
    w.end(result::cancelled);
    second.share->start(&word, 0);
    third.share->start(&word, 0);
  };
  first.share->cancel();
  BOOST_TEST(first.told == results{result::cancelled});
  BOOST_TEST(&one() != &w);

  first.share->start(&word, 1);
  BOOST_TEST(begun().size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(who_is_about_to_be_told_can_not_leave, fixture)
{
  first.share->start(&word, 0);
  second.share->start(&word, 0);
  first.on_end = [&] { second.share->cancel(); };

  one().end(result::woken);
  BOOST_TEST(first.told == results{result::woken});
  BOOST_TEST(second.told == results{result::woken});
}

BOOST_FIXTURE_TEST_CASE(a_share_may_go_with_its_wait, fixture)
{
  {
    party fourth(waits);
    fourth.share->start(&word, 0);
    first.share->start(&word, 0);
  }
  one().end(result::woken);
  BOOST_TEST(first.told == results{result::woken});
}
