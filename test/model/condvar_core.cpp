// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include "model/condvar_calls.hpp"
#include "model/condvar_cancellations.hpp"
#include "model/condvar_notifications.hpp"
#include "model/condvar_order.hpp"
#include "model/condvar_random.hpp"
#include "model/scenario.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace {

using namespace model;

const std::vector<scenario> single = {
    {"change_against_wait", run<change_against_wait>},
    {"each_waits_and_notifies", run<each_waits_and_notifies>},
    {"notify_spares_later", run<notify_spares_later>},
    {"notify_finds_nobody", run<notify_finds_nobody>},
    {"notify_all_spares_later", run<notify_all_spares_later>},
    {"broadcast_against_notification", run<broadcast_against_notification>},
    {"notify_against_cancel", run<notify_against_cancel>},
    {"cancel_before_relock", run<cancel_before_relock>},
    {"notify_against_cancel_before_relock",
        run<notify_against_cancel_before_relock>},
    {"two_cancellations_before_relock", run<two_cancellations_before_relock>},
    {"broadcast_is_not_passed_on", run<broadcast_is_not_passed_on>},
    {"refusal_against_cancel", run<refusal_against_cancel, 1>},
    {"refusal_against_cancel_all", run<refusal_against_cancel_all, 1>},
    {"refusal_against_retirement", run<refusal_against_retirement>},
    {"cancel_all_against_notify", run<cancel_all_against_notify>},
    {"late_cancellation_of_another_life",
        run<late_cancellation_of_another_life, 1>},
    {"forget_before_relock", run<forget_before_relock>},
    {"wait_against_cancel", run<wait_against_cancel>},
    {"one_notification_for_one", run<one_notification_for_one>},
    {"each_waits_and_broadcasts", run<each_waits_and_broadcasts, 0>},
    {"refusal_settles_a_notification", run<refusal_settles_a_notification>},
    {"notify_against_the_end_of_the_mutex",
        run<notify_against_the_end_of_the_mutex, 1>},
    {"refusal_against_the_end_of_the_mutex",
        run<refusal_against_the_end_of_the_mutex, 1>},
    {"relock_against_cancel_of_the_mutex",
        run<relock_against_cancel_of_the_mutex>},
    {"unlock_against_attempt", run<unlock_against_attempt>},
    {"notify_then_wait_then_cancel", run<notify_then_wait_then_cancel, 0>},
    {"cancel_then_wait", run<cancel_then_wait, 1>},
    {"notify_then_wait", run<notify_then_wait>},
    {"broadcast_then_cancel_all", run<broadcast_then_cancel_all>},
    {"cancel_all_then_broadcast", run<cancel_all_then_broadcast>},
    {"notify_against_cancel_against_relock",
        run<notify_against_cancel_against_relock, 0>},
    {"late_ring_of: notify_all", run<late_ring_of<wait_result::granted>>},
    {"late_ring_of: cancel_all", run<late_ring_of<wait_result::aborted>>},
};

scenarios all(single + every_pair<cell_at_home>("cell_at_home")
        + every_pair<cell_that_is_away>("cell_that_is_away"),
    {{"any_use", run<any_use>}, {"any_notifications", run<any_notifications>}});

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
