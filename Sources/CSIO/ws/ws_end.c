/* How a WebSocket ends, and what is left of it then. */
#include "ws/ws_internal.h"

#include <stdlib.h>

static void drop_queue(csio_ws *ws)
{
  while (ws->first) {
    csio_buffer *message = ws->first;
    ws->first = message->next;
    csio_buffer_destroy(message);
  }
  ws->last = &ws->first;
  ws->queued = 0;
}

static void ws_free(csio_ws *ws)
{
  drop_queue(ws);
  csio_buffer_destroy(ws->rest.buffer);
  csio_buffer_destroy(ws->pong);
  csio__frame_reader_free(&ws->reader);
  csio__bytes_free(&ws->kept);
  csio__handshake_free(&ws->handshake);
  csio__bytes_free(&ws->protocols);
  csio__bytes_free(&ws->close_reason);
  csio__request_free(&ws->request);
  free(ws);
}

void csio__ws_unpend(csio_ws *ws)
{
  if (--ws->pending) return;
  csio__handle_closed(&ws->handle, ws->data);
  ws_free(ws);
}

void csio__ws_end(csio_ws *ws)
{
  ws->state = CSIO__WS_ENDED;
  uv_timer_stop(&ws->timer);
  drop_queue(ws);
  if (ws->dial) csio__dial_cancel(ws->dial);
  ws->dial = NULL;
  if (ws->carrier && !ws->lingering) csio__carrier_kill(ws->carrier);
}

void csio__ws_fail(csio_ws *ws, const csio__failure *failure)
{
  if (ws->state == CSIO__WS_ENDED) return;
  csio__ws_end(ws);
  if (ws->on_error) ws->on_error(ws, &failure->error, ws->data);
}

void csio__ws_fail_with(csio_ws *ws, int code)
{
  csio__failure failure;
  csio__failure_code(&failure, code);
  csio__ws_fail(ws, &failure);
}

void csio__ws_closed(csio_ws *ws, uint16_t code, const uint8_t *reason, size_t size)
{
  if (ws->state == CSIO__WS_ENDED) return;
  csio__ws_end(ws);
  if (ws->on_close) ws->on_close(ws, code, size ? (const char *)reason : "", size, ws->data);
}
