// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Run a command for which the kernel refuses something, as containers and older
// kernels do:
//
//   refuse REFUSAL... -- COMMAND [ARGUMENT...]
//
//   io_uring_setup=ENOSYS   there is no io_uring
//   io_uring_setup=EPERM    io_uring is not allowed
//   io_uring_probe=EINVAL   rings do not tell what they can do, as if they had
//                           no operation for futexes
//   futex_waitv=ENOSYS      Linux before 5.16

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace {

// The same on all architectures.
constexpr std::uint32_t io_uring_setup = 425;
constexpr std::uint32_t io_uring_register = 427;
constexpr std::uint32_t io_uring_register_probe = 8;
constexpr std::uint32_t futex_waitv = 449;

using filter = std::vector<sock_filter>;

void load(filter& f, std::size_t offset)
{
  f.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, std::uint32_t(offset)));
}

// Skip the next n instructions unless the value that was loaded is this one.
void skip_unless(filter& f, std::uint32_t value, std::uint8_t n)
{
  f.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, n));
}

void answer(filter& f, int error)
{
  f.push_back(
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | std::uint32_t(error)));
}

void refuse(filter& f, std::uint32_t call, int error)
{
  load(f, offsetof(seccomp_data, nr));
  skip_unless(f, call, 1);
  answer(f, error);
}

bool add(filter& f, const std::string& refusal)
{
  if (refusal == "io_uring_setup=ENOSYS")
    refuse(f, io_uring_setup, ENOSYS);
  else if (refusal == "io_uring_setup=EPERM")
    refuse(f, io_uring_setup, EPERM);
  else if (refusal == "futex_waitv=ENOSYS")
    refuse(f, futex_waitv, ENOSYS);
  else if (refusal == "io_uring_probe=EINVAL")
  {
    // The second argument says what is registered. Its lower half comes first.
    load(f, offsetof(seccomp_data, nr));
    skip_unless(f, io_uring_register, 3);
    load(f, offsetof(seccomp_data, args) + sizeof(std::uint64_t));
    skip_unless(f, io_uring_register_probe, 1);
    answer(f, EINVAL);
  }
  else
    return false;
  return true;
}

} // namespace

int main(int argc, char* argv[])
{
  filter f;
  int i = 1;
  for (; i < argc && argv[i] != std::string("--"); ++i)
    if (!add(f, argv[i]))
    {
      std::fprintf(stderr, "refuse: unknown refusal: %s\n", argv[i]);
      return 2;
    }
  if (f.empty() || i + 1 >= argc)
  {
    std::fputs("usage: refuse REFUSAL... -- COMMAND [ARGUMENT...]\n", stderr);
    return 2;
  }
  f.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));

  const sock_fprog program{static_cast<unsigned short>(f.size()), f.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
      || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
  {
    std::perror("refuse: seccomp");
    return 2;
  }
  ::execvp(argv[i + 1], argv + i + 1);
  std::perror("refuse: exec");
  return 2;
}
