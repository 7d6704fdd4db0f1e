// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_TEST_MODEL_FIBER_HPP
#define ASIO_SYNC_TEST_MODEL_FIBER_HPP

#include <setjmp.h>
#include <ucontext.h>

#include <vector>

#if defined(__has_feature)
# if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#  define ASIO_SYNC_MODEL_IS_SANITIZED 1
# endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
# define ASIO_SYNC_MODEL_IS_SANITIZED 1
#endif

namespace model {

// What can be left in the middle, and gone on with: a stack of its own, or that
// of main().
//
// swapcontext() calls the kernel for the signal mask, which would take most of
// the time of an exploration, so it is used only where _longjmp() to another
// stack is taken for an error: with sanitizers, and with fortified sources.
class fiber
{
public:
  fiber() = default;
  fiber(const fiber&) = delete;
  fiber& operator=(const fiber&) = delete;

  // Make it one that calls a function, which must not return.
  void prepare(void (*run)())
  {
    stack_.resize(64 * 1024);
    getcontext(&context_);
    context_.uc_stack.ss_sp = stack_.data();
    context_.uc_stack.ss_size = stack_.size();
    context_.uc_link = nullptr;
    makecontext(&context_, run, 0);
    is_entered_ = false;
  }

  // Leave the running fiber, which is this one, and go on with another.
  // Returns when somebody goes on with this one.
  void switch_to(fiber& next)
  {
#if defined(ASIO_SYNC_MODEL_IS_SANITIZED) \
    || (defined(__USE_FORTIFY_LEVEL) && __USE_FORTIFY_LEVEL > 0)
    swapcontext(&context_, &next.context_);
#else
    if (_setjmp(place_) != 0)
      return;
    is_entered_ = true;
    if (next.is_entered_)
      _longjmp(next.place_, 1);
    setcontext(&next.context_);
#endif
  }

private:
  ucontext_t context_;
  [[maybe_unused]] jmp_buf place_;
  bool is_entered_ = false;
  std::vector<char> stack_;
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_FIBER_HPP
