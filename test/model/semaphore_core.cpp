// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include "model/scenario.hpp"
#include "model/semaphore_calls.hpp"
#include "model/semaphore_ends.hpp"
#include "model/semaphore_grants.hpp"
#include "model/semaphore_random.hpp"
#include "model/semaphore_world.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace {

using namespace model;

const std::vector<scenario> single = {
    {"acquire_against_release", run<acquire_against_release>},
    {"one_permit_for_two", run<one_permit_for_two>},
    {"attempt_against_wait", run<attempt_against_wait>},
    {"releases_add_up", run<releases_add_up>},
    {"weighted_requests", run<weighted_requests>},
    {"cancel_against_grant", run<cancel_against_grant>},
    {"cancelled_head", run<cancelled_head>},
    {"cancel_against_start", run<cancel_against_start>},
    {"forget_against_grant", run<forget_against_grant>},
    {"two_cancellations", run<two_cancellations>},
    {"cancel_all_spares_later", run<cancel_all_spares_later>},
    {"cancel_all_against_release", run<cancel_all_against_release>},
    {"close_against_acquire", run<close_against_acquire>},
    {"close_against_release", run<close_against_release>},
    {"reduce_against_release", run<reduce_against_release>},
    {"reduce_against_wait", run<reduce_against_wait>},
    {"two_reductions", run<two_reductions>},
    {"drain_against_hand_over: of one", run<drain_against_hand_over<1>>},
    {"drain_against_hand_over: of two", run<drain_against_hand_over<2>>},
    {"drain_against_server", run<drain_against_server>},
    {"release_beyond_max", run<release_beyond_max>},
    {"attempt_against_release_beyond_max",
        run<attempt_against_release_beyond_max>},
    {"retire_against_cancellation", run<retire_against_cancellation>},
    {"retire_against_permit", run<retire_against_permit>},
    {"retire_against_permit_without_waiters",
        run<retire_against_permit_without_waiters>},
    {"late_ring", run<late_ring>},
    {"acquire_release_cancel", run<acquire_release_cancel>},
    {"forget_against_acquire_against_release",
        run<forget_against_acquire_against_release, 1>},
    {"close_against: acquire", run<close_against<call::acquire>>},
    {"close_against: attempt", run<close_against<call::attempt>>},
    {"close_against: release", run<close_against<call::release>>},
    {"close_against: cancel", run<close_against<call::cancel>>},
    {"close_against: forget", run<close_against<call::forget>>},
    {"close_against: cancel_all", run<close_against<call::cancel_all>>},
    {"close_against: close", run<close_against<call::close>>},
    {"close_against: reduce", run<close_against<call::reduce>>},
    {"close_against: drain", run<close_against<call::drain>>},
    {"late_ring_of: cancel_all", run<late_ring_of<call::cancel_all>>},
    {"late_ring_of: close", run<late_ring_of<call::close>>},
    {"move_against_parties", run<move_against_parties, 1>},
    {"slot_is_reused: cleared", run<slot_is_reused<false>>},
    {"slot_is_reused: emitted", run<slot_is_reused<true>>},
};

scenarios all(single + every_pair<queued_cell>("queued_cell"),
    {{"any_use", run<any_use>}, {"any_end", run<any_end>}});

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
