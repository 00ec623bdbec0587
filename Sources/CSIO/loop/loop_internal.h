#ifndef CSIO_LOOP_INTERNAL_H
#define CSIO_LOOP_INTERNAL_H

#include "base/buffer_internal.h"
#include "base/error_internal.h"
#include "loop/busy_poll.h"

#include <csio/loop.h>

#include <uv.h>

/* The first member of every handle. */
typedef struct csio__handle {
  csio_loop *loop;
  struct csio__handle *next;
  struct csio__handle **link; /* what points at this handle, NULL once it is closing */
  /* Reports CANCELLED if an operation is under way, then closes the handle unless the callback did. */
  void (*abort)(struct csio__handle *handle);
  void (*on_closed)(void *data); /* the user's, or NULL */
} csio__handle;

/* Work for the end of a turn of the loop. It is embedded in its object, so that queuing cannot fail. */
typedef struct csio__task {
  void (*run)(struct csio__task *task);
  struct csio__task *next;
  bool queued;
} csio__task;

typedef struct csio__guest csio__guest;

/* How a guest begins and ends. Each function may be NULL. */
typedef struct csio__guest_kind {
  size_t size; /* of the whole object, which begins as zeros */
  int (*start)(csio__guest *guest, csio_loop *loop, csio__failure *failure);
  void (*hurry)(csio__guest *guest); /* the loop is closing: end what lingers; called repeatedly */
  void (*stop)(csio__guest *guest);  /* no handle is left: close the guest's libuv handles */
  void (*free)(csio__guest *guest);  /* libuv has closed them: free all but the guest itself */
} csio__guest_kind;

/* An object kept with a loop from its first use on; the first member of it. */
struct csio__guest {
  const csio__guest_kind *kind;
  csio__guest *next;
};

struct csio_loop {
  uv_loop_t uv;
  uv_thread_t thread;
  uv_async_t wake;          /* for other threads */
  uv_check_t posts;         /* runs what is posted, after the I/O of each turn */
  uv_prepare_t before_wait; /* runs last before the loop waits for I/O */
  uv_idle_t busy; /* active while the loop's own thread has posted something: the turn does not wait */
  uv_mutex_t lock;
  csio__bytes incoming; /* functions to call; under `lock` */
  bool close_requested; /* under `lock` */
  bool detached;        /* nobody joins the thread; set before `close_requested` */
  csio__bytes running;  /* swapped with `incoming`; this and all below belong to the loop's thread */
  csio__busy_poll busy_poll;
  uint64_t turn_time; /* 0 until it is asked for */
  csio__task *first_task;
  csio__task **last_task;
  csio__handle *open_handles;
  size_t handle_count; /* open and closing ones */
  bool closing;
  bool stopped;        /* only the libraries' own handles are left */
  csio__guest *guests; /* the newest first */
};

/* Adds the handle to its loop. Fails with THREAD outside the loop's thread, and with CLOSED if the loop is
 * closing. */
int csio__handle_open(csio__handle *handle, csio_loop *loop, void (*abort)(csio__handle *));

/* The user has closed the handle, so the loop does not. */
void csio__handle_closing(csio__handle *handle, void (*on_closed)(void *data));

/* The handle is closed: calls on_closed with the user's `data`. Its memory may be freed right after. */
void csio__handle_closed(csio__handle *handle, void *data);

/* The loop's guest of this kind, made on first use. The loop ends its guests, the newest first. NULL, with
 * the reason in `failure`, if it cannot be made. */
void *csio__guest_of(csio_loop *loop, const csio__guest_kind *kind, csio__failure *failure);

void csio__task_queue(csio_loop *loop, csio__task *task);

/* Starts the timer. It does not fire before `ms` have passed in full; 0 means in the next turn. */
int csio__timer_start(uv_timer_t *timer, uv_timer_cb callback, uint64_t ms);

#define csio__container_of(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))

#endif
