/* The event loop: one thread that runs every callback of its handles.
 *
 * csio_loop_create creates a loop and starts its thread. Handles (timers, HTTP requests, WebSockets)
 * belong to one loop and may be used only on its thread. From another thread, use csio_loop_post to run a
 * function there. */
#ifndef CSIO_LOOP_H
#define CSIO_LOOP_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csio_loop csio_loop;

typedef void (*csio_loop_fn)(void *arg);

/* Creates a loop and starts its thread. May be called on any thread. The caller owns `*out` and must close
 * it with csio_loop_close. Fails with NOMEM, with FILES if the process can open fewer than a dozen files, or
 * with SYSTEM if it can create no more threads. */
CSIO_EXTERN int csio_loop_create(csio_loop **out);

/* Runs `fn(arg)` on the loop's thread, never inside this call. Functions posted by one thread run in the
 * order of their posting. May be called on any thread, including the loop's. Fails with CLOSED after
 * csio_loop_close, or with NOMEM; `fn` then does not run, and the caller keeps `arg`. */
CSIO_EXTERN int csio_loop_post(csio_loop *loop, csio_loop_fn fn, void *arg);

/* Returns whether the calling thread is the loop's. May be called on any thread. */
CSIO_EXTERN bool csio_loop_is_current(const csio_loop *loop);

/* Returns the milliseconds of a monotonic clock with an arbitrary start. May be called on any thread. */
CSIO_EXTERN uint64_t csio_loop_now(const csio_loop *loop);

/* Returns about when the callbacks of this turn began, in nanoseconds of a clock that never goes back: the
 * clock is read once for all calls in a row of callbacks, so that asking for each message costs nothing.
 * Called on the loop's thread. */
CSIO_EXTERN uint64_t csio_loop_turn_time(csio_loop *loop);

/* Sets how long, in microseconds, the loop may busy-poll for an answer before it sleeps (default: 100); 0
 * turns this off. The loop polls only after something was sent over a WebSocket, and only while answers
 * have been arriving that fast. A round trip then takes a third to a half less time, and no more CPU time,
 * since waking a sleeping core costs as much. May be called on any thread. */
CSIO_EXTERN void csio_loop_set_busy_poll(csio_loop *loop, unsigned microseconds);

/* Returns how many handles of this loop are not fully closed. Must be called on the loop's thread. */
CSIO_EXTERN size_t csio_loop_handle_count(const csio_loop *loop);

/* Closes the loop: runs the functions posted before, cancels and closes every open handle, and ends
 * the thread. Name lookups that are in progress in the system are not waited for. Call it once, and do not
 * use the loop afterwards. On another thread it returns when the thread has ended and everything is freed. On
 * the loop's own thread it returns at once; the rest happens after the current callback.
 *
 * Unfinished requests and WebSockets get their last callback, with CANCELLED; other handles, such as
 * timers, get none. on_closed is called only for handles that their owner has closed, before or in that
 * last callback. So what callbacks use may be freed once this call has returned on another thread. If it
 * is called on the loop's own thread, free it after CANCELLED or, for handles closed by their owner, in
 * on_closed. */
CSIO_EXTERN void csio_loop_close(csio_loop *loop);

#ifdef __cplusplus
}
#endif
#endif
