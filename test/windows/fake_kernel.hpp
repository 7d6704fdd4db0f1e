// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Wait packets in place of the kernel's: some that do what it would do, and
// some that do not do what they say.

#ifndef ASIO_SYNC_TEST_WINDOWS_FAKE_KERNEL_HPP
#define ASIO_SYNC_TEST_WINDOWS_FAKE_KERNEL_HPP

#include <asio_sync/detail/win_wait_packet.hpp>

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace windows_test {

using asio_sync::detail::wait_packet_functions;

// Boost.Test checks nothing in several threads.
inline void must_be(bool condition)
{
  if (!condition)
    std::terminate();
}

// What the kernel would do, in a thread of this process.
class fake_kernel
{
public:
  static fake_kernel& instance()
  {
    static fake_kernel kernel;
    return kernel;
  }

  static const wait_packet_functions* functions()
  {
    static const wait_packet_functions all{
        &fake_kernel::create, &fake_kernel::associate, &fake_kernel::cancel};
    return &all;
  }

  ~fake_kernel()
  {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      is_over_ = true;
    }
    is_needed_.notify_one();
    thread_.join();
  }

private:
  using status = wait_packet_functions::status;

  static constexpr status cancelled = status(0xc0000120);
  static constexpr status invalid = status(0xc000000d);

  struct association
  {
    HANDLE packet;
    HANDLE port;
    HANDLE object;
    void* overlapped;
  };

  // The packet is an event, so that it has a handle to close.
  static status WINAPI create(HANDLE* packet, ACCESS_MASK, void*)
  {
    *packet = ::CreateEventW(nullptr, TRUE, FALSE, nullptr);
    return *packet != nullptr ? wait_packet_functions::success : invalid;
  }

  static status WINAPI associate(HANDLE packet, HANDLE port, HANDLE object,
      void* /*key*/, void* overlapped, status, ULONG_PTR,
      BOOLEAN* was_signalled)
  {
    auto& self = instance();
    const std::lock_guard<std::mutex> lock(self.mutex_);
    const association wanted{packet, port, object, overlapped};
    *was_signalled = try_post(wanted);
    if (!*was_signalled)
    {
      self.associations_.push_back(wanted);
      self.is_needed_.notify_one();
    }
    return wait_packet_functions::success;
  }

  static status WINAPI cancel(HANDLE packet, BOOLEAN removes_signalled)
  {
    must_be(!removes_signalled);
    auto& self = instance();
    const std::lock_guard<std::mutex> lock(self.mutex_);
    for (association& each : self.associations_)
      if (each.packet == packet)
      {
        each = self.associations_.back();
        self.associations_.pop_back();
        return wait_packet_functions::success;
      }
    return cancelled;
  }

  static bool try_post(const association& a)
  {
    return ::WaitForSingleObject(a.object, 0) == WAIT_OBJECT_0
        && ::PostQueuedCompletionStatus(
            a.port, 0, 0, static_cast<OVERLAPPED*>(a.overlapped));
  }

  // Requires: the mutex is locked.
  void post_all()
  {
    for (std::size_t i = 0; i != associations_.size();)
      if (try_post(associations_[i]))
      {
        associations_[i] = associations_.back();
        associations_.pop_back();
      }
      else
      {
        ++i;
      }
  }

  void run()
  {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!is_over_)
    {
      is_needed_.wait(
          lock, [this] { return is_over_ || !associations_.empty(); });
      post_all();
      lock.unlock();
      std::this_thread::yield();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::vector<association> associations_;
  std::condition_variable is_needed_;
  bool is_over_ = false;
  std::thread thread_{[this] { run(); }};
};

// Functions that do not do what they say.
class lies
{
public:
  using status = wait_packet_functions::status;

  static constexpr status invalid = status(0xc000000d);

  static status WINAPI create_nothing(HANDLE*, ACCESS_MASK, void*)
  {
    return invalid;
  }

  static status WINAPI associate_nothing(
      HANDLE, HANDLE, HANDLE, void*, void*, status, ULONG_PTR, BOOLEAN*)
  {
    return wait_packet_functions::success;
  }

  static status WINAPI fail_to_associate(
      HANDLE, HANDLE, HANDLE, void*, void*, status, ULONG_PTR, BOOLEAN*)
  {
    return invalid;
  }

  // Whether the object is signalled or not.
  static status WINAPI post_anyway(HANDLE, HANDLE port, HANDLE, void*,
      void* overlapped, status, ULONG_PTR, BOOLEAN*)
  {
    return post(port, overlapped);
  }

  // The truth, so that a cancellation can lie.
  static status WINAPI remember_port(HANDLE packet, HANDLE port, HANDLE object,
      void* key, void* overlapped, status io_status, ULONG_PTR information,
      BOOLEAN* was_signalled)
  {
    port_ = port;
    overlapped_ = overlapped;
    return fake_kernel::functions()->associate(packet, port, object, key,
        overlapped, io_status, information, was_signalled);
  }

  static status WINAPI deny(HANDLE packet, BOOLEAN removes_signalled)
  {
    (void)fake_kernel::functions()->cancel(packet, removes_signalled);
    return invalid;
  }

  static status WINAPI pretend(HANDLE packet, BOOLEAN removes_signalled)
  {
    (void)fake_kernel::functions()->cancel(packet, removes_signalled);
    return wait_packet_functions::success;
  }

  static status WINAPI post_what_is_cancelled(
      HANDLE packet, BOOLEAN removes_signalled)
  {
    const status s =
        fake_kernel::functions()->cancel(packet, removes_signalled);
    return s == wait_packet_functions::success ? post(port_, overlapped_) : s;
  }

  static status WINAPI remove_from_port(
      HANDLE packet, BOOLEAN removes_signalled)
  {
    const status s =
        fake_kernel::functions()->cancel(packet, removes_signalled);
    DWORD bytes = 0;
    ULONG_PTR key = 0;
    OVERLAPPED* removed = nullptr;
    ::GetQueuedCompletionStatus(port_, &bytes, &key, &removed, 0);
    return s;
  }

private:
  static status post(HANDLE port, void* overlapped)
  {
    return ::PostQueuedCompletionStatus(
               port, 0, 0, static_cast<OVERLAPPED*>(overlapped))
        ? wait_packet_functions::success
        : invalid;
  }

  static inline HANDLE port_ = nullptr;
  static inline void* overlapped_ = nullptr;
};

} // namespace windows_test

#endif // ASIO_SYNC_TEST_WINDOWS_FAKE_KERNEL_HPP
