// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_TEST_MODEL_WATCHER_WORLD_HPP
#define ASIO_SYNC_TEST_MODEL_WATCHER_WORLD_HPP

#include <asio_sync/detail/watcher_inbox.hpp>

#include "model/atomic.hpp"
#include "model/explorer.hpp"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

namespace model {

using watched_state = asio_sync::detail::watched_state<atomic, plain_value>;
using watcher_inbox = asio_sync::detail::watcher_inbox<atomic, plain_value>;

// A wait, and what its owner knows of it.
struct watched_wait : watched_state
{
  plain word{"what is waited for"};
  plain cause{"what was done before a cancellation"};
  watcher_inbox* watcher = nullptr;
  bool is_cancelled = false;
  int starts = 0;
  int ends = 0;

  // What keeps the owner from starting it again: that the wait has not ended,
  // and that a thread has calls of it to make.
  int uses = 0;

  // What the owner does then, one after the other.
  std::vector<std::function<void()>> turns;
};

// A thread that watches, without a kernel. What it does with its table is what
// a futex_watcher does.
class watcher : public watcher_inbox
{
public:
  explicit watcher(std::function<void(watched_wait&)> ended)
    : ended_(std::move(ended))
  {
  }

  // Until nobody has rung meanwhile.
  void watch()
  {
    int heard = 0;
    do
    {
      heard = listen();
      drain();
      for (watched_wait* const w : watched_)
        w->word.read();
    }
    while (listen() != heard);
  }

  // As the kernel makes it do. Returns whether it was needed.
  bool watch_if_rung()
  {
    if (heard_ == rings_)
      return false;
    watch();
    return true;
  }

  // The kernel woke one of the words that are watched.
  void wake(watched_wait& w)
  {
    const auto place = std::find(watched_.begin(), watched_.end(), &w);
    if (place == watched_.end())
      return;
    watched_.erase(place);
    end(w);
  }

  bool watches(const watched_wait& w) const
  {
    return std::find(watched_.begin(), watched_.end(), &w) != watched_.end();
  }

private:
  void ring() noexcept override
  {
    (void)control_.enter();
    ++rings_;
  }

  int listen()
  {
    (void)control_.enter();
    return heard_ = rings_;
  }

  void drain()
  {
    watcher_inbox::drain([this](watched_state& shown, bool is_cancelled) {
      auto& w = static_cast<watched_wait&>(shown);
      w.word.read();
      require(w.watcher == this, "shown to another watcher");
      const auto place = std::find(watched_.begin(), watched_.end(), &w);
      if (is_cancelled)
      {
        require(w.is_cancelled, "cancelled by nobody");
        w.cause.read();
        if (place != watched_.end())
          watched_.erase(place);
        end(w);
      }
      else if (place == watched_.end())
      {
        watched_.push_back(&w);
      }
    });
  }

  void end(watched_wait& w)
  {
    w.end();
    ended_(w);
  }

  const std::function<void(watched_wait&)> ended_;
  std::vector<watched_wait*> watched_;
  gate control_;
  int rings_ = 0;
  int heard_ = 0;
};

// Two watchers, and who owns waits that they do.
class watcher_world
{
public:
  watcher_world() = default;
  watcher_world(const watcher_world&) = delete;
  watcher_world& operator=(const watcher_world&) = delete;
  virtual ~watcher_world() = default;

  // What the threads do. In the order of their numbers.
  virtual bodies threads() = 0;

  // Every start had one end, or has one when it is cancelled, and the waits can
  // be used again.
  virtual void check()
  {
    for (watched_wait* const w : {&one, &two})
    {
      finish(*w);
      for (watcher* const by : {&a, &b})
      {
        if (!is_over(*w))
          return;
        start(*w, *by);
        done(*w);
        finish(*w);
        cancel(*w);
      }
    }
  }

protected:
  // The calling thread makes calls of a wait until it is done with it.
  void start(watched_wait& w, watcher& by)
  {
    require(w.uses == 0 && w.starts == w.ends, "started before it ended");
    w.uses = 2;
    w.watcher = &by;
    w.word.write();
    w.is_cancelled = false;
    ++w.starts;
    w.start(by);
  }

  void cancel(watched_wait& w)
  {
    if (!std::exchange(w.is_cancelled, true))
      w.cause.write();
    w.cancel();
  }

  // Whoever is the last to come here, the end or who made calls, goes on.
  void done(watched_wait& w)
  {
    (void)owner_.enter();
    if (--w.uses != 0 || w.turns.empty())
      return;
    const auto next = std::move(w.turns.front());
    w.turns.erase(w.turns.begin());
    next();
  }

  // ... as was said before: starts the wait again, and cancels it so often.
  void then(watched_wait& w, watcher& by, int cancellations)
  {
    w.turns.push_back([this, &w, &by, cancellations] {
      start(w, by);
      for (int i = 0; i != cancellations; ++i)
        cancel(w);
      done(w);
    });
  }

  static bool is_over(const watched_wait& w)
  {
    return w.starts == w.ends;
  }

  // Requires: the threads have ended.
  void run_watchers()
  {
    while (a.watch_if_rung() || b.watch_if_rung())
    {
    }
  }

  watcher a{[this](watched_wait& ended) { told(ended); }};
  watcher b{[this](watched_wait& ended) { told(ended); }};
  watched_wait one;
  watched_wait two;

private:
  void told(watched_wait& ended)
  {
    ++ended.ends;
    require(ended.ends == ended.starts, "ended twice");
    require(!a.watches(ended) && !b.watches(ended), "watched after its end");
    done(ended);
  }

  // Have it end, and what its owner starts then.
  void finish(watched_wait& w)
  {
    run_watchers();
    for (int left = 10; left != 0 && !is_over(w); --left)
    {
      require(a.watches(w) != b.watches(w), "not watched by one watcher");
      cancel(w);
      run_watchers();
    }
    require(is_over(w), "a cancelled wait does not end");
  }

  gate owner_;
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_WATCHER_WORLD_HPP
