// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Processes that tests start, and what those say with their exit codes.

#ifndef ASIO_SYNC_TEST_POSIX_CHILD_HPP
#define ASIO_SYNC_TEST_POSIX_CHILD_HPP

#include <boost/test/unit_test.hpp>

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__ELF__)
// What writes the counters of executed lines, if there are any: Clang's, GCC's.
extern "C" void __gcov_dump() __attribute__((weak));
extern "C" void __gcov_exit() __attribute__((weak));
#endif

namespace asio_test {

// End a child without destroying anything.
[[noreturn]] inline void exit_child(int said)
{
#if defined(__ELF__)
  if (__gcov_dump != nullptr)
    __gcov_dump();
  else if (__gcov_exit != nullptr)
    __gcov_exit();
#endif
  ::_exit(said);
}

// Wait for the end of a child. Returns what it says, or the negative number of
// the signal that has ended it.
inline int end_of_child(pid_t child)
{
  int status = 0;
  BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// Have a child say what a function returns.
template <typename Function>
int in_child(Function function)
{
  const pid_t child = ::fork();
  if (child == 0)
    exit_child(function());
  return end_of_child(child);
}

} // namespace asio_test

#endif // ASIO_SYNC_TEST_POSIX_CHILD_HPP
