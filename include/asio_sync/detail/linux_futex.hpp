// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_LINUX_FUTEX_HPP
#define ASIO_SYNC_DETAIL_LINUX_FUTEX_HPP

#include <asio_sync/detail/config.hpp>

#if ASIO_SYNC_HAS_LINUX_FUTEX

# include <linux/futex.h>
# include <sys/syscall.h>
# include <time.h>
# include <unistd.h>

# include <algorithm>
# include <cerrno>
# include <climits>
# include <cstddef>
# include <cstdint>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// Words are waited for as shared ones (FUTEX2_SIZE_U32 without FUTEX2_PRIVATE):
// from Linux 6.16 on, a private wait that a ring armed before the process had a
// second thread is lost.
inline constexpr std::uint32_t futex2_flags = 2;

// Wake up to n waits. The kernel takes the number as an int. The word may be
// gone: then nobody is woken.
inline void linux_futex_wake(const void* word, std::size_t n) noexcept
{
  const auto count = int(std::min<std::size_t>(n, INT_MAX));
  (void)::syscall(SYS_futex, word, FUTEX_WAKE, count, nullptr, nullptr, 0);
}

// Wait until a word is woken, or for nothing.
inline void linux_futex_wait(const void* word, std::uint32_t expected) noexcept
{
  (void)::syscall(SYS_futex, word, FUTEX_WAIT, expected, nullptr, nullptr, 0);
}

// What the kernel says of a word that may be gone: EAGAIN if it differs,
// ETIMEDOUT if it does not, EFAULT if it is gone, 0 if it was just woken.
inline int linux_futex_compare(
    const void* word, std::uint32_t expected) noexcept
{
  const timespec no_time{};
  for (;;)
  {
    if (::syscall(SYS_futex, word, FUTEX_WAIT, expected, &no_time, nullptr, 0)
        == 0)
      return 0;
    if (errno != EINTR)
      return errno;
  }
}

// As futex_waitv in <linux/futex.h> of Linux 5.16.
struct linux_futex_waitv
{
  std::uint64_t expected;
  std::uint64_t word;
  std::uint32_t flags;
  std::uint32_t reserved;
};

// At most as many as this at once.
inline constexpr unsigned linux_futex_waitv_max = 128;

// Wait for the first of several words, for ever. Returns the last of those that
// were woken, or a negative error number.
inline int linux_wait_for_words(
    const linux_futex_waitv* words, unsigned count) noexcept
{
  constexpr long number = 449; // on every architecture
  const long result = ::syscall(number, words, count, 0, nullptr, 0);
  return result < 0 ? -errno : int(result);
}

// Whether the kernel has futex_waitv, and may be asked for it. Such a wait does
// not begin, as the word differs.
inline bool has_linux_futex_waitv() noexcept
{
  static const bool result = [] {
    const std::uint32_t word = 0;
    const linux_futex_waitv differs{
        1, reinterpret_cast<std::uintptr_t>(&word), futex2_flags, 0};
    return linux_wait_for_words(&differs, 1) == -EAGAIN;
  }();
  return result;
}

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_HAS_LINUX_FUTEX

#endif // ASIO_SYNC_DETAIL_LINUX_FUTEX_HPP
