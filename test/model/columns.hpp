// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What can happen to a cell, and all that can happen to it at the same time.

#ifndef ASIO_SYNC_TEST_MODEL_COLUMNS_HPP
#define ASIO_SYNC_TEST_MODEL_COLUMNS_HPP

#include "model/scenario.hpp"

#include <string>
#include <vector>

namespace model {

// As in the table of doc/design/operations.md. The cell of a party that has
// asked is drained; only one is, and a waiter is claimed once.
enum class column
{
  ask,
  go,
  claim,
  drain
};

constexpr bool needs_party(column c)
{
  return c != column::claim;
}

// Whether one of the others is that.
template <column... Others>
constexpr bool has(column c)
{
  return ((Others == c) || ...);
}

// Every pair, and those of three in which the last reference can be anybody's.
// World has a thread for each column.
template <template <column...> class World>
std::vector<scenario> every_pair(const std::string& of)
{
  constexpr auto ask = column::ask;
  constexpr auto go = column::go;
  constexpr auto claim = column::claim;
  constexpr auto drain = column::drain;
  return {{of + ": ask, ask", run<World<ask, ask>>},
      {of + ": ask, go", run<World<ask, go>>},
      {of + ": ask, claim", run<World<ask, claim>>},
      {of + ": ask, drain", run<World<ask, drain>>},
      {of + ": go, go", run<World<go, go>>},
      {of + ": go, claim", run<World<go, claim>>},
      {of + ": go, drain", run<World<go, drain>>},
      {of + ": claim, drain", run<World<claim, drain>>},
      {of + ": ask, go, claim", run<World<ask, go, claim>, 1>},
      {of + ": ask, drain, claim", run<World<ask, drain, claim>, 1>},
      {of + ": go, go, claim", run<World<go, go, claim>, 1>},
      {of + ": go, drain, claim", run<World<go, drain, claim>, 1>}};
}

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_COLUMNS_HPP
