// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What takes the place of a list of waiters, as a queue's private FIFO is: it
// is plain data, and so are those who are in it.

#ifndef ASIO_SYNC_TEST_MODEL_WAITERS_HPP
#define ASIO_SYNC_TEST_MODEL_WAITERS_HPP

#include <asio_sync/detail/waiter.hpp>

#include "model/atomic.hpp"
#include "model/explorer.hpp"

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

template <>
class waiter_list<model::atomic> : intrusive_waiter_list<model::atomic>
{
  using base = intrusive_waiter_list<model::atomic>;

public:
  using base::iterator_to;
  using typename base::const_iterator;
  using typename base::iterator;
  using waiter_type = waiter<model::atomic>;

  bool empty() const
  {
    touched_.read();
    return base::empty();
  }

  iterator begin()
  {
    touched_.read();
    return base::begin();
  }

  iterator end()
  {
    return base::end();
  }

  const_iterator begin() const
  {
    touched_.read();
    return base::begin();
  }

  const_iterator end() const
  {
    return base::end();
  }

  waiter_type& front()
  {
    touched_.read();
    return check(base::front());
  }

  void push_back(waiter_type& w)
  {
    touched_.write();
    base::push_back(check(w));
  }

  void pop_front()
  {
    touched_.write();
    (void)check(base::front());
    base::pop_front();
  }

  void erase(iterator i)
  {
    touched_.write();
    (void)check(*i);
    base::erase(i);
  }

  void splice(iterator i, waiter_list& other)
  {
    touched_.write();
    other.touched_.write();
    base::splice(i, other);
  }

private:
  static waiter_type& check(waiter_type& w)
  {
    if (model::explorer::current()->is_freed(&w))
      model::explorer::current()->fail("use after free: a waiter");
    return w;
  }

  mutable model::plain touched_{"a list of waiters"};
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_TEST_MODEL_WAITERS_HPP
