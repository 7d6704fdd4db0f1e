// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// The kernel refuses a call for io_uring: the first one, then the second, until
// there are no more. Whichever it is, waits for words end.

#include <asio_sync/async_futex.hpp>

#include "futex_test.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#if !ASIO_SYNC_HAS_IO_URING

BOOST_AUTO_TEST_CASE(there_is_no_ring)
{
  asio_test::net::io_context ctx;

  BOOST_TEST(asio_sync::platform_name(ctx) != std::string("io_uring"));
}

#else

# include <algorithm>
# include <atomic>
# include <cerrno>
# include <cstddef>
# include <cstdint>
# include <iterator>
# include <thread>
# include <vector>

# include <linux/filter.h>
# include <linux/seccomp.h>
# include <sys/ioctl.h>
# include <sys/prctl.h>
# include <sys/syscall.h>
# include <sys/wait.h>
# include <unistd.h>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_futex;
using asio_sync::error_code;
using asio_test::outcome;
using asio_test::word;

// Have the calling thread, and those that it starts, ask before each call of
// io_uring_setup, io_uring_enter and io_uring_register. Returns where they ask,
// or a negative number.
int ask_before_io_uring()
{
  constexpr std::uint32_t io_uring_setup = 425;
  constexpr std::uint32_t io_uring_register = 427;
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, io_uring_setup, 0, 2),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, io_uring_register, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program{
      static_cast<unsigned short>(std::size(filter)), filter};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return -1;
  return int(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
      SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
}

// What is refused: the call with that number, counted from 0, or all.
struct refusal
{
  const int number;
  const int error;
  std::atomic<int> calls{0};
  std::atomic<bool> is_of_all{false};
};

// Answer who asks there, for ever.
void answer(int listener, refusal& r)
{
  for (;;)
  {
    seccomp_notif question{};
    if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &question) != 0)
      continue;
    seccomp_notif_resp response{};
    response.id = question.id;
    if (r.calls++ == r.number || r.is_of_all)
      response.error = -r.error;
    else
      response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    (void)::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
  }
}

void run_until_called(net::io_context& ctx, const outcome& o)
{
  while (o.calls() == 0)
  {
    ctx.restart();
    ctx.run_one();
  }
}

// Whether a wait was woken, or could not begin.
bool is_over(const outcome& o)
{
  return o.is_success() || o.is(net::error::no_buffer_space);
}

bool waits_end(refusal&)
{
  net::io_context ctx;
  word w{0};
  async_futex futex(ctx, w);
  const auto change = [&](std::uint32_t value) {
    w = value;
    if (async_futex::sees_foreign_wakes(ctx))
      (void)asio_test::raw_wake(w);
    else
      futex.notify_all();
  };

  outcome notified;
  futex.async_wait(0, notified.handler());
  ctx.poll();
  futex.notify_one();
  run_until_called(ctx, notified);

  outcome woken;
  futex.async_wait(0, woken.handler());
  ctx.restart();
  ctx.poll();
  change(1);
  run_until_called(ctx, woken);

  outcome cancelled, last;
  futex.async_wait(1, cancelled.handler());
  ctx.restart();
  ctx.poll();
  futex.cancel();
  futex.async_wait(1, last.handler());
  run_until_called(ctx, cancelled);
  change(2);
  run_until_called(ctx, last);

  return is_over(notified) && is_over(woken)
      && (cancelled.is(net::error::operation_aborted) || is_over(cancelled))
      && is_over(last);
}

// More waits begin than a ring has room for, while nothing can be submitted.
// Asio begins those that were too many when there is room.
bool a_ring_is_full(refusal& r)
{
  constexpr std::size_t count = 17000; // Asio's has room for 16384.
  net::io_context ctx;
  if (asio_sync::platform_name(ctx) != std::string("io_uring"))
    return true;
  std::vector<word> words(count);
  std::vector<async_futex> futexes;
  futexes.reserve(count);
  std::vector<outcome> outcomes(count);
  for (word& w : words)
    futexes.emplace_back(ctx, w);
  futexes[0].async_wait(0, outcomes[0].handler());
  ctx.poll();
  r.is_of_all = true;
  for (std::size_t i = 1; i < count; ++i)
    futexes[i].async_wait(0, outcomes[i].handler());
  r.is_of_all = false;
  ctx.poll();

  for (word& w : words)
  {
    w = 1;
    (void)asio_test::raw_wake(w);
  }
  for (const outcome& o : outcomes)
    run_until_called(ctx, o);
  return std::all_of(outcomes.begin(), outcomes.end(),
      [](const outcome& o) { return o.is_success(); });
}

constexpr int was_refused = 7;
constexpr int was_not_refused = 8;
constexpr int nothing_to_refuse = 9;

// Have waits in a process that begins with nothing known of the kernel. Returns
// what that says.
int wait_in_child(bool (*wait)(refusal&), int number, int error)
{
  const pid_t child = ::fork();
  if (child == 0)
  {
    ::alarm(60); // It has a name then.
    refusal r{number, error};
    std::atomic<int> listener{0};
    std::thread waiting([&] {
      listener = ask_before_io_uring();
      if (listener < 0)
        ::_exit(nothing_to_refuse);
      if (!wait(r))
        ::_exit(1);
      ::_exit(r.calls == 0         ? nothing_to_refuse
              : r.calls > r.number ? was_refused
                                   : was_not_refused);
    });
    asio_test::spin_until([&] { return listener != 0; });
    answer(listener, r);
  }
  int status = 0;
  BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

} // namespace

BOOST_AUTO_TEST_CASE(waits_end_whatever_is_refused)
{
  for (const int error : {EINTR, EAGAIN, EBUSY, ENOMEM})
    for (int refused = 0;; ++refused)
    {
      const int said = wait_in_child(waits_end, refused, error);
      if (said == nothing_to_refuse)
      {
        BOOST_TEST_MESSAGE("there is no ring, or nobody to refuse it");
        return;
      }
      if (said == was_not_refused)
      {
        BOOST_TEST_MESSAGE("error " << error << ": " << refused << " calls");
        BOOST_TEST(refused > 0);
        break;
      }
      BOOST_TEST_CONTEXT("error " << error << ", call " << refused)
      BOOST_TEST(said == was_refused);
    }
}

BOOST_AUTO_TEST_CASE(waits_begin_when_a_full_ring_has_room)
{
  const int said = wait_in_child(a_ring_is_full, -1, EBUSY);

  BOOST_TEST((said == was_refused || said == nothing_to_refuse));
}

#endif
