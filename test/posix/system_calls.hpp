// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Threads that ask before some of their system calls, and what they are told.
// For Linux only.

#ifndef ASIO_SYNC_TEST_POSIX_SYSTEM_CALLS_HPP
#define ASIO_SYNC_TEST_POSIX_SYSTEM_CALLS_HPP

#include <cstddef>
#include <cstdint>
#include <iterator>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace asio_test {

// Have the calling thread, and those that it starts, ask before each call from
// the first to the last of these numbers. Returns where they ask, or a negative
// number.
inline int ask_before(std::uint32_t first, std::uint32_t last)
{
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first, 0, 2),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, last, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program{
      static_cast<unsigned short>(std::size(filter)), filter};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return -1;
  return int(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
      SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
}

// Answer who asks there, for ever. The function returns the error for a call,
// or 0 if that goes on.
template <typename Function>
[[noreturn]] void answer(int listener, Function error_of)
{
  for (;;)
  {
    seccomp_notif question{};
    if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &question) != 0)
      continue;
    seccomp_notif_resp response{};
    response.id = question.id;
    response.error = -error_of();
    if (response.error == 0)
      response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    (void)::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
  }
}

} // namespace asio_test

#endif // ASIO_SYNC_TEST_POSIX_SYSTEM_CALLS_HPP
