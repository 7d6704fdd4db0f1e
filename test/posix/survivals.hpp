// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// How many faults were survived, which a program says in the end.

#ifndef ASIO_SYNC_TEST_POSIX_SURVIVALS_HPP
#define ASIO_SYNC_TEST_POSIX_SURVIVALS_HPP

#include <iostream>

namespace asio_test {

// Those of one kind.
class survivals
{
public:
  explicit survivals(const char* faults)
    : faults_(faults)
  {
  }

  survivals(const survivals&) = delete;
  survivals& operator=(const survivals&) = delete;

  ~survivals()
  {
    if (number_ != 0)
      std::cout << "faults: " << number_ << ' ' << faults_ << ": survived"
                << std::endl;
  }

  void add(int number = 1)
  {
    number_ += number;
  }

private:
  const char* const faults_;
  int number_ = 0;
};

} // namespace asio_test

#endif // ASIO_SYNC_TEST_POSIX_SURVIVALS_HPP
