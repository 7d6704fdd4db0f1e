// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include "model/futex_cancellations.hpp"
#include "model/futex_ends.hpp"
#include "model/futex_notifications.hpp"
#include "model/futex_random.hpp"
#include "model/futex_words.hpp"
#include "model/scenario.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace {

using namespace model;

const std::vector<scenario> single = {
    {"wait_against_notify", run<wait_against_notify<tier::ring>>},
    {"wait_against_foreign_wake", run<wait_against_foreign_wake<tier::ring>>},
    {"wait_against_foreign_wake, table",
        run<wait_against_foreign_wake<tier::table>>},
    {"submission_against_notify", run<submission_against_notify>},
    {"submission_against_wait", run<submission_against_wait>},
    {"one_notification_for_one_wait", run<one_notification_for_one_wait>},
    {"two_notifications_for_two_waits", run<two_notifications_for_two_waits>},
    {"notify_two_against_wait", run<notify_two_against_wait>},
    {"notify_against_cancelled_wait", run<notify_against_cancelled_wait>},
    {"notify_against_last_cancelled_wait",
        run<notify_against_last_cancelled_wait<tier::ring>>},
    {"foreign_wake_against_cancel",
        run<foreign_wake_against_cancel<tier::ring>>},
    {"foreign_wake_against_cancel, table",
        run<foreign_wake_against_cancel<tier::table>>},
    {"foreign_wake_against_one_cancel", run<foreign_wake_against_one_cancel>},
    {"foreign_wake_against_cancel_all", run<foreign_wake_against_cancel_all>},
    {"wait_against_cancelled_end", run<wait_against_cancelled_end>},
    {"wait_against_end", run<wait_against_end<tier::ring>>},
    {"wait_against_end, table", run<wait_against_end<tier::table>>},
    {"wait_for_another_value", run<wait_for_another_value<tier::ring>>},
    {"wait_for_another_value, table", run<wait_for_another_value<tier::table>>},
    {"wait_for_another_value_against_change",
        run<wait_for_another_value_against_change>},
    {"wait_for_another_value_against_notify",
        run<wait_for_another_value_against_notify>},
    {"word_ends_before_notification",
        run<word_ends_before_notification<tier::ring>>},
    {"word_ends_before_notification, table",
        run<word_ends_before_notification<tier::table>>},
    {"word_ends_before_submission", run<word_ends_before_submission>},
    {"failing_start", run<failing_start>},
    {"forget_against_notify", run<forget_against_notify>},
    {"one_notification_of_a_change", run<one_notification_of_a_change>},
    {"notify_behind_another_value", run<notify_behind_another_value>},
    {"wait_for_no_value", run<wait_for_no_value>},
    {"wait_against_notify, table", run<wait_against_notify<tier::table>>},
    {"wait_against_notify_all", run<wait_against_notify_all<tier::ring>>},
    {"notify_against_last_cancelled_wait, table",
        run<notify_against_last_cancelled_wait<tier::table>>},
    {"wait_against_cancel_of_it", run<wait_against_cancel_of_it<tier::ring>>},
    {"wait_against_last_cancel", run<wait_against_last_cancel>},
    {"two_waits", run<two_waits<tier::ring>>},
    {"two_waits, table", run<two_waits<tier::table>>},
    {"word_ends_before_late_notification",
        run<word_ends_before_late_notification<tier::ring>>},
    {"word_ends_before_late_notification, table",
        run<word_ends_before_late_notification<tier::table>>},
    {"foreign_wake_against_two_cancels", run<foreign_wake_against_two_cancels>},
    {"wait_against_cancel_of_it, table",
        run<wait_against_cancel_of_it<tier::table>>},
    {"retire_against_end", run<retire_against_end<tier::ring>>},
    {"retire_against_late_notification", run<retire_against_late_notification>},
    {"wait_against_notify_all, table",
        run<wait_against_notify_all<tier::table>>},
    {"retire_against_end, table", run<retire_against_end<tier::table>>},
    {"retire_against_start", run<retire_against_start>},
    {"wait_against_two_notifications",
        run<wait_against_two_notifications<tier::ring>>},
    {"wait_against_two_notifications, table",
        run<wait_against_two_notifications<tier::table>, 0>},
    {"wait_against_wait_for_another_value",
        run<wait_against_wait_for_another_value>},
    {"wait_against_late_difference", run<wait_against_late_difference>},
    {"late_ring_of: notify_all", run<late_ring_of<wait_result::granted>, 1>},
    {"late_ring_of: cancel_all", run<late_ring_of<wait_result::aborted>, 1>},
};

scenarios all(single,
    {{"any_use", run<any_use<tier::ring>>},
        {"any_use, table", run<any_use<tier::table>>}});

} // namespace

BOOST_AUTO_TEST_CASE(no_interleaving_fails)
{
  all.check_all();
}

BOOST_AUTO_TEST_CASE(no_random_interleaving_fails)
{
  all.check_random();
}

BOOST_AUTO_TEST_CASE(every_memory_order_is_needed)
{
  all.check_orders();
}
