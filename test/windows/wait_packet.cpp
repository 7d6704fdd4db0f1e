// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Asynchronous waits for a semaphore of the kernel: by registered waits, by
// wait packets that the system has, if it does, and by those that do what the
// kernel would do.

#include <asio_sync/detail/win_wait_packet.hpp>

#include "asio_test.hpp"
#include "windows/fake_kernel.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

namespace {

namespace net = asio_sync::net;
namespace detail = asio_sync::detail;
using asio_test::error_code;
using asio_test::system_error;
using detail::win_handle;
using detail::win_wait_packet;
using windows_test::fake_kernel;
using windows_test::lies;
using windows_test::must_be;
using windows_test::wait_packet_functions;

void release(HANDLE semaphore) noexcept
{
  ::ReleaseSemaphore(semaphore, 1, nullptr);
}

// A semaphore with a name, and the handle of somebody else who opened it.
struct named_semaphore
{
  // Of nobody else, and no other test.
  static std::wstring make_name()
  {
    static int number = 0;
    return L"asio_sync_" + std::to_wstring(::GetCurrentProcessId()) + L"_"
        + std::to_wstring(++number);
  }

  // Take a permit, which may be on its way back.
  bool take() const
  {
    return ::WaitForSingleObject(mine.get(), 10000) == WAIT_OBJECT_0;
  }

  bool is_empty() const
  {
    return ::WaitForSingleObject(mine.get(), 0) == WAIT_TIMEOUT;
  }

  const std::wstring name = make_name();
  win_handle mine{::CreateSemaphoreW(nullptr, 0, 1000000, name.c_str())};
  win_handle theirs{::OpenSemaphoreW(
      SEMAPHORE_MODIFY_STATE | SYNCHRONIZE, FALSE, name.c_str())};
};

// A wait for a semaphore: what an I/O object would have.
class party
{
public:
  party(net::io_context& ctx, HANDLE object,
      const wait_packet_functions* functions,
      win_wait_packet::give_back_func give_back = &release)
    : loop_(net::use_service<detail::event_loop>(ctx)),
      object_(object),
      give_back_(give_back),
      packet_(loop_, object, give_back, functions)
  {
  }

  // If that fails, it counts as aborted.
  error_code try_start()
  {
    const std::lock_guard<std::mutex> lock(calls_);
    operation_.reset();
    operation_.is_aborted = false;
    const error_code ec = packet_.start(operation_);
    if (ec)
      abort();
    return ec;
  }

  void start()
  {
    must_be(!try_start());
  }

  bool cancel()
  {
    const std::lock_guard<std::mutex> lock(calls_);
    if (!packet_.cancel())
      return false;
    abort();
    return true;
  }

  int granted() const
  {
    return granted_;
  }

  int aborted() const
  {
    return aborted_;
  }

  // To be started again, so many times.
  void repeat(int times)
  {
    left_ = times;
    start();
  }

private:
  struct operation : detail::operation
  {
    explicit operation(party& p)
      : detail::operation(&operation::do_complete),
        owner(p)
    {
    }

    static void do_complete(void* loop, detail::operation* base,
        const error_code& /*ec*/, std::size_t /*bytes*/)
    {
      auto* const self = static_cast<operation*>(base);
      if (loop != nullptr)
        self->owner.on_end();
      else if (!self->is_aborted)
        self->owner.give_back_(self->owner.object_);
    }

    party& owner;
    bool is_aborted = false;
  };

  void abort()
  {
    operation_.is_aborted = true;
    loop_.post_deferred_completion(&operation_);
  }

  void on_end()
  {
    ++(operation_.is_aborted ? aborted_ : granted_);
    if (left_ != 0)
    {
      --left_;
      start();
    }
  }

  detail::event_loop& loop_;
  const HANDLE object_;
  const win_wait_packet::give_back_func give_back_;

  // One call at a time.
  std::mutex calls_;
  win_wait_packet packet_;
  operation operation_{*this};
  std::atomic<int> granted_{0};
  std::atomic<int> aborted_{0};
  int left_ = 0;
};

// The ways to wait.
struct by_registered_wait
{
  static const wait_packet_functions* functions()
  {
    return nullptr;
  }
};

struct by_fake_packet
{
  static const wait_packet_functions* functions()
  {
    return fake_kernel::functions();
  }
};

struct by_what_the_system_has
{
  static const wait_packet_functions* functions()
  {
    return detail::system_wait_packet();
  }
};

using ways =
    std::tuple<by_registered_wait, by_fake_packet, by_what_the_system_has>;

template <typename Way>
struct fixture
{
  net::io_context ctx;
  named_semaphore semaphore;
  party waiting{ctx, semaphore.mine.get(), Way::functions()};
};

} // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(a_permit_completes_the_wait, Way, ways)
{
  fixture<Way> f;
  f.waiting.start();
  BOOST_TEST(f.ctx.poll() == 0u);
  release(f.semaphore.theirs.get());

  f.ctx.run();
  BOOST_TEST(f.waiting.granted() == 1);
  BOOST_TEST(f.semaphore.is_empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_permit_may_be_there_before, Way, ways)
{
  fixture<Way> f;
  release(f.semaphore.theirs.get());
  release(f.semaphore.theirs.get());
  f.waiting.start();

  f.ctx.run();
  BOOST_TEST(f.waiting.granted() == 1);
  BOOST_TEST(f.semaphore.take());
  BOOST_TEST(f.semaphore.is_empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_cancelled_wait_takes_no_permit, Way, ways)
{
  fixture<Way> f;
  f.waiting.start();
  BOOST_TEST(f.waiting.cancel());
  BOOST_TEST(!f.waiting.cancel());
  f.ctx.run();
  BOOST_TEST(f.waiting.aborted() == 1);

  release(f.semaphore.theirs.get());
  BOOST_TEST(f.semaphore.take());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_wait_may_begin_again, Way, ways)
{
  fixture<Way> f;
  for (int i = 1; i <= 3; ++i)
  {
    f.waiting.start();
    BOOST_TEST(f.waiting.cancel());
    f.ctx.run();
    f.ctx.restart();

    f.waiting.start();
    release(f.semaphore.theirs.get());
    f.ctx.run();
    f.ctx.restart();
    BOOST_TEST(f.waiting.aborted() == i);
    BOOST_TEST(f.waiting.granted() == i);
  }
  BOOST_TEST(f.semaphore.is_empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_was_granted_is_not_cancelled, Way, ways)
{
  fixture<Way> f;
  f.waiting.start();
  release(f.semaphore.theirs.get());
  while (!f.semaphore.is_empty())
  {
    // Give back what was taken to look.
    release(f.semaphore.mine.get());
    std::this_thread::yield();
  }

  const bool is_cancelled = f.waiting.cancel();
  f.ctx.run();
  BOOST_TEST(f.waiting.granted() + f.waiting.aborted() == 1);
  if (is_cancelled)
    BOOST_TEST(f.semaphore.take());
  else
    BOOST_TEST(f.waiting.granted() == 1);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(who_has_gone_takes_no_permit, Way, ways)
{
  named_semaphore semaphore;
  {
    net::io_context ctx;
    party gone(ctx, semaphore.mine.get(), Way::functions());
    gone.start();
    BOOST_TEST(gone.cancel());
    ctx.run();
  }
  release(semaphore.theirs.get());
  BOOST_TEST(semaphore.take());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_loop_ends_with_a_permit, Way, ways)
{
  named_semaphore semaphore;
  auto ctx = std::make_unique<net::io_context>();
  party waiting(*ctx, semaphore.mine.get(), Way::functions());
  waiting.start();
  release(semaphore.theirs.get());
  ctx.reset();

  BOOST_TEST(waiting.granted() == 0);
  BOOST_TEST(semaphore.take());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_event_completes_the_wait, Way, ways)
{
  net::io_context ctx;
  const win_handle event(::CreateEventW(nullptr, FALSE, FALSE, nullptr));
  party waiting(ctx, event.get(), Way::functions(),
      [](HANDLE given) noexcept { ::SetEvent(given); });
  waiting.start();
  BOOST_TEST(ctx.poll() == 0u);
  ::SetEvent(event.get());

  ctx.run();
  BOOST_TEST(waiting.granted() == 1);
  BOOST_TEST(::WaitForSingleObject(event.get(), 0) == DWORD(WAIT_TIMEOUT));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(no_permit_is_lost, Way, ways)
{
  constexpr int rounds = 2000;
  net::io_context ctx;
  named_semaphore semaphore;
  std::vector<std::unique_ptr<party>> parties;
  for (int i = 0; i < 4; ++i)
    parties.push_back(
        std::make_unique<party>(ctx, semaphore.mine.get(), Way::functions()));
  for (auto& each : parties)
    each->repeat(rounds);

  std::atomic<bool> is_over{false};
  std::atomic<int> released{0};
  std::thread releasing([&] {
    while (!is_over)
    {
      release(semaphore.theirs.get());
      ++released;
      std::this_thread::yield();
    }
  });
  std::thread cancelling([&] {
    std::minstd_rand random;
    while (!is_over)
    {
      parties[random() % parties.size()]->cancel();
      std::this_thread::yield();
    }
  });
  std::thread other([&] { ctx.run(); });
  ctx.run();
  other.join();
  is_over = true;
  releasing.join();
  cancelling.join();

  int granted = 0;
  int aborted = 0;
  for (auto& each : parties)
  {
    granted += each->granted();
    aborted += each->aborted();
  }
  BOOST_TEST(granted + aborted == 4 * (rounds + 1));
  for (int left = released - granted; left != 0; --left)
    BOOST_TEST_REQUIRE(semaphore.take());
  parties.clear();
  BOOST_TEST(semaphore.is_empty());
}

BOOST_AUTO_TEST_CASE(no_object_is_an_error)
{
  net::io_context ctx;
  for (const auto* functions :
      {by_registered_wait::functions(), by_fake_packet::functions()})
    BOOST_CHECK_THROW(party(ctx, nullptr, functions), system_error);
}

BOOST_AUTO_TEST_CASE(no_packet_is_an_error)
{
  net::io_context ctx;
  const named_semaphore semaphore;
  wait_packet_functions functions = *fake_kernel::functions();
  functions.create = &lies::create_nothing;
  BOOST_CHECK_EXCEPTION(party(ctx, semaphore.mine.get(), &functions),
      system_error, [](const system_error& e) {
        return e.code().value() == ERROR_INVALID_PARAMETER;
      });
}

BOOST_AUTO_TEST_CASE(a_start_that_fails_leaves_the_operation)
{
  net::io_context ctx;
  const named_semaphore semaphore;
  wait_packet_functions functions = *fake_kernel::functions();
  functions.associate = &lies::fail_to_associate;
  party waiting(ctx, semaphore.mine.get(), &functions);
  BOOST_TEST(waiting.try_start().value() == ERROR_INVALID_PARAMETER);

  ctx.run();
  BOOST_TEST(waiting.aborted() == 1);
  BOOST_TEST(waiting.granted() == 0);
}
