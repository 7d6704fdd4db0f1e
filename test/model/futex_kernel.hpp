// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_TEST_MODEL_FUTEX_KERNEL_HPP
#define ASIO_SYNC_TEST_MODEL_FUTEX_KERNEL_HPP

#include <asio_sync/detail/futex_wait.hpp>

#include "model/atomic.hpp"
#include "model/explorer.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace model {

using futex_word = atomic<std::uint32_t>;
using asio_sync::detail::futex_wait_result;

// A wait in the kernel.
struct kernel_wait
{
  enum class state
  {
    idle,
    // The kernel was told in a ring, and has not looked yet.
    started,
    queued,
    ended
  };

  const futex_word* word = nullptr;
  std::uint32_t expected = 0;
  state is = state::idle;
  futex_wait_result result = futex_wait_result::cancelled;
};

// What a kernel knows of those who wait for words. Everything is one step, in
// which who enters sees what those did who entered before; only a comparison is
// made before the step that ends it, and again if somebody entered meanwhile.
class kernel
{
public:
  void start(kernel_wait& w, const futex_word& word, std::uint32_t expected)
  {
    (void)gate_.enter();
    require(w.is == kernel_wait::state::idle, "started before it ended");
    w.word = &word;
    w.expected = expected;
    w.is = kernel_wait::state::started;
  }

  // Compare the word of a wait that was started, and queue it.
  void submit(kernel_wait& w)
  {
    for (;;)
    {
      const std::uint32_t visit = gate_.enter();
      if (w.is != kernel_wait::state::started)
        return;
      if (fails || is_dead(w.word))
        return end(w, futex_wait_result::failed);

      ++comparisons_;
      const bool differs =
          w.word->load(std::memory_order_relaxed) != w.expected;
      const bool is_undisturbed = gate_.enter_after(visit);
      --comparisons_;
      if (!is_undisturbed)
      {
        free_dead_words();
        continue;
      }

      if (differs)
        return end(w, futex_wait_result::differed);
      w.is = kernel_wait::state::queued;
      queue_.push_back(&w);
      return;
    }
  }

  void cancel(kernel_wait& w)
  {
    (void)gate_.enter();
    if (w.is == kernel_wait::state::queued)
      queue_.erase(std::find(queue_.begin(), queue_.end(), &w));
    if (w.is == kernel_wait::state::started
        || w.is == kernel_wait::state::queued)
      end(w, futex_wait_result::cancelled);
  }

  void wake(const void* word, std::size_t n)
  {
    (void)gate_.enter();
    for (auto i = queue_.begin(); i != queue_.end() && n != 0;)
    {
      kernel_wait& w = **i;
      if (w.word != word)
      {
        ++i;
        continue;
      }
      i = queue_.erase(i);
      end(w, futex_wait_result::woken);
      --n;
    }
  }

  // Take the result of a wait. Returns false if it has not ended.
  bool take_result(kernel_wait& w)
  {
    (void)gate_.enter();
    if (w.is != kernel_wait::state::ended)
      return false;
    w.is = kernel_wait::state::idle;
    return true;
  }

  // Nobody may touch a word any more; the kernel finds nothing there.
  void bury(const futex_word& word)
  {
    (void)gate_.enter();
    dead_.push_back(&word);
    if (comparisons_ == 0)
      free_dead_words();
  }

  bool is_dead(const futex_word* word) const
  {
    return std::find(dead_.begin(), dead_.end(), word) != dead_.end();
  }

  // Whether waits can not begin.
  bool fails = false;

private:
  static void end(kernel_wait& w, futex_wait_result how)
  {
    w.is = kernel_wait::state::ended;
    w.result = how;
  }

  void free_dead_words()
  {
    for (; freed_ != dead_.size(); ++freed_)
      explorer::current()->free(dead_[freed_], sizeof(futex_word));
  }

  gate gate_;
  std::vector<kernel_wait*> queue_;
  std::vector<const futex_word*> dead_;
  std::size_t freed_ = 0;
  int comparisons_ = 0;
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_FUTEX_KERNEL_HPP
