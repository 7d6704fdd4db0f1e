// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include "flavours/share_permit.hpp"

#include "flavours/flavours.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>

std::size_t use_boost_asio()
{
  boost::asio::io_context ctx;
  return share_permit(ctx);
}
