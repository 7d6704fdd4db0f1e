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
//   -D ENDS     the object may be closed, and so on: see ending
//   -D BUG_...  a rule is broken, which Spin must find out

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

#include "semaphore_server.pml"
#include "semaphore_calls.pml"

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
  :: ending = destroy; has_slot[1] = true
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
