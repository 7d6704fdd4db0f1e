// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_TEST_MODEL_SCHEDULE_HPP
#define ASIO_SYNC_TEST_MODEL_SCHEDULE_HPP

#include "model/strategy.hpp"

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

namespace model {

// One execution, written down.
//
//   character          | says
//   -------------------+------------------------------------------------------
//   letter, first of   | what the scenario chose: a for the first possibility
//   all                |
//   digit              | which thread makes the next step
//   letter, behind a   | the step reads an older value: a for the one before
//   digit              | the newest
class schedule
{
public:
  // Loads don't look further back.
  static constexpr int max_age = 26;

  void add_choice(int chosen)
  {
    text_ += char('a' + chosen);
  }

  void add_step(int thread)
  {
    text_ += char('0' + thread);
  }

  void add_age(int age)
  {
    if (age != 0)
      text_ += char('a' + age - 1);
  }

  void clear()
  {
    text_.clear();
  }

  const std::string& text() const
  {
    return text_;
  }

private:
  std::string text_;
};

// Makes the execution that a schedule describes, up to where that ends.
class repetition final : public strategy
{
public:
  // Throws std::invalid_argument if that is no schedule.
  explicit repetition(std::string schedule)
    : text_(std::move(schedule))
  {
    for (const char c : text_)
      if (!is_letter(c) && !is_thread(c))
        throw std::invalid_argument(
            "not a schedule: " + text_ + ": it has a '" + c + "'");
  }

  void begin() override
  {
    position_ = 0;
    problem_.clear();
  }

  int pick(int, unsigned enabled, const operations&) override
  {
    if (position_ == text_.size())
      return give_up("it ends before the threads do");
    if (!is_thread(text_[position_]))
      return give_up("there is no other value to read");
    const int thread = text_[position_] - '0';
    if ((enabled & (1u << thread)) == 0)
      return give_up("that thread is not there any more");
    ++position_;
    return thread;
  }

  int choose_value(int count) override
  {
    if (is_at_end() || !is_letter(text_[position_]))
      return 0;
    const int age = text_[position_] - 'a' + 1;
    if (age >= count)
      return 0; // pick() finds it
    ++position_;
    return age;
  }

  int choose(int count) override
  {
    const int chosen = is_at_end() ? count : text_[position_] - 'a';
    if (chosen < 0 || chosen >= count)
    {
      (void)give_up("the scenario chooses among others");
      return 0;
    }
    ++position_;
    return chosen;
  }

  bool next() override
  {
    return false;
  }

  std::string problem() const override
  {
    if (problem_.empty() && !is_at_end())
      return describe("the threads end before it does");
    return problem_;
  }

private:
  static bool is_letter(char c)
  {
    return c >= 'a' && c <= 'z';
  }

  static bool is_thread(char c)
  {
    return c >= '0' && c < '0' + max_threads;
  }

  bool is_at_end() const
  {
    return position_ == text_.size();
  }

  int give_up(const char* why)
  {
    if (problem_.empty())
      problem_ = describe(why);
    return nobody;
  }

  std::string describe(const char* why) const
  {
    return "not a schedule of this scenario: " + text_ + ": at position "
        + std::to_string(position_ + 1) + ", " + why;
  }

  const std::string text_;
  std::size_t position_ = 0;
  std::string problem_;
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_SCHEDULE_HPP
