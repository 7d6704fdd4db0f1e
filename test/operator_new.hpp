// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// An operator new that tells a test of what it is asked for. Include it first,
// and once in a program: it also makes Asio allocate so.

#ifndef ASIO_SYNC_TEST_OPERATOR_NEW_HPP
#define ASIO_SYNC_TEST_OPERATOR_NEW_HPP

#define ASIO_DISABLE_STD_ALIGNED_ALLOC
#define BOOST_ASIO_DISABLE_BOOST_ALIGN
#define BOOST_ASIO_DISABLE_STD_ALIGNED_ALLOC

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdlib>
#include <new>

#if defined(_WIN32)
# include <malloc.h>
#endif

// Clang does not let a program replace that of ThreadSanitizer.
#define ASIO_SYNC_TEST_HAS_OPERATOR_NEW 1
#if defined(__has_feature)
# if __has_feature(thread_sanitizer)
#  undef ASIO_SYNC_TEST_HAS_OPERATOR_NEW
#  define ASIO_SYNC_TEST_HAS_OPERATOR_NEW 0
# endif
#endif

namespace asio_test {

// Called for each allocation. Returns whether it may succeed.
inline bool (*on_allocation)() = [] { return true; };

// A precondition of tests that need to be told.
inline boost::test_tools::assertion_result is_told_of_allocations(
    boost::unit_test::test_unit_id)
{
  return ASIO_SYNC_TEST_HAS_OPERATOR_NEW != 0;
}

} // namespace asio_test

#if ASIO_SYNC_TEST_HAS_OPERATOR_NEW

// Not inlined, or GCC sees malloc() and free() where it expects their pair.
# if defined(__GNUC__)
#  define ASIO_SYNC_TEST_NOINLINE __attribute__((noinline))
# else
#  define ASIO_SYNC_TEST_NOINLINE
# endif

ASIO_SYNC_TEST_NOINLINE void* operator new(std::size_t size)
{
  void* const memory = asio_test::on_allocation() ? std::malloc(size) : nullptr;
  if (memory == nullptr)
    throw std::bad_alloc();
  return memory;
}

ASIO_SYNC_TEST_NOINLINE void operator delete(void* memory) noexcept
{
  std::free(memory);
}

ASIO_SYNC_TEST_NOINLINE void operator delete(void* memory, std::size_t) noexcept
{
  std::free(memory);
}

ASIO_SYNC_TEST_NOINLINE void* operator new(
    std::size_t size, std::align_val_t alignment)
{
  const auto align = std::size_t(alignment);
  void* memory = nullptr;
  if (asio_test::on_allocation())
# if defined(_WIN32)
    memory = ::_aligned_malloc(size, align);
# else
    memory = std::aligned_alloc(align, (size + align - 1) / align * align);
# endif
  if (memory == nullptr)
    throw std::bad_alloc();
  return memory;
}

ASIO_SYNC_TEST_NOINLINE void operator delete(
    void* memory, std::align_val_t) noexcept
{
# if defined(_WIN32)
  ::_aligned_free(memory);
# else
  std::free(memory);
# endif
}

ASIO_SYNC_TEST_NOINLINE void operator delete(
    void* memory, std::size_t, std::align_val_t alignment) noexcept
{
  operator delete(memory, alignment);
}

#endif

#endif // ASIO_SYNC_TEST_OPERATOR_NEW_HPP
