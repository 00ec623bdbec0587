/* One-shot timers. Every function must be called on the loop's thread. */
#ifndef CSIO_TIMER_H
#define CSIO_TIMER_H

#include "loop.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csio_timer csio_timer;

typedef void (*csio_timer_cb)(csio_timer *timer, void *data);

/* Creates a stopped timer; `callback` will receive `data`. The caller owns `*out` and must close it with
 * csio_timer_close. */
CSIO_EXTERN int csio_timer_create(csio_loop *loop, csio_timer_cb callback, void *data, csio_timer **out);

/* Calls the callback once, when at least `ms` milliseconds have passed; 0 means in the next turn of the
 * loop. Restarts a running timer. */
CSIO_EXTERN int csio_timer_start(csio_timer *timer, uint64_t ms);

/* Stops the timer. Does nothing if it is not running. */
CSIO_EXTERN void csio_timer_stop(csio_timer *timer);

/* Stops and frees the timer. `on_closed` (may be NULL) receives the timer's data in a later turn of the
 * loop; no other callback of the timer follows this call. Do not use the handle after this call. When
 * csio_loop_close closes a timer, no callback is called. */
CSIO_EXTERN void csio_timer_close(csio_timer *timer, void (*on_closed)(void *data));

#ifdef __cplusplus
}
#endif
#endif
