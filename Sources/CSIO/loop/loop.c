#include "loop/loop_internal.h"
#include "base/list.h"
#include "loop/descriptors.h"

#include <csio/timer.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

/* Of the loop's thread, whatever the process's limit: callbacks may recurse into nested data. */
enum { STACK_SIZE = 8 << 20 };

static void loop_advance(csio_loop *loop);

/* An active idle handle is enough to keep the turn from waiting. */
static void on_busy(uv_idle_t *busy)
{
  (void)busy;
}

/* --- posts: functions from any thread --- */

typedef struct post {
  csio_loop_fn fn;
  void *arg;
} post;

/* Another thread must wake the loop, which costs two system calls. */
static void wake(csio_loop *loop)
{
  if (!csio_loop_is_current(loop))
    uv_async_send(&loop->wake);
  else if (!loop->stopped)
    uv_idle_start(&loop->busy, on_busy);
}

int csio_loop_post(csio_loop *loop, csio_loop_fn fn, void *arg)
{
  const post post = {fn, arg};
  int err = CSIO_OK;
  uv_mutex_lock(&loop->lock);
  if (loop->close_requested)
    err = CSIO_ECLOSED;
  else if (!csio__bytes_append(&loop->incoming, &post, sizeof post))
    err = CSIO_ENOMEM;
  else if (loop->incoming.size == sizeof post)
    wake(loop); /* under the lock: once it is released, the loop may be gone */
  uv_mutex_unlock(&loop->lock);
  return err;
}

/* Runs what was posted so far; later posts wait for the next turn, after I/O. Returns whether the loop was
 * asked to close by then. */
static bool run_posts(csio_loop *loop)
{
  csio__bytes batch = loop->running;
  uv_mutex_lock(&loop->lock);
  loop->running = loop->incoming;
  loop->incoming = batch;
  bool close = loop->close_requested;
  uv_mutex_unlock(&loop->lock);
  const post *posts = (const post *)(const void *)loop->running.data;
  for (size_t i = 0; i < loop->running.size / sizeof *posts; i++)
    posts[i].fn(posts[i].arg);
  loop->running.size = 0;
  return close;
}

/* What another thread posted comes before the I/O that followed it. */
static void on_wake(uv_async_t *wake)
{
  run_posts(wake->data);
}

static void on_before_wait(uv_prepare_t *before_wait)
{
  csio_loop *loop = before_wait->data;
  loop->turn_time = 0;
  csio__busy_poll_before_wait(&loop->busy_poll, &loop->uv);
}

static void on_posts(uv_check_t *posts)
{
  csio_loop *loop = posts->data;
  loop->turn_time = 0;
  csio__busy_poll_woke(&loop->busy_poll);
  uv_idle_stop(&loop->busy);
  bool close = run_posts(loop);
  csio__task *task = loop->first_task;
  loop->first_task = NULL;
  loop->last_task = &loop->first_task;
  while (task) {
    csio__task *next = task->next;
    task->queued = false;
    task->run(task);
    task = next;
  }
  if (close) loop_advance(loop);
}

void csio__task_queue(csio_loop *loop, csio__task *task)
{
  if (task->queued) return;
  task->queued = true;
  task->next = NULL;
  *loop->last_task = task;
  loop->last_task = &task->next;
  wake(loop);
}

int csio__handle_open(csio__handle *handle, csio_loop *loop, void (*abort)(csio__handle *))
{
  if (!csio_loop_is_current(loop)) return CSIO_ETHREAD;
  if (loop->closing) return CSIO_ECLOSED;
  handle->loop = loop;
  handle->abort = abort;
  CSIO__LIST_ADD(&loop->open_handles, handle);
  loop->handle_count++;
  return CSIO_OK;
}

void csio__handle_closing(csio__handle *handle, void (*on_closed)(void *data))
{
  handle->on_closed = on_closed;
  CSIO__LIST_REMOVE(handle);
  handle->link = NULL;
}

void csio__handle_closed(csio__handle *handle, void *data)
{
  if (handle->on_closed) handle->on_closed(data);
  csio_loop *loop = handle->loop;
  if (--loop->handle_count == 0 && loop->closing) wake(loop);
}

size_t csio_loop_handle_count(const csio_loop *loop)
{
  return loop->handle_count;
}

void *csio__guest_of(csio_loop *loop, const csio__guest_kind *kind, csio__failure *failure)
{
  for (csio__guest *guest = loop->guests; guest; guest = guest->next)
    if (guest->kind == kind) return guest;
  csio__guest *guest = calloc(1, kind->size);
  int err = guest ? CSIO_OK : csio__failure_code(failure, CSIO_ENOMEM);
  if (!err && kind->start) err = kind->start(guest, loop, failure);
  if (err) {
    free(guest);
    return NULL;
  }
  guest->kind = kind;
  guest->next = loop->guests;
  return loop->guests = guest;
}

/* --- the loop's life --- */

static void close_own_handles(csio_loop *loop)
{
  uv_close((uv_handle_t *)&loop->wake, NULL);
  uv_close((uv_handle_t *)&loop->posts, NULL);
  uv_close((uv_handle_t *)&loop->busy, NULL);
  uv_close((uv_handle_t *)&loop->before_wait, NULL);
}

/* One step of the loop's end; `on_posts` calls it again when the last handle has closed. */
static void loop_advance(csio_loop *loop)
{
  loop->closing = true;
  while (loop->open_handles)
    loop->open_handles->abort(loop->open_handles);
  for (csio__guest *guest = loop->guests; guest; guest = guest->next)
    if (guest->kind->hurry) guest->kind->hurry(guest);
  if (loop->handle_count || loop->first_task || loop->stopped) return;
  loop->stopped = true;
  for (csio__guest *guest = loop->guests; guest; guest = guest->next)
    if (guest->kind->stop) guest->kind->stop(guest);
  close_own_handles(loop);
}

static void loop_free(csio_loop *loop)
{
  uv_mutex_destroy(&loop->lock);
  csio__bytes_free(&loop->incoming);
  csio__bytes_free(&loop->running);
  free(loop);
}

static void loop_main(void *arg)
{
  csio_loop *loop = arg;
  uv_run(&loop->uv, UV_RUN_DEFAULT);
  while (loop->guests) {
    csio__guest *guest = loop->guests;
    loop->guests = guest->next;
    if (guest->kind->free) guest->kind->free(guest);
    free(guest);
  }
  uv_loop_close(&loop->uv);
  if (loop->detached) loop_free(loop);
}

/* All signals are blocked in the loop's thread, and so left to the program's others. That includes SIGPIPE,
 * which writing to a closed socket raises. */
static int start_thread(csio_loop *loop)
{
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const uv_thread_options_t options = {.flags = UV_THREAD_HAS_STACK_SIZE, .stack_size = STACK_SIZE};
  int err = uv_thread_create_ex(&loop->thread, &options, loop_main, loop);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return err;
}

/* libuv aborts the process if it cannot make the pipe that comes with a process's first loop. So there must
 * be room for all that a loop opens (7 with libuv 1.50), and for a few more that other threads may take. */
enum { LOOP_DESCRIPTORS = 12 };

int csio_loop_create(csio_loop **out)
{
  if (!csio__has_descriptors(LOOP_DESCRIPTORS)) return CSIO_EFILES;
  csio_loop *loop = calloc(1, sizeof *loop);
  if (!loop) return CSIO_ENOMEM;
  loop->last_task = &loop->first_task;
  if (uv_mutex_init(&loop->lock)) goto no_lock;
  if (uv_loop_init(&loop->uv)) goto no_loop;
  if (uv_async_init(&loop->uv, &loop->wake, on_wake)) goto no_async;
  loop->wake.data = loop;
  uv_check_init(&loop->uv, &loop->posts);
  loop->posts.data = loop;
  uv_check_start(&loop->posts, on_posts);
  uv_idle_init(&loop->uv, &loop->busy);
  uv_prepare_init(&loop->uv, &loop->before_wait);
  loop->before_wait.data = loop;
  uv_prepare_start(&loop->before_wait, on_before_wait);
  csio__busy_poll_init(&loop->busy_poll);
  if (start_thread(loop)) goto no_thread;
  *out = loop;
  return CSIO_OK;

no_thread:
  close_own_handles(loop);
  uv_run(&loop->uv, UV_RUN_DEFAULT);
no_async:
  uv_loop_close(&loop->uv);
no_loop:
  uv_mutex_destroy(&loop->lock);
no_lock:
  free(loop);
  return CSIO_ESYSTEM;
}

void csio_loop_close(csio_loop *loop)
{
  bool own = csio_loop_is_current(loop);
  uv_thread_t thread = loop->thread;
  if (own) {
    pthread_detach(thread);
    loop->detached = true;
  }
  uv_mutex_lock(&loop->lock);
  loop->close_requested = true;
  uv_async_send(&loop->wake);
  uv_mutex_unlock(&loop->lock);
  if (!own) {
    uv_thread_join(&thread);
    loop_free(loop);
  }
}

bool csio_loop_is_current(const csio_loop *loop)
{
  uv_thread_t self = uv_thread_self();
  return uv_thread_equal(&self, &loop->thread);
}

void csio_loop_set_busy_poll(csio_loop *loop, unsigned microseconds)
{
  atomic_store_explicit(&loop->busy_poll.limit, microseconds, memory_order_relaxed);
}

uint64_t csio_loop_now(const csio_loop *loop)
{
  (void)loop;
  return uv_hrtime() / 1000000;
}

uint64_t csio_loop_turn_time(csio_loop *loop)
{
  if (!loop->turn_time) loop->turn_time = uv_hrtime();
  return loop->turn_time;
}

/* --- timers --- */

struct csio_timer {
  csio__handle handle;
  uv_timer_t uv;
  csio_timer_cb callback;
  void *data;
};

static void timer_abort(csio__handle *handle)
{
  csio_timer_close((csio_timer *)handle, NULL);
}

static void on_fire(uv_timer_t *uv)
{
  csio_timer *timer = uv->data;
  timer->callback(timer, timer->data);
}

static void on_uv_closed(uv_handle_t *uv)
{
  csio_timer *timer = uv->data;
  csio__handle_closed(&timer->handle, timer->data);
  free(timer);
}

int csio_timer_create(csio_loop *loop, csio_timer_cb callback, void *data, csio_timer **out)
{
  csio_timer *timer = calloc(1, sizeof *timer);
  if (!timer) return CSIO_ENOMEM;
  int err = csio__handle_open(&timer->handle, loop, timer_abort);
  if (err) {
    free(timer);
    return err;
  }
  uv_timer_init(&loop->uv, &timer->uv);
  timer->uv.data = timer;
  timer->callback = callback;
  timer->data = data;
  *out = timer;
  return CSIO_OK;
}

int csio__timer_start(uv_timer_t *timer, uv_timer_cb callback, uint64_t ms)
{
  /* libuv counts from the start of the turn, in whole milliseconds, rounded down; a long callback may have
   * run since */
  uint64_t now = (uv_hrtime() + 999999) / 1000000;
  uint64_t behind = now - uv_now(timer->loop);
  if (ms == 0 || ms > UINT64_MAX - behind) behind = 0;
  return uv_timer_start(timer, callback, ms + behind, 0);
}

int csio_timer_start(csio_timer *timer, uint64_t ms)
{
  return csio__timer_start(&timer->uv, on_fire, ms) ? CSIO_ECLOSED : CSIO_OK;
}

void csio_timer_stop(csio_timer *timer)
{
  uv_timer_stop(&timer->uv);
}

void csio_timer_close(csio_timer *timer, void (*on_closed)(void *data))
{
  csio__handle_closing(&timer->handle, on_closed);
  uv_close((uv_handle_t *)&timer->uv, on_uv_closed);
}
