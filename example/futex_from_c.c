// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// C11 that knows nothing of Asio: a sensor which delivers readings now and
// then, and tells by futex(2) how many there are.

#define _DEFAULT_SOURCE // syscall()

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <limits.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

void run_sensor(_Atomic uint32_t* count, int* readings, int number)
{
  const struct timespec pause = {0, 2000000};
  for (int i = 0; i < number; ++i)
  {
    nanosleep(&pause, NULL);
    readings[i] = i + 1;

    // Release: who sees the count sees the reading. Without FUTEX_PRIVATE_FLAG,
    // as async_futex finds no other wakes.
    atomic_fetch_add_explicit(count, 1, memory_order_release);
    syscall(SYS_futex, count, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
  }
}
