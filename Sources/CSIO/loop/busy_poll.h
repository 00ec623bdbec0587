/* Waiting awake for an answer that is near.
 *
 * A core that sleeps for the few microseconds that a server next door takes finds its caches cold after, and
 * that, with falling asleep and waking, costs more than to stay awake. So, once something was sent, the loop
 * asks the kernel again and again for a while before it sleeps: as long as answers have come that soon
 * lately, and less and less often where it was in vain. It does not where nothing is sent, nor over a wide
 * network. */
#ifndef CSIO_BUSY_POLL_H
#define CSIO_BUSY_POLL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

typedef struct csio__busy_poll {
  uv_prepare_t prepare;
  atomic_uint limit;    /* microseconds, set from any thread; all else is the loop's */
  unsigned expecting;   /* so many waits from now may end soon */
  uint64_t since;       /* nanoseconds; when the wait for an answer began, 0 where there is none */
  unsigned short_waits; /* in a row */
  unsigned needed;      /* that many, before a wait is spent awake */
} csio__busy_poll;

void csio__busy_poll_init(csio__busy_poll *busy_poll, uv_loop_t *loop);

void csio__busy_poll_close(csio__busy_poll *busy_poll);

/* Something was sent that may be answered. */
void csio__busy_poll_expect(csio__busy_poll *busy_poll);

/* The loop is out of its wait, if it was in one. */
void csio__busy_poll_woke(csio__busy_poll *busy_poll);

/* --- the decisions, for tests --- */

/* A wait begins. Returns whether to spend it awake. */
bool csio__busy_poll_begin(csio__busy_poll *busy_poll, uint64_t now);

/* How the time awake ended: with something to do, or in vain. */
void csio__busy_poll_learn(csio__busy_poll *busy_poll, bool paid);

/* The wait is over. */
void csio__busy_poll_end(csio__busy_poll *busy_poll, uint64_t now);

#endif
