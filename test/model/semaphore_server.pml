// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What the server of semaphore_core.pml does.

// pooled_core::free_cell().
inline free_cell(w)
{
  TOUCH_CELL(w);
  memory[w] = freed;
  state[w] = 0;
  is_drained[w] = false
}

// waiter_queue::finish() with cancellation_cell::claim(). Atomic only if there
// is a cell.
inline finish(w, how)
{
  TOUCH_WAITER(w);
  result[w] = how;
  if
  :: has_cell[w] ->
    TOUCH_CELL(w);
    assert(!(state[w] & DONE));
    has_cell[w] = false;
    if
    :: state[w] & TICKET -> result[w] = aborted
    :: else
    fi;
    state[w] = state[w] + DONE - REFERENCE;
#ifdef BUG_CLAIM_FREES
    dead[w] = true
#else
    dead[w] = dead[w] || state[w] < REFERENCE
#endif
  :: else
  fi;
  ready[w] = true
}

// waiter_queue::take_out().
inline take_out(w, how)
{
  assert(queued > 0);
  if
  :: has_cell[w] -> TOUCH_CELL(w); is_queued[w] = false
  :: else
  fi;
  if
  :: fifo[0] == w -> fifo[0] = fifo[1]
  :: else -> assert(fifo[1] == w)
  fi;
  fifo[1] = 0;
  queued--;
  finish(w, how)
}

// waiter_queue::append().
#ifdef BUG_EARLY_TICKET_FORGOTTEN
# define IS_CANCELLED(w) false
#else
# define IS_CANCELLED(w) (has_cell[w] && is_drained[w])
#endif

inline append(w)
{
  TOUCH_WAITER(w);
  if
  :: retired || IS_CANCELLED(w) -> finish(w, aborted)
  :: else ->
    if
    :: has_cell[w] -> TOUCH_CELL(w); is_queued[w] = true
    :: else
    fi;
    fifo[queued] = w;
    queued++
  fi
}

// inbox::next() and tags_of(), in waiter_queue::drain().
inline next_node()
{
  node = list;
  list = NODE(link[node]);
  tags = TAGS(link[node]);
  link[node] = 0
}

// semaphore_core::settle() for the oldest waiter, with grant_front().
#define CAN_FINISH ((seen & CLOSED) || COUNT(fifo[0]) <= PERMITS(seen) - taken)

inline settle_front()
{
  w = fifo[0];
  if
  :: seen & CLOSED -> take_out(w, closed)
  :: else ->
    generation[w] = GENERATION(seen);
    take_out(w, granted);
    if
#ifdef BUG_GRANT_LOST
    :: true -> taken = taken + COUNT(w)
#else
    :: result[w] == granted -> taken = taken + COUNT(w)
    :: else
#endif
    fi;
    if
    :: result[w] == granted -> assert(free >= COUNT(w)); free = free - COUNT(w)
    :: else
    fi
  fi;
  w = 0
}

// What the server does without an atomic, and then what it must do next. The
// order is that of waiter_queue::serve(): drain(), with obey() and accept(),
// then settle(), then leave().
mtype = { obeying, appending, accepting, paying, settling, leaving };

inline work()
{
  do
  :: tags && queued == 0 -> retired = retired || (tags & RETIRE_TAG); tags = 0
  :: tags && queued && !has_cell[fifo[0]] ->
    w = fifo[0]; take_out(w, aborted); w = 0
  :: tags && queued && has_cell[fifo[0]] -> todo = obeying; break
  :: !tags && list && IS_CELL(list) -> todo = accepting; break
  :: !tags && list && !IS_CELL(list) ->
    if
    :: has_cell[list] && (retired || IS_CANCELLED(list)) ->
      todo = appending; break
    :: else -> next_node(); append(node); node = 0
    fi
  :: !tags && !list && (seen & DEBT) && !has_paid -> todo = paying; break
  :: !tags && !list && (!(seen & DEBT) || has_paid) ->
    if
#ifdef BUG_CANCELLED_HEAD_BLOCKS
    :: must_not_settle -> todo = leaving; break
#endif
    :: queued && CAN_FINISH && has_cell[fifo[0]] -> todo = settling; break
    :: queued && CAN_FINISH && !has_cell[fifo[0]] -> settle_front()
    :: else -> todo = leaving; break
    fi
  od;
  assert(server == me)
}

// A thread that has entered, until it is out: waiter_queue::serve(). Every
// choice of the first loop but the last is an atomic of it. The caller's label,
// inside, is where a round begins.
inline serve()
{
  // waiter_queue::drain() with inbox::is_empty() and take().
  if
  :: atomic { head == 0 -> d_step { work() } }
  :: atomic { head != 0 -> skip };
    d_step {
      seen_link = head;
      head = 0;
      tags = TAGS(seen_link);
      do
      :: NODE(seen_link) ->
        node = NODE(seen_link);
        seen_link = link[node];
        link[node] = list | tags;
        list = node;
        tags = TAGS(seen_link)
      :: else -> break
      od;
      seen_link = 0;
      node = 0;
      work()
    }
  fi;

  do
  // obey(): finish_all().
  :: todo == obeying ->
    d_step { w = fifo[0]; take_out(w, aborted); w = 0; work() }
  // accept() of a waiter: append() of one that is cancelled.
  :: todo == appending ->
    d_step { next_node(); append(node); node = 0; work() }
  // accept() of a cell: take_out(), then release().
  :: todo == accepting ->
    d_step {
      above = TAGS(link[list]);
      next_node();
      tags = 0;
      w = OWNER(node);
      node = 0;
      TOUCH_CELL(w);
      if
      :: is_queued[w] -> take_out(w, aborted)
      :: else
      fi
    };
    d_step {
      TOUCH_CELL(w);
      is_drained[w] = true;
      state[w] = state[w] - REFERENCE;
      dead[w] = dead[w] || state[w] < REFERENCE;
      w = 0;
      tags = above;
      above = 0;
#ifdef BUG_CANCELLED_HEAD_BLOCKS
      must_not_settle = true;
#endif
      work()
    }
  // settle(): debt_.load(), then fetch_sub().
  :: todo == paying ->
    owed = debt;
    d_step {
      if
      :: owed > PERMITS(seen) -> owed = PERMITS(seen)
      :: else
      fi;
      debt = debt - owed;
      free = free - owed;
      taken = owed;
      owed = 0;
      has_paid = true;
      work()
    }
  // settle(): grant_front().
  :: todo == settling -> d_step { settle_front(); work() }
  :: todo == leaving -> break
  od;

  // waiter_queue::leave().
  do
#ifdef BUG_LEAVE_DESPITE_DIRTY
# define MUST_LOOK(s) false
#else
# define MUST_LOOK(s) ((s) & DIRTY)
#endif
  // Another round.
  :: atomic { MUST_LOOK(seen) && word == seen ->
      d_step {
        word = (seen - taken * PERMIT) & ~DIRTY;
        seen = word;
        taken = 0;
        has_paid = false;
#ifdef BUG_CANCELLED_HEAD_BLOCKS
        must_not_settle = false
#endif
      };
      goto inside
    }
  :: atomic { MUST_LOOK(seen) && word != seen -> seen = word }
  // inbox::is_empty().
  :: atomic { !MUST_LOOK(seen) -> is_empty = (queued == 0 && head == 0) };
    // semaphore_core::leaving(), or retired(): the debt. Without DEBT, the load
    // has no effect.
    if
    :: retired -> debt = 0
    :: !retired && (seen & DEBT) -> owed = debt
    :: else
    fi;
    if
#ifdef BUG_LEAVE_BY_STORE
    :: atomic { true ->
#else
    :: atomic { word == seen ->
#endif
        d_step {
          assert(server == me);
          server = 0;
          if
          :: retired ->
            word = (GENERATION(seen) + 1) * LIFE;
            free = 0
          :: else ->
            word = (seen - taken * PERMIT) &
                ~(SERVING | DIRTY | (owed == 0 -> WAITERS | DEBT : WAITERS));
            if
            :: is_empty
            :: else -> word = word | WAITERS
            fi
          fi;
          assert(PERMITS(word) == free);
          taken = 0; owed = 0; has_paid = false; is_empty = false; todo = 0;
#ifdef BUG_CANCELLED_HEAD_BLOCKS
          must_not_settle = false;
#endif
          // What batch does: sync_service::finish().
          do
          :: dead[1] -> free_cell(1); dead[1] = false
          :: !dead[1] && dead[2] -> free_cell(2); dead[2] = false
          :: !dead[1] && !dead[2] && ready[1] -> deliver(1); ready[1] = false
          :: !dead[1] && !dead[2] && !ready[1] && ready[2] ->
            deliver(2); ready[2] = false
          :: else -> break
          od;
          leave_call()
        };
        break
      }
    :: atomic { word != seen -> seen = word; owed = 0; is_empty = false }
    fi
  od;
  // recycle(), and then semaphore_core::open() for another object.
  if
  :: retired -> d_step { word = word + PERMIT; free++; retired = false }
  :: else
  fi
}
