// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/detail/inbox.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>

namespace {

namespace detail = asio_sync::detail;
using inbox = detail::inbox<std::atomic>;

struct node : detail::inbox_node
{
  node()
    : detail::inbox_node(kind::cell)
  {
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(take_returns_the_oldest_first)
{
  inbox box;
  node first, second;
  BOOST_TEST(box.is_empty());
  box.push(first);
  box.push(second);
  BOOST_TEST(!box.is_empty());
  const auto taken = box.take();

  BOOST_TEST(box.is_empty());
  BOOST_TEST(taken.oldest == &first);
  BOOST_TEST(taken.first_tags == 0u);
  BOOST_TEST(inbox::next(first) == &second);
  BOOST_TEST(inbox::next(second) == nullptr);
  BOOST_TEST(inbox::tags_of(first) == 0u);
}

BOOST_AUTO_TEST_CASE(a_tag_concerns_what_was_there)
{
  inbox box;
  node before, after;
  box.push(before);
  box.set(inbox::cancel_tag);
  box.push(after);
  const auto taken = box.take();

  BOOST_TEST(taken.first_tags == 0u);
  BOOST_TEST(inbox::tags_of(before) == inbox::cancel_tag);
  BOOST_TEST(inbox::tags_of(after) == 0u);
}

BOOST_AUTO_TEST_CASE(a_tag_needs_no_node)
{
  inbox box;
  box.set(inbox::retire_tag);
  BOOST_TEST(!box.is_empty());
  const auto taken = box.take();

  BOOST_TEST(taken.oldest == nullptr);
  BOOST_TEST(taken.first_tags == inbox::retire_tag);
  BOOST_TEST(box.is_empty());
}

BOOST_AUTO_TEST_CASE(tags_stay_where_they_were_set)
{
  inbox box;
  node oldest, middle, newest;
  box.set(inbox::notify_tag);
  box.push(oldest);
  box.set(inbox::cancel_tag);
  box.set(inbox::retire_tag);
  box.push(middle);
  box.push(newest);
  box.set(inbox::cancel_tag);
  const auto taken = box.take();

  BOOST_TEST(taken.first_tags == inbox::notify_tag);
  BOOST_TEST(inbox::tags_of(oldest) == (inbox::cancel_tag | inbox::retire_tag));
  BOOST_TEST(inbox::tags_of(middle) == 0u);
  BOOST_TEST(inbox::tags_of(newest) == inbox::cancel_tag);
}

BOOST_AUTO_TEST_CASE(a_tag_may_give_way_to_another)
{
  inbox box;
  node first, second;
  box.push(first);
  box.set_unless(inbox::cancel_tag, inbox::notify_tag);
  box.set(inbox::cancel_tag);
  box.push(second);
  box.set(inbox::cancel_tag);
  box.set_unless(inbox::cancel_tag, inbox::notify_tag);
  (void)box.take();

  BOOST_TEST(inbox::tags_of(first) == (inbox::cancel_tag | inbox::notify_tag));
  BOOST_TEST(inbox::tags_of(second) == inbox::cancel_tag);
}
