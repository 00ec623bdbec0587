#include <csio/timer.h>

#include "loop/loop_internal.h"

#include <csio/error.h>

#include <stdlib.h>

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
