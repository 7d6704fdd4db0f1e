// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// A semaphore's core and the cells of its waiters, as a model for Spin: two
// threads that acquire, one that releases, one that cancels. test/model/spin.sh
// checks it; doc/design/verification.md says what it leaves out.
//
// A step is one access to an atomic of the code, with what belongs to the
// thread that does it: local variables, and the FIFO while it is the server.
// Comments name the function of the code that a step is part of. All accesses
// are sequentially consistent here; explorer.hpp is for weaker ones.
//
//   -D ENDS       the object may be closed, and so on: see ending
//   -D TWO_CELLS  both waits can be cancelled, else either one
//   -D BUG_...    a rule is broken, which Spin must find out

// The word, as in waiter_queue.hpp and semaphore_core.hpp, but with fewer bits
// for permits and generation.
#define WAITERS 1
#define SERVING 2
#define DIRTY   4
#define DEBT    8
#define CLOSED  16
#define PERMIT  32
#define LIFE    256

#define PERMITS(w)    (((w) >> 5) & 7)
#define GENERATION(w) ((w) >> 8)
#define BUSY          (WAITERS | SERVING | DEBT)

// The inbox, as in inbox.hpp. Waiters are the nodes 1 and 2, their cells the
// nodes 3 and 4. Links and the head carry tags.
#define CELL_OF(w) ((w) + 2)
#define OWNER(n)   ((n) - 2)
#define IS_CELL(n) ((n) > 2)
#define NODE(l)    ((l) & 7)
#define TAGS(l)    ((l) & 24)
#define CANCEL_TAG 8
#define RETIRE_TAG 16

// The state of a cell, as in cancellation.hpp, without the reason.
#define TICKET    1
#define DONE      2
#define REFERENCE 4

// The threads. The first two have the number of their waiter; the last one
// starts when all others have ended.
#define RELEASER  3
#define CANCELLER 4
#define LAST      5

// How many permits a waiter asks for.
#define COUNT(w) (3 - (w))

// The atomics of the core: word_, head_, debt_.
short word;
byte head, debt;

// What only the server touches: fifo_, oldest first.
byte fifo[2], queued;

// Waiters: result_, generation_, and whether cell_ is set.
mtype = { granted, aborted, closed };
mtype result[3];
byte generation[3];
bool has_cell[3];

// Cells, by the number of the waiter: state_, is_queued_, is_drained_.
byte state[3];
bool is_queued[3], is_drained[3];

// link_ of waiters and cells.
byte link[5];

// What happens to the object: init chooses. The canceller does it, or the
// handler that is called last.
mtype = { nothing, cancel_all, close, reduce, destroy, destroy_in_handler };
mtype ending = nothing;

// Whether handlers release what they were granted.
bool hands_back;

// Whether the handler of a waiter has a cancellation slot.
bool has_slot[3];

// What is known of all that, to check it: who is inside, how many permits
// nobody has, how often each handler was called, where the memory of the cells
// is (a wait may need none), and how many calls of async_acquire() have
// returned.
mtype = { unborn, alive, freed, needless };
byte server, free, deliveries[3], returned;
mtype memory[3] = unborn;

#define TOUCH_WAITER(w) assert(deliveries[w] == 0)
#define TOUCH_CELL(w)   assert(memory[w] == alive)

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

// sync_service::deliver(): the handler is called.
inline deliver(w)
{
  TOUCH_WAITER(w);
  deliveries[w]++;
  owned[w] = (hands_back && result[w] == granted);
  must_destroy = (ending == destroy_in_handler &&
      deliveries[1] + deliveries[2] == 2)
}

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
      d_step {
        enter(seen);
        node = 0;
        list = w;
        work()
      };
      goto serve
    }
  :: atomic { word != seen ->
      seen = word;
      if :: seen & SERVING -> goto push :: else fi
    }
  od;

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
      d_step { word = word + n * PERMIT; free = free + n; leave_call() };
      goto next_call
    }
  // delegate().
  :: atomic { IS_OURS(seen) && (seen & SERVING) && word == seen ->
      d_step {
        word = (word + n * PERMIT) | DIRTY;
        free = free + n;
        leave_call()
      };
      goto next_call
    }
  // enter().
  :: atomic { IS_OURS(seen) && (seen & BUSY) && !(seen & SERVING) &&
        word == seen ->
      d_step { free = free + n; enter(word + n * PERMIT) };
      goto drain
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
      goto drain
#endif
    }
  :: atomic { word != seen -> seen = word }
  od;

  // waiter_queue::drain() with inbox::is_empty() and take().
drain:
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

  // waiter_queue::serve(). Each choice but the last is an atomic of it.
serve:
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
      goto drain
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
  fi;
  goto next_call;

end_of_thread:
  skip
}

// What must be true while no thread runs.
inline check()
{
  assert(server == 0 && head == 0 && !(word & (SERVING | DIRTY)));
  assert(PERMITS(word) == free);
  assert(!(word & WAITERS) == (queued == 0));
  assert(!(word & DEBT) == (debt == 0));
  // Nobody is left behind.
  assert(debt == 0 || free == 0);
  assert(queued == 0 || COUNT(fifo[0]) > free);
  assert(queued == 0 || (!(word & CLOSED) && GENERATION(word) == 0));
  i = 1;
  do
  :: i <= 2 ->
    assert(deliveries[i] == (fifo[0] != i && fifo[1] != i));
    assert(deliveries[i] == 1 || !(state[i] & TICKET));
    assert(memory[i] == needless || memory[i] == freed ||
        deliveries[i] == 0 && state[i] == REFERENCE);
    i++
  :: else -> break
  od
}

init
{
  byte i;
  if
  :: free = 0
  :: free = 1
  fi;
  if
#ifndef ENDS
  :: has_slot[1] = true; hands_back = true
  :: has_slot[1] = true
  :: has_slot[2] = true; hands_back = true
  :: has_slot[2] = true
#else
  :: ending = destroy; hands_back = true
  :: ending = destroy_in_handler; has_slot[1] = true
  :: ending = cancel_all
  :: ending = close
  :: ending = reduce
#endif
  fi;
  word = free * PERMIT;
  atomic {
    run thread(1, 0);
    run thread(2, 0);
    run thread(RELEASER, 2);
    run thread(CANCELLER, 0)
  };

  _nr_pr == 1;
  d_step { check() };

  run thread(LAST, 1);
  _nr_pr == 1;
  d_step { check(); assert(queued == 0) }
}
