// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include "model/scenario.hpp"
#include "model/watcher_random.hpp"
#include "model/watcher_scenarios.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace {

using namespace model;

const std::vector<scenario> single = {
    {"start_against_watcher", run<start_against_watcher>},
    {"start_and_cancel_against_watcher", run<start_and_cancel_against_watcher>},
    {"two_starts_against_watcher", run<two_starts_against_watcher>},
    {"cancel_against_end", run<cancel_against_end>},
    {"two_cancels_against_end", run<two_cancels_against_end>},
    {"late_cancel_against_start: here", run<late_cancel_against_start<false>>},
    {"late_cancel_against_start: elsewhere",
        run<late_cancel_against_start<true>>},
    {"late_cancel_against_cancel: here",
        run<late_cancel_against_cancel<false>>},
    {"late_cancel_against_cancel: elsewhere",
        run<late_cancel_against_cancel<true>, 1>},
    {"hand_on_against_watcher", run<hand_on_against_watcher>},
    {"hand_on_against_start", run<hand_on_against_start>},
    {"hand_on_against_cancel: here", run<hand_on_against_cancel<false>>},
    {"hand_on_against_cancel: elsewhere", run<hand_on_against_cancel<true>>},
    {"hand_on_against_end", run<hand_on_against_end, 0>},
};

scenarios all(single, {{"any_watch", run<any_watch>}});

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
