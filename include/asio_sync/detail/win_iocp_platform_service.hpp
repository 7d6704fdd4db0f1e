// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_WIN_IOCP_PLATFORM_SERVICE_HPP
#define ASIO_SYNC_DETAIL_WIN_IOCP_PLATFORM_SERVICE_HPP

#include <asio_sync/detail/asio.hpp>

#if ASIO_SYNC_HAS_IOCP

# include <asio_sync/detail/futex_wait.hpp>
# include <asio_sync/detail/parking_table.hpp>
# include <asio_sync/detail/platform_service_base.hpp>
# include <asio_sync/detail/win_condition_variable.hpp>

# include <atomic>
# include <limits>
# include <memory>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// The tier where Asio uses an I/O completion port: each operation is a packet,
// posted without a lock. A context that is no io_context, such as a
// thread_pool, gets a port and a thread of its own, as for Asio's timers.
class win_iocp_platform_service : public platform_service_base
{
public:
  using mutex = win_mutex;
  using condition_variable = win_condition_variable;

  static inline net::execution_context::id id;

  explicit win_iocp_platform_service(net::execution_context& context)
    : platform_service_base(context)
  {
  }

  void work_started() noexcept
  {
    // Relaxed, here and below: nothing is handed over by it. Where the port's
    // thread counts an operation just as it is closed, shutdown() may give that
    // back first: the packet that the thread is at still counts.
    if (!is_closed())
      loop().work_started();
  }

  void work_continued() noexcept
  {
    if (continued_.fetch_add(1, std::memory_order_relaxed) >= 0)
      loop().work_started();
  }

  void work_returned() noexcept
  {
    continued_.fetch_sub(1, std::memory_order_relaxed);
  }

  void work_finished() noexcept
  {
    if (continued_.fetch_sub(1, std::memory_order_relaxed) > 0)
      loop().work_finished();
  }

  void deliver(operation_queue& ready, bool /*single*/) noexcept
  {
    loop().post_deferred_completions(ready);
  }

  // Once the context shuts down, the port may have been emptied for good: the
  // scheduler of a thread_pool destroys its handlers, which may begin waits,
  // after the port's end.
  void post(operation& op) noexcept
  {
    if (is_closed())
      op.destroy();
    else
      platform_service_base::post(op);
  }

  void abandon(operation_queue& operations)
  {
    loop().abandon_operations(operations);
  }

private:
  bool is_closed() const noexcept
  {
    return continued_.load(std::memory_order_relaxed) < 0;
  }

  std::unique_ptr<futex_waits> make_futex_waits() override
  {
    return std::make_unique<parking_futex_waits>(
        "win_iocp, words by parking table", nullptr);
  }

  // The loop is shut down next, and waits until nothing is outstanding: neither
  // what another executor has, nor what handlers begin as they are destroyed.
  void shutdown() noexcept override
  {
    for (long left = continued_.exchange(closed, std::memory_order_relaxed);
         left > 0; --left)
      loop().work_finished();
  }

  static constexpr long closed = (std::numeric_limits<long>::min)() / 2;

  //   continued_ | meaning
  //   -----------+----------------------------------------------------------
  //   >= 0       | operations that count as work and are neither waiting nor
  //              | in the port: their handler's executor has them
  //   < 0        | the context shuts down, and nothing is counted any more
  std::atomic<long> continued_{0};
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_HAS_IOCP

#endif // ASIO_SYNC_DETAIL_WIN_IOCP_PLATFORM_SERVICE_HPP
