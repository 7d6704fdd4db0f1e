// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_WIN_WAIT_PACKET_HPP
#define ASIO_SYNC_DETAIL_WIN_WAIT_PACKET_HPP

#include <asio_sync/detail/asio.hpp>

#if ASIO_SYNC_HAS_IOCP

# include <atomic>
# include <cstdint>
# include <cstring>
# include <memory>
# include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// The functions of ntdll, from Windows 8 on, that have the kernel post a packet
// when an object is signalled. No header has them; their signatures are those
// of the native API headers of System Informer (phnt).
struct wait_packet_functions
{
  using status = LONG;

  static constexpr status success = 0;

  status(WINAPI* create)(HANDLE* packet, ACCESS_MASK access, void* attributes);
  status(WINAPI* associate)(HANDLE packet, HANDLE port, HANDLE object,
      void* key, void* overlapped, status io_status, ULONG_PTR information,
      BOOLEAN* was_signalled);
  status(WINAPI* cancel)(HANDLE packet, BOOLEAN removes_signalled);
};

// Owns a handle.
struct win_handle_closer
{
  using pointer = HANDLE;

  void operator()(HANDLE handle) const noexcept
  {
    ::CloseHandle(handle);
  }
};

using win_handle = std::unique_ptr<HANDLE, win_handle_closer>;

// Find a function of ntdll. Returns false, with nothing changed, if there is
// none of that name.
template <typename Function>
bool find_in_ntdll(Function& function, const char* name) noexcept
{
  const HMODULE ntdll = ::GetModuleHandleW(L"ntdll.dll");
  const auto found = ntdll != nullptr ? ::GetProcAddress(ntdll, name) : nullptr;
  static_assert(sizeof(function) == sizeof(found));
  if (found == nullptr)
    return false;
  std::memcpy(&function, &found, sizeof(function));
  return true;
}

inline error_code to_error_code(wait_packet_functions::status status) noexcept
{
  ULONG(WINAPI * convert)(wait_packet_functions::status) = nullptr;
  const ULONG error = find_in_ntdll(convert, "RtlNtStatusToDosError")
      ? convert(status)
      : ERROR_GEN_FAILURE;
  return error_code(int(error), sys::system_category());
}

// Whether a port gets a packet for an event that is set, and none for one that
// is not, or after a cancellation, which leaves alone what is in the port. Some
// systems export functions of these names that do nothing.
inline bool test_wait_packet(const wait_packet_functions& functions) noexcept
{
  constexpr ACCESS_MASK all_access = 1;
  constexpr DWORD second = 1000, moment = 10;

  const win_handle port(
      ::CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 1));
  const win_handle event(::CreateEventW(nullptr, TRUE, FALSE, nullptr));
  HANDLE created = nullptr;
  if (!port || !event
      || functions.create(&created, all_access, nullptr)
          != wait_packet_functions::success)
    return false;
  const win_handle packet(created);

  OVERLAPPED overlapped{};
  const auto gets_packet = [&](DWORD timeout) {
    DWORD bytes = 0;
    ULONG_PTR key = 0;
    OVERLAPPED* got = nullptr;
    return ::GetQueuedCompletionStatus(port.get(), &bytes, &key, &got, timeout)
        && got == &overlapped;
  };
  const auto associate = [&] {
    BOOLEAN was_signalled = FALSE;
    return functions.associate(packet.get(), port.get(), event.get(), nullptr,
               &overlapped, 0, 0, &was_signalled)
        == wait_packet_functions::success;
  };

  const auto cancel = [&] {
    return functions.cancel(packet.get(), FALSE)
        == wait_packet_functions::success;
  };

  const bool waits = associate() && !gets_packet(moment)
      && ::SetEvent(event.get()) && gets_packet(second);
  const bool stays = waits && associate() && !cancel() && gets_packet(second);
  return stays && ::ResetEvent(event.get()) && associate() && cancel()
      && ::SetEvent(event.get()) && !gets_packet(moment);
}

inline const wait_packet_functions* find_wait_packet() noexcept
{
  static wait_packet_functions functions{};
  const bool is_complete =
      find_in_ntdll(functions.create, "NtCreateWaitCompletionPacket")
      && find_in_ntdll(functions.associate, "NtAssociateWaitCompletionPacket")
      && find_in_ntdll(functions.cancel, "NtCancelWaitCompletionPacket");
  return is_complete && test_wait_packet(functions) ? &functions : nullptr;
}

// The system's functions; null if it does not have them, or they do not work.
inline const wait_packet_functions* system_wait_packet() noexcept
{
  static const wait_packet_functions* const found = find_wait_packet();
  return found;
}

// The port of an event loop, which Asio keeps to itself. An explicit
// instantiation may name what is private (C++17, 17.7.2/12). Several
// translation units make the same one, which the standard does not like and
// linkers merge.
template <auto Member>
struct port_access
{
  friend HANDLE port_of(event_loop& loop) noexcept
  {
    return (loop.*Member).handle;
  }
};

HANDLE port_of(event_loop& loop) noexcept;

template struct port_access<&event_loop::iocp_>;

// A wait for an object of the kernel, such as an event or a semaphore: one at a
// time, which completes an operation of an event loop. By a wait packet, if
// there are any, else by RegisterWaitForSingleObject.
//
// Neither loses what the object gave. A packet that is in the port when its
// wait is cancelled stays there: the operation completes. A registered wait is
// never taken back, as the thread that waits may have what the object gave
// already: Wine drops it, and Windows does not say. It is left to itself,
// joined by the next start(), and gives back what it gets if nobody waits.
class win_wait_packet
{
public:
  // Undo what a wait that was satisfied did to the object.
  using give_back_func = void (*)(HANDLE object) noexcept;

  // A duplicate of the object's handle is kept, which must allow to wait and to
  // give back. functions: null for registered waits.
  win_wait_packet(event_loop& loop, HANDLE object, give_back_func give_back,
      const wait_packet_functions* functions = system_wait_packet())
    : loop_(loop),
      functions_(functions)
  {
    win_handle kept = duplicate(object);
    if (functions_ == nullptr)
    {
      registered_ =
          std::make_shared<registered_wait>(loop, std::move(kept), give_back);
      return;
    }
    object_ = std::move(kept);

    constexpr ACCESS_MASK all_access = 1;
    HANDLE created = nullptr;
    const auto status = functions_->create(&created, all_access, nullptr);
    if (status != wait_packet_functions::success)
      throw_error(to_error_code(status), "wait_packet");
    packet_.reset(created);
  }

  win_wait_packet(const win_wait_packet&) = delete;
  win_wait_packet& operator=(const win_wait_packet&) = delete;

  // Requires: no operation waits.
  ~win_wait_packet() = default;

  // Have an operation completed when the object is signalled. It counts as work
  // from now on, so the end of the event loop waits for it: cancel it before.
  // If the end finds it in the port and destroys it, it must give back what it
  // got. If there is an error, it belongs to the caller, as after cancel().
  // Requires: no operation waits, no call is under way, and the operation is
  // fresh or was reset.
  error_code start(operation& op) noexcept
  {
    loop_.work_started();
    return registered_ != nullptr ? registered_->start(op) : associate(op);
  }

  // Take the operation back, which then belongs to the caller, and still counts
  // as work. Returns false if it completes: the object was signalled. Requires:
  // start() has returned, and no cancellation is under way.
  bool cancel() noexcept
  {
    if (registered_ != nullptr)
      return registered_->cancel();
    return functions_->cancel(packet_.get(), FALSE)
        == wait_packet_functions::success;
  }

private:
  //   state_    | registered | the operation | and becomes, when
  //   ----------+------------+---------------+------------------------------
  //   idle      | no         | none          | starting: start()
  //   starting  | just now   | waits         | waiting: it is registered;
  //             |            |               | fired: signalled;
  //             |            |               | idle: it can not be registered
  //   fired     | no more    | is due        | idle: start() posts it
  //   waiting   | yes        | waits         | idle: signalled, and posted;
  //             |            |               | abandoned: cancel()
  //   abandoned | yes        | none          | starting: start();
  //             |            |               | idle: signalled, and given back
  //
  // Changes are acq_rel, or acquire if they fail: whoever makes the next one
  // sees what was written before the last one.
  class registered_wait : public std::enable_shared_from_this<registered_wait>
  {
  public:
    registered_wait(
        event_loop& loop, win_handle object, give_back_func give_back) noexcept
      : loop_(loop),
        object_(std::move(object)),
        give_back_(give_back)
    {
    }

    ~registered_wait()
    {
      unregister();
    }

    error_code start(operation& op) noexcept
    {
      op_ = &op;
      if (!change(state::abandoned, state::starting))
      {
        // Relaxed: it is idle, and nobody else changes that.
        state_.store(state::starting, std::memory_order_relaxed);
        if (const error_code ec = register_wait())
        {
          state_.store(state::idle, std::memory_order_relaxed);
          return ec;
        }
      }
      if (!change(state::starting, state::waiting))
      {
        state_.store(state::idle, std::memory_order_relaxed);
        loop_.post_deferred_completion(&op);
      }
      return {};
    }

    bool cancel() noexcept
    {
      return change(state::waiting, state::abandoned);
    }

  private:
    enum class state
    {
      idle,
      starting,
      fired,
      waiting,
      abandoned
    };

    error_code register_wait() noexcept
    {
      unregister();
      self_ = shared_from_this();
      if (::RegisterWaitForSingleObject(&wait_, object_.get(),
              &registered_wait::signalled, this, INFINITE,
              WT_EXECUTEONLYONCE | WT_EXECUTEINWAITTHREAD))
        return {};
      const error_code ec = last_error();
      wait_ = nullptr;
      self_.reset();
      return ec;
    }

    // One that has been signalled.
    void unregister() noexcept
    {
      if (wait_ != nullptr)
        ::UnregisterWaitEx(std::exchange(wait_, nullptr), nullptr);
    }

    // In a thread of the system, once for each registration.
    static void CALLBACK signalled(void* self, BOOLEAN /*timed_out*/)
    {
      static_cast<registered_wait*>(self)->on_signal();
    }

    void on_signal() noexcept
    {
      const auto keeps_this = std::move(self_);
      for (;;)
      {
        if (change(state::starting, state::fired))
          return;
        if (change(state::waiting, state::idle))
          return loop_.post_deferred_completion(op_);
        if (change(state::abandoned, state::idle))
          return give_back_(object_.get());
      }
    }

    bool change(state from, state to) noexcept
    {
      return state_.compare_exchange_strong(
          from, to, std::memory_order_acq_rel, std::memory_order_acquire);
    }

    event_loop& loop_;
    const win_handle object_;
    const give_back_func give_back_;
    operation* op_ = nullptr;
    HANDLE wait_ = nullptr;

    // Itself, while it is registered.
    std::shared_ptr<registered_wait> self_;

    std::atomic<state> state_{state::idle};
  };

  static win_handle duplicate(HANDLE object)
  {
    const HANDLE process = ::GetCurrentProcess();
    HANDLE made = nullptr;
    if (!::DuplicateHandle(
            process, object, process, &made, 0, FALSE, DUPLICATE_SAME_ACCESS))
      throw_error(last_error(), "wait_packet");
    return win_handle(made);
  }

  static error_code last_error() noexcept
  {
    return error_code(int(::GetLastError()), sys::system_category());
  }

  error_code associate(operation& op) noexcept
  {
    BOOLEAN was_signalled = FALSE;
    const auto status =
        functions_->associate(packet_.get(), port_of(loop_), object_.get(),
            nullptr, static_cast<OVERLAPPED*>(&op), 0, 0, &was_signalled);
    if (status != wait_packet_functions::success)
      return to_error_code(status);

    // The packet may be there before this.
    loop_.on_pending(&op);
    return {};
  }

  event_loop& loop_;
  const wait_packet_functions* const functions_;
  win_handle object_;
  win_handle packet_;
  std::shared_ptr<registered_wait> registered_;
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_HAS_IOCP

#endif // ASIO_SYNC_DETAIL_WIN_WAIT_PACKET_HPP
