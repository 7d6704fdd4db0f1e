// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_SEMAPHORE_PERMIT_HPP
#define ASIO_SYNC_SEMAPHORE_PERMIT_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/detail/grant.hpp>
#include <asio_sync/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {

/// Owns permits of a semaphore, and releases them when it is destroyed.
/**
 * A permit may outlive its semaphore: it releases nothing then. It must not
 * outlive the execution context of the semaphore, unless it is empty.
 *
 * @par Thread Safety
 * @e Distinct @e objects: Safe.@n
 * @e Shared @e objects: Unsafe.
 *
 * @par Example
 * @code
 * asio_sync::semaphore_permit permit =
 *   co_await semaphore.async_acquire_permit(use_awaitable);
 * co_await use_backend();
 * // Released here, also if an exception was thrown.
 * @endcode
 */
class [[nodiscard]] semaphore_permit
{
public:
  /// Construct an empty permit, which belongs to no semaphore.
  semaphore_permit() = default;

  /// Take ownership over. The other permit becomes empty.
  semaphore_permit(semaphore_permit&& other) = default;

  /// Release what is owned, and take ownership over.
  semaphore_permit& operator=(semaphore_permit&& other) = default;

  /// Release what is owned.
  /**
   * If more permits were released than had been acquired, so that these do not
   * fit into the semaphore any more, they are dropped. Use release() to know.
   */
  ~semaphore_permit() = default;

  /// Whether the permit belongs to a semaphore.
  explicit operator bool() const noexcept
  {
    return grant_.has_core();
  }

  /// Get the number of permits that are owned.
  std::size_t count() const noexcept
  {
    return grant_.count();
  }

  /// Release what is owned. The permit becomes empty.
  /**
   * @throws system_error @c value_too_large, when
   * basic_async_semaphore::release() does; the permit is unchanged then.
   *
   * @par Memory Ordering
   * As basic_async_semaphore::release().
   */
  void release()
  {
    error_code ec;
    release(ec);
    detail::throw_error(ec, "release");
  }

  /// @copydoc release()
  void release(error_code& ec)
  {
    ec = {};
    if (grant_.release())
      grant_.forget();
    else
      ec = make_error_code(sys::errc::value_too_large);
  }

  /// Give up ownership. Nothing is released; the permit becomes empty.
  /**
   * @returns The number of permits that were owned.
   */
  std::size_t forget() noexcept
  {
    const std::size_t n = count();
    grant_.forget();
    return n;
  }

  /// Take @c n of the permits out, as a permit of their own.
  /**
   * @throws system_error @c invalid_argument if @c n exceeds count(); nothing
   * is changed then.
   */
  [[nodiscard]] semaphore_permit split(std::size_t n)
  {
    if (n > count())
      detail::throw_error(net::error::invalid_argument, "split");
    return semaphore_permit(grant_.split(static_cast<std::uint32_t>(n)));
  }

  /// Add the permits that another one owns. The other becomes empty.
  /**
   * @throws system_error @c invalid_argument if they belong to different
   * semaphores, @c value_too_large if the sum exceeds the semaphore's maximum;
   * both are unchanged then.
   */
  void merge(semaphore_permit&& other)
  {
    error_code ec;
    merge(std::move(other), ec);
    detail::throw_error(ec, "merge");
  }

  /// @copydoc merge(semaphore_permit&&)
  void merge(semaphore_permit&& other, error_code& ec)
  {
    ec = {};
    if (this == &other || !other)
      return;

    if (!*this)
      *this = std::move(other);
    else if (!grant_.is_sibling_of(other.grant_))
      ec = net::error::invalid_argument;
    else if (other.count() > detail::pooled_semaphore::max_permits - count())
      ec = make_error_code(sys::errc::value_too_large);
    else
      grant_.merge(std::move(other.grant_));
  }

private:
  template <typename>
  friend class basic_async_semaphore;
  friend struct detail::complete_with_owner<semaphore_permit>;

  explicit semaphore_permit(detail::grant&& g) noexcept
    : grant_(std::move(g))
  {
  }

  detail::grant grant_;
};

} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_SEMAPHORE_PERMIT_HPP
