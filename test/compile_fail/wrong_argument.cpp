// expect: a word is a std::atomic<std::uint32_t>&, or a std::uint32_t\*
// expect: wide_word
// expect: a predicate must be callable without arguments, and return bool
// expect: says_a_word
// expect: takes_an_error

// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Words that are not 32 bits wide, and predicates that are none.

#include <asio_sync/async_condvar.hpp>
#include <asio_sync/async_futex.hpp>
#include <asio_sync/mutex_lock.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>

struct says_a_word
{
  struct word
  {
  };

  word operator()() const
  {
    return {};
  }
};

struct takes_an_error
{
  bool operator()(asio_sync::error_code) const
  {
    return true;
  }
};

struct wide_word : std::atomic<std::uint64_t>
{
};

struct context_type : asio_sync::net::execution_context
{
  asio_sync::net::any_io_executor get_executor();
};

void construct(context_type& context, wide_word& word)
{
  asio_sync::async_futex futex(context, word);
}

void wait(asio_sync::async_condvar& condvar, asio_sync::mutex_lock& lock)
{
  condvar.wait(lock, says_a_word());
  condvar.wait_for(lock, std::chrono::seconds(1), takes_an_error());
}
