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
  BOOST_TEST(taken.all_tags == 0u);
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

  BOOST_TEST(taken.all_tags == inbox::cancel_tag);
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
  BOOST_TEST(taken.all_tags == inbox::retire_tag);
  BOOST_TEST(box.is_empty());
}

BOOST_AUTO_TEST_CASE(tags_add_up)
{
  inbox box;
  node oldest, middle, newest;
  box.push(oldest);
  box.set(inbox::cancel_tag);
  box.push(middle);
  box.set(inbox::retire_tag);
  box.push(newest);
  const auto taken = box.take();

  BOOST_TEST(taken.all_tags == (inbox::cancel_tag | inbox::retire_tag));
  BOOST_TEST(inbox::tags_of(oldest) == taken.all_tags);
  BOOST_TEST(inbox::tags_of(middle) == inbox::retire_tag);
  BOOST_TEST(inbox::tags_of(newest) == 0u);
}
