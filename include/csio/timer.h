/* One-shot timers. Every function is called on the loop's thread. */
#ifndef CSIO_TIMER_H
#define CSIO_TIMER_H

#include "loop.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csio_timer csio_timer;

typedef void (*csio_timer_cb)(csio_timer *timer, void *data);

/* Makes a stopped timer, whose `callback` gets `data`. The caller owns `*out` and ends it with
 * csio_timer_close. */
CSIO_EXTERN int csio_timer_create(csio_loop *loop, csio_timer_cb callback, void *data, csio_timer **out);

/* Calls back once, `ms` milliseconds from now and never before they have passed in full; 0 means in the next
 * turn of the loop. A running timer starts anew. */
CSIO_EXTERN int csio_timer_start(csio_timer *timer, uint64_t ms);

/* Stops the timer; stopping a stopped one does nothing. */
CSIO_EXTERN void csio_timer_stop(csio_timer *timer);

/* Stops and frees the timer. `on_closed` (may be NULL) gets the timer's data in a later turn of the loop; no
 * other callback of the timer follows this call. The handle must not be used after the call. A timer that is
 * closed by csio_loop_close calls nothing back. */
CSIO_EXTERN void csio_timer_close(csio_timer *timer, void (*on_closed)(void *data));

#ifdef __cplusplus
}
#endif
#endif
