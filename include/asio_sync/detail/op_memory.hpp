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

// Owns an operation. A std::unique_ptr instantiates a tuple for each of them:
// that is a quarter of the time to compile a wait.
template <typename Op, typename Dispose>
class op_ptr
{
public:
  explicit op_ptr(Op* op) noexcept
    : op_(op)
  {
  }

  op_ptr(op_ptr&& other) noexcept
    : op_(other.release())
  {
  }

  op_ptr& operator=(op_ptr&& other) = delete;

  ~op_ptr()
  {
    if (op_ != nullptr)
      Dispose()(op_);
  }

  Op& operator*() const noexcept
  {
    return *op_;
  }

  Op* operator->() const noexcept
  {
    return op_;
  }

  [[nodiscard]] Op* release() noexcept
  {
    Op* const op = op_;
    op_ = nullptr;
    return op;
  }

private:
  Op* op_;
};

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
    Op* const memory = allocator.allocate(1);
    try
    {
      return make(static_cast<void*>(memory));
    }
    catch (...)
    {
      allocator.deallocate(memory, 1);
      throw;
    }
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
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_OP_MEMORY_HPP
