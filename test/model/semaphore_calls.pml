// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What the threads of semaphore_core.pml call.

// What a call does when it has ended.
inline leave_call()
{
  returned = returned + is_starting;
  is_starting = false;
  seen = 0; w = 0; n = 0; match = 0; flags = 0
}

// waiter_queue::enter(), when it succeeds.
inline enter(next)
{
  assert(server == 0);
  server = me;
  word = (next) | SERVING;
  seen = word
}

// Permits come back, to the object of which they are.
inline bring(n)
{
  assert(GENERATION(word) == match);
  free = free + n
}

// sync_service::deliver(): the handler is called.
inline deliver(w)
{
  TOUCH_WAITER(w);
  deliveries[w]++;
  owned[w] = (hands_back && result[w] == granted);
  must_destroy = (ending == destroy_in_handler &&
      deliveries[1] + deliveries[2] == 2)
}

// releases: how often it releases by itself.
proctype thread(byte me, releases)
{
  // What it has done: the calls of its own, and what handlers leave to do.
  bool is_started, is_starting, has_ended, has_signalled[3];
  bool owned[3], must_destroy;

  // Locals of the functions.
  short seen;
  byte seen_link, seen_state, w, n, match, flags, node, list, tags, above;
  byte taken, owed;
  bool has_paid, is_empty;
  mtype todo;
#ifdef BUG_CANCELLED_HEAD_BLOCKS
  bool must_not_settle;
#endif

  // completions.
  bool ready[3], dead[3], retired;

next_call:
  if
  :: owned[1] ->
    d_step { owned[1] = false; n = COUNT(1); match = generation[1] };
    goto give
  :: !owned[1] && owned[2] ->
    d_step { owned[2] = false; n = COUNT(2); match = generation[2] };
    goto give
  :: !owned[1] && !owned[2] && must_destroy ->
    must_destroy = false;
    goto tag_retire
  :: !owned[1] && !owned[2] && !must_destroy && me <= 2 && !is_started ->
    d_step { is_started = true; is_starting = true; w = me };
    goto acquire
  :: !owned[1] && !owned[2] && !must_destroy && releases > 0 ->
    d_step {
      releases--;
      n = (me == LAST -> 4 : 1);
      match = (me == LAST -> GENERATION(word) : 0)
    };
    goto give
  :: !owned[1] && !owned[2] && !must_destroy && me == CANCELLER -> skip
  :: else -> goto end_of_thread
  fi;
  if
  :: has_slot[1] && !has_signalled[1] && memory[1] != unborn ->
    d_step { has_signalled[1] = true; w = 1 };
    goto signal
  :: has_slot[2] && !has_signalled[2] && memory[2] != unborn ->
    d_step { has_signalled[2] = true; w = 2 };
    goto signal
  :: !has_ended && ending == cancel_all -> has_ended = true; goto tag_cancel
  // semaphore_core::close().
  :: !has_ended && ending == close ->
    d_step { has_ended = true; flags = CLOSED };
    goto ring
  :: !has_ended && ending == reduce ->
    d_step { has_ended = true; n = 1 };
    goto reduce_by_one
  // Nobody else may use the object then.
  :: !has_ended && ending == destroy && returned == 2 ->
    has_ended = true;
    goto tag_retire
  :: (!has_slot[1] || has_signalled[1]) && (!has_slot[2] || has_signalled[2]) &&
      (has_ended || ending == nothing || ending == destroy_in_handler) ->
    goto end_of_thread
  fi;

  // start_acquire() with semaphore_core::try_acquire_if_open().
#ifdef BUG_BARGE_SERVING
# define BLOCKERS (CLOSED | WAITERS | DEBT)
#else
# ifdef BUG_BARGE_WAITERS
#  define BLOCKERS (CLOSED | SERVING | DEBT)
# else
#  define BLOCKERS (CLOSED | BUSY)
# endif
#endif
#define CAN_TAKE(s, n) (!((s) & BLOCKERS) && PERMITS(s) >= n)
acquire:
  atomic {
    seen = word;
    if :: !CAN_TAKE(seen, COUNT(w)) -> goto refused :: else fi
  };
  do
  :: atomic { word == seen ->
      d_step {
        // Nobody is overtaken.
        assert(queued == 0);
        word = word - COUNT(w) * PERMIT;
        assert(free >= COUNT(w));
        free = free - COUNT(w);
        result[w] = granted;
        generation[w] = GENERATION(word);
        memory[w] = needless;
        deliver(w);
        leave_call()
      };
      goto next_call
    }
  :: atomic { word != seen ->
      seen = word;
      if :: !CAN_TAKE(seen, COUNT(w)) -> goto refused :: else fi
    }
  od;
  // semaphore_core::is_closed(), and attach_cancellation().
refused:
  if
  :: atomic { word & CLOSED ->
      d_step {
        result[w] = closed;
        memory[w] = needless;
        deliver(w);
        leave_call()
      };
      goto next_call
    }
  :: atomic { !(word & CLOSED) ->
      d_step {
        if
        :: has_slot[w] ->
          memory[w] = alive;
          has_cell[w] = true;
          state[w] = 2 * REFERENCE
        :: else -> memory[w] = needless
        fi
      }
    }
  fi;

  // waiter_queue::enqueue() with enter_if_free().
  atomic {
    seen = word;
    node = w;
    if :: seen & SERVING -> goto push :: else fi
  };
  do
  :: atomic { word == seen ->
      d_step { enter(seen); node = 0 };
      // append(): atomic only if the wait is cancelled.
      if
      :: has_cell[w] && IS_CANCELLED(w) -> break
      :: else -> d_step { append(w); w = 0 }; goto inside
      fi
    }
  :: atomic { word != seen ->
      seen = word;
      if :: seen & SERVING -> goto push :: else fi
    }
  od;
  atomic { d_step { append(w); w = 0 }; goto inside };

  // inbox::push(), by waiter_queue::enqueue() and cancel().
push:
  seen_link = head;
  do
  :: atomic { head == seen_link ->
      d_step {
        link[node] = seen_link;
        head = node;
        seen_link = 0;
        node = 0
      };
      break
    }
  :: atomic { head != seen_link -> seen_link = head }
  od;
#ifdef BUG_RING_BY_OLD_WORD
  if
  :: atomic { seen & DIRTY -> d_step { leave_call() }; goto next_call }
  :: else
  fi;
#endif
  goto ring;

  // waiter_queue::cancel_all() with inbox::set().
tag_cancel:
  head = head | CANCEL_TAG;
  goto ring;

  // waiter_queue::retire() with inbox::set(): the object's destructor.
tag_retire:
  head = head | RETIRE_TAG;
  goto ring;

  // semaphore_core::reduce(1) with try_acquire().
reduce_by_one:
  atomic {
    seen = word;
    if :: !CAN_TAKE(seen, n) -> goto owe :: else fi
  };
  do
  :: atomic { word == seen ->
      d_step { word = word - PERMIT; free--; leave_call() };
      goto next_call
    }
  :: atomic { word != seen ->
      seen = word;
      if :: !CAN_TAKE(seen, n) -> goto owe :: else fi
    }
  od;
  // debt_.fetch_add().
owe:
  debt++;
  flags = DEBT;
  goto ring;

  // cancellation: request(), or its destructor, which does not ask.
signal:
  if
  :: memory[w] == needless -> w = 0; goto next_call
  :: memory[w] != needless -> seen_state = DONE
  :: d_step { memory[w] != needless -> TOUCH_CELL(w); seen_state = state[w] }
  fi;
  do
  // cancellation_cell::request().
  :: atomic { !(seen_state & (TICKET | DONE)) && state[w] == seen_state ->
      d_step {
        TOUCH_CELL(w);
        state[w] = state[w] | TICKET;
        node = CELL_OF(w);
        seen_state = 0;
        w = 0
      };
      goto push
    }
  :: atomic { !(seen_state & (TICKET | DONE)) && state[w] != seen_state ->
      d_step { TOUCH_CELL(w); seen_state = state[w] }
    }
  // cancellation::release().
  :: atomic { seen_state & (TICKET | DONE) ->
      d_step {
        TOUCH_CELL(w);
        seen_state = 0;
        state[w] = state[w] - REFERENCE;
        if
#ifdef BUG_LATE_SIGNAL_FREES
        :: true -> free_cell(w)
#else
        :: state[w] < REFERENCE -> free_cell(w)
        :: else
#endif
        fi;
        leave_call()
      };
      goto next_call
    }
  od;

  // semaphore_core::give().
#ifdef BUG_ANY_GENERATION
# define IS_OURS(s) true
#else
# define IS_OURS(s) (GENERATION(s) == match)
#endif
give:
  seen = word;
  do
  :: atomic { !IS_OURS(seen) -> d_step { leave_call() }; goto next_call }
  // put().
  :: atomic { IS_OURS(seen) && !(seen & BUSY) && word == seen ->
      d_step { bring(n); word = word + n * PERMIT; leave_call() };
      goto next_call
    }
  // delegate().
  :: atomic { IS_OURS(seen) && (seen & SERVING) && word == seen ->
      d_step {
        bring(n);
        word = (word + n * PERMIT) | DIRTY;
        leave_call()
      };
      goto next_call
    }
  // enter().
  :: atomic { IS_OURS(seen) && (seen & BUSY) && !(seen & SERVING) &&
        word == seen ->
      d_step { bring(n); enter(word + n * PERMIT) };
      goto inside
    }
  :: atomic { IS_OURS(seen) && word != seen -> seen = word }
  od;

  // waiter_queue::ring().
ring:
  seen = word;
  do
  // delegate().
  :: atomic { (seen & SERVING) && word == seen ->
      d_step { word = word | flags | DIRTY; leave_call() };
      goto next_call
    }
  // enter().
  :: atomic { !(seen & SERVING) && word == seen ->
#ifdef BUG_RING_WITHOUT_ENTERING
      d_step { word = word | flags | DIRTY; leave_call() };
      goto next_call
#else
      d_step { enter(word | flags); flags = 0 };
      goto inside
#endif
    }
  :: atomic { word != seen -> seen = word }
  od;

inside:
  serve();
  goto next_call;

end_of_thread:
  skip
}
