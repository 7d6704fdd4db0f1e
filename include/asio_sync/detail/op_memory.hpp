// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_OP_MEMORY_HPP
#define ASIO_SYNC_DETAIL_OP_MEMORY_HPP

#include <asio_sync/detail/asio.hpp>

#include <memory>
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// Memory of an operation that owns a handler, from the handler's allocator.
template <typename Op, typename Handler>
struct op_memory
{
  using allocator_type =
      typename std::allocator_traits<typename net::associated_allocator<Handler,
          net::recycling_allocator<void>>::type>::template rebind_alloc<Op>;

  static allocator_type allocator_of(const Handler& handler) noexcept
  {
    return allocator_type(net::get_associated_allocator(
        handler, net::recycling_allocator<void>()));
  }

  // Allocate, and have make(void*) construct the operation there. Nothing may
  // throw once the handler has been moved in, as the memory may go with it. A
  // handler that throws as it is moved must not have given up its memory.
  template <typename Make>
  static Op* create(const Handler& handler, Make make)
  {
    allocator_type allocator = allocator_of(handler);
    std::unique_ptr<Op, deallocate> memory(
        allocator.allocate(1), deallocate{&allocator});
    Op* const op = make(static_cast<void*>(memory.get()));
    (void)memory.release();
    return op;
  }

  // Destroy an operation, and then its handler, part of which may own the
  // memory. One that throws as it is moved goes with the operation, and must
  // not own it.
  static void destroy(Op* op, Handler& handler) noexcept
  {
    try
    {
      Handler moved(std::move(handler));
      reclaim{&moved}(op);
    }
    catch (...)
    {
      reclaim{&handler}(op);
    }
  }

  // Destroys an operation. handler: the operation's, or what it was moved to.
  struct reclaim
  {
    void operator()(Op* op) const
    {
      allocator_type allocator = allocator_of(*handler);
      op->~Op();
      allocator.deallocate(op, 1);
    }

    Handler* handler;
  };

private:
  // Frees memory in which there is no operation.
  struct deallocate
  {
    void operator()(Op* memory) const
    {
      allocator->deallocate(memory, 1);
    }

    allocator_type* allocator;
  };
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_OP_MEMORY_HPP
