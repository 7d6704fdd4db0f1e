// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_INBOX_HPP
#define ASIO_SYNC_DETAIL_INBOX_HPP

#include <asio_sync/detail/config.hpp>

#include <atomic>
#include <cstdint>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// What an inbox links: a waiter that wants to queue, or a cell whose waiter is
// to be cancelled. Aligned so that its address has room for tags.
class alignas(8) inbox_node
{
public:
  enum class kind : unsigned char
  {
    operation_waiter,
    thread_waiter,
    cell
  };

  explicit inbox_node(kind k) noexcept
    : kind_(k)
  {
  }

  inbox_node(const inbox_node&) = delete;
  inbox_node& operator=(const inbox_node&) = delete;

  kind get_kind() const noexcept
  {
    return kind_;
  }

private:
  template <template <typename> class>
  friend class inbox;

  // The next node and tags. Written by the thread that pushes, then by the one
  // that takes.
  std::uintptr_t link_ = 0;
  const kind kind_;
};

// A stack that any thread may push to, and that is emptied in one step. Nodes
// are never removed singly, so a reused address cannot be mistaken for the old
// one. Tags concern everything that was there when they were set.
//
//   head_   | meaning
//   --------+----------------------------------------------------------
//   null    | nothing was pushed
//   pointer | the newest node; following the links leads to the oldest
//   tags    | in the low bits, here and in the links: set on top of the
//           | node that is pointed to
template <template <typename> class Atomic>
class inbox
{
public:
  using tags = std::uintptr_t;

  static constexpr tags cancel_tag = 1;
  static constexpr tags retire_tag = 2;
  static constexpr tags notify_tag = 4;

  // What take() returns: all nodes, oldest first, and the tags that were set
  // before the oldest came.
  struct contents
  {
    inbox_node* oldest;
    tags first_tags;
  };

  inbox() = default;
  inbox(const inbox&) = delete;
  inbox& operator=(const inbox&) = delete;

  // The node belongs to who takes it.
  void push(inbox_node& node) noexcept
  {
    // Relaxed: a stale head only makes the exchange fail. Release pairs with
    // the acquire in take().
    std::uintptr_t head = head_.load(std::memory_order_relaxed);
    do
      node.link_ = head;
    while (!head_.compare_exchange_weak(head,
        reinterpret_cast<std::uintptr_t>(&node), std::memory_order_release,
        std::memory_order_relaxed));
  }

  // A tag may be obeyed before the caller has rung, and its object destroyed by
  // those whom it concerned. Release pairs with the acquire in take(): what the
  // caller did with the object comes before, here and below.
  void set(tags t) noexcept
  {
    head_.fetch_or(t, std::memory_order_release);
  }

  // As above, unless one of the others stands there already.
  void set_unless(tags others, tags t) noexcept
  {
    // Most often, nothing was pushed.
    std::uintptr_t head = 0;
    while ((head & others) == 0
        && !head_.compare_exchange_weak(head, head | t,
            std::memory_order_release, std::memory_order_relaxed))
    {
    }
  }

  // A snapshot, and relaxed as such: who relies on it has synchronised with
  // those who pushed.
  bool is_empty() const noexcept
  {
    return head_.load(std::memory_order_relaxed) == 0;
  }

  contents take() noexcept
  {
    // Every push is a read-modify-write, so this acquire pairs with the release
    // in each of them, not only in the last.
    std::uintptr_t link = head_.exchange(0, std::memory_order_acquire);

    // Reverse. A node keeps the tags that were set between it and the next.
    contents result{nullptr, link & all};
    while (inbox_node* const node = node_of(link))
    {
      link = node->link_;
      node->link_ =
          reinterpret_cast<std::uintptr_t>(result.oldest) | result.first_tags;
      result.oldest = node;
      result.first_tags = link & all;
    }
    return result;
  }

  // The next newer of the nodes that were taken.
  static inbox_node* next(const inbox_node& node) noexcept
  {
    return node_of(node.link_);
  }

  // The tags that were set after a node, which was taken, had been pushed, and
  // before the next newer.
  static tags tags_of(const inbox_node& node) noexcept
  {
    return node.link_ & all;
  }

private:
  static constexpr tags all = cancel_tag | retire_tag | notify_tag;
  static_assert(alignof(inbox_node) > all);

  static inbox_node* node_of(std::uintptr_t link) noexcept
  {
    return reinterpret_cast<inbox_node*>(link & ~all);
  }

  Atomic<std::uintptr_t> head_{0};
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_INBOX_HPP
