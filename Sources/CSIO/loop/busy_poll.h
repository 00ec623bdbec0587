/* Busy polling: asking the kernel for input repeatedly before the loop sleeps.
 *
 * To sleep, wake and find cold caches costs more than to poll for the few microseconds that a nearby server
 * takes to answer. So after sending, the loop polls before it sleeps, as long as answers come that fast, and
 * less often after polling in vain. It does not poll if nothing was sent, nor over a wide area network. */
#ifndef CSIO_BUSY_POLL_H
#define CSIO_BUSY_POLL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

typedef struct csio__busy_poll {
  atomic_uint limit;    /* microseconds, set from any thread; all else is the loop's */
  unsigned expecting;   /* how many of the next waits may end soon */
  uint64_t since;       /* nanoseconds; when the wait for an answer began, 0 where there is none */
  unsigned short_waits; /* in a row */
  unsigned needed;      /* how many it takes before the loop polls */
} csio__busy_poll;

void csio__busy_poll_init(csio__busy_poll *busy_poll);

/* The loop is about to wait. */
void csio__busy_poll_before_wait(csio__busy_poll *busy_poll, const uv_loop_t *loop);

/* Something was sent that may be answered. */
static inline void csio__busy_poll_expect(csio__busy_poll *busy_poll)
{
  busy_poll->expecting = 2; /* the answer, and what the program says to it */
}

/* --- the decisions, for tests --- */

/* A wait begins. Returns whether to poll. */
bool csio__busy_poll_begin(csio__busy_poll *busy_poll, uint64_t now);

/* How polling ended: with something to do, or in vain. */
void csio__busy_poll_learn(csio__busy_poll *busy_poll, bool paid);

/* The wait is over. */
void csio__busy_poll_end(csio__busy_poll *busy_poll, uint64_t now);

/* The loop has left its wait, if it was in one. */
static inline void csio__busy_poll_woke(csio__busy_poll *busy_poll)
{
  if (busy_poll->since) csio__busy_poll_end(busy_poll, uv_hrtime());
}

#endif
