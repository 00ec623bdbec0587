/* The event loop: one thread on which every callback of its handles runs.
 *
 * A loop is made by csio_loop_create, which starts its thread. Handles (timers, HTTP requests, WebSockets)
 * belong to one loop and may be touched on its thread only; from elsewhere, csio_loop_post brings a function
 * there. */
#ifndef CSIO_LOOP_H
#define CSIO_LOOP_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csio_loop csio_loop;

typedef void (*csio_loop_fn)(void *arg);

/* Makes a loop and starts its thread. Any thread. The caller owns `*out` and ends it with csio_loop_close.
 * Fails with NOMEM, and with SYSTEM where the process may have no more threads or fewer than a dozen more
 * descriptors. */
CSIO_EXTERN int csio_loop_create(csio_loop **out);

/* Runs `fn(arg)` on the loop's thread, never inside this call. Functions posted by one thread run in the
 * order in which they were posted. Any thread, the loop's own included. Fails with CLOSED once
 * csio_loop_close was called, and with NOMEM; then `fn` does not run and `arg` stays the caller's. */
CSIO_EXTERN int csio_loop_post(csio_loop *loop, csio_loop_fn fn, void *arg);

/* Whether the calling thread is the loop's. Any thread. */
CSIO_EXTERN bool csio_loop_is_current(const csio_loop *loop);

/* Milliseconds on a monotonic clock with an arbitrary start. Any thread. */
CSIO_EXTERN uint64_t csio_loop_now(const csio_loop *loop);

/* How long the loop may busy-poll for an answer before it sleeps, 100 microseconds unless set; 0 for never.
 * It polls only after something was sent over a WebSocket, and only while answers have been coming that fast:
 * then a round trip takes a third to a half less time, and no more CPU time, since waking a sleeping core
 * costs as much. Any thread. */
CSIO_EXTERN void csio_loop_set_busy_poll(csio_loop *loop, unsigned microseconds);

/* How many handles of this loop are not yet fully closed. Loop thread. */
CSIO_EXTERN size_t csio_loop_handle_count(const csio_loop *loop);

/* Ends the loop: runs what was posted before, cancels and closes every handle that is still open, and ends
 * the thread. Called once; the loop must not be used after. A name resolution that the system has under way
 * is waited for. From another thread it returns when the thread has ended and everything is freed. From the
 * loop's own thread it returns at once and the rest happens after the current callback.
 *
 * Requests and WebSockets that were under way get their last callback, with CANCELLED; other handles, timers
 * among them, get none. There is no on_closed but for handles that their owner has closed, before or in that
 * last callback. So what callbacks use may be freed when this has returned on another thread, and, where it
 * is called on the loop's own, after the CANCELLED or, for handles closed by their owner, in on_closed. */
CSIO_EXTERN void csio_loop_close(csio_loop *loop);

#ifdef __cplusplus
}
#endif
#endif
