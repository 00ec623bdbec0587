/* What comes in: messages, pings, pongs, the close frame, and violations of the protocol. */
#include "ws/ws_internal.h"

#include <string.h>

/* How long a peer has to end a connection after our close frame. */
enum { LINGER_SECONDS = 5 };

/* Only the latest ping needs an answer (RFC 6455, section 5.5.3). */
static void answer_ping(csio_ws *ws, const csio__frame_event *ping)
{
  if (ws->close_sent) return;
  csio_buffer *pong = csio__buffer_copy(ping->bytes, ping->size);
  if (!pong) {
    csio__ws_fail_with(ws, CSIO_ENOMEM);
    return;
  }
  csio_buffer_destroy(ws->pong);
  ws->pong = pong;
  csio__carrier_flush_soon(ws->carrier);
}

/* Ends a connection while the peer is still sending. Closing it with unread data would reset it, and the peer
 * would not learn the reason. */
static void refuse(csio_ws *ws, const csio__frame_event *event)
{
  csio__failure failure;
  const char *host = ws->request.url.host;
  bool large = event->kind == CSIO__FRAME_TOO_LARGE;
  if (large)
    csio__failure_set(
        &failure, CSIO_ETOO_LARGE, "%s sent a message of more than %zu bytes", host, ws->request.max_size);
  else
    csio__failure_set(&failure, CSIO_EPROTOCOL, "%s sent %s", host, event->fault);
  csio__ws_say_close(ws, large ? 1009 : event->code, NULL, 0);
  ws->lingering = true;
  csio__carrier_linger(ws->carrier, LINGER_SECONDS);
  csio__ws_fail(ws, &failure);
}

static void take_event(csio_ws *ws, const csio__frame_event *event)
{
  switch (event->kind) {
  case CSIO__FRAME_MESSAGE:
    if (ws->on_message)
      ws->on_message(ws, event->binary ? CSIO_WS_BINARY : CSIO_WS_TEXT, event->bytes, event->size, ws->data);
    break;
  case CSIO__FRAME_PING:
    answer_ping(ws, event);
    break;
  case CSIO__FRAME_CLOSE:
    csio__ws_say_close(ws, event->code == 1005 ? 0 : event->code, event->bytes, event->size);
    csio__ws_closed(ws, event->code, event->bytes, event->size);
    break;
  case CSIO__FRAME_BROKEN:
  case CSIO__FRAME_TOO_LARGE:
    refuse(ws, event);
    break;
  case CSIO__FRAME_NO_MEMORY:
    csio__ws_fail_with(ws, CSIO_ENOMEM);
    break;
  case CSIO__FRAME_PONG:
    if (ws->on_pong) ws->on_pong(ws, event->bytes, event->size, ws->data);
    break;
  case CSIO__FRAME_NONE:
    break;
  }
}

static void keep(csio_ws *ws, const uint8_t *bytes, size_t size)
{
  if (size && !csio__bytes_append(&ws->kept, bytes, size)) csio__ws_fail_with(ws, CSIO_ENOMEM);
}

static void read_frames(csio_ws *ws, const uint8_t *bytes, size_t size)
{
  csio__frame_event event = {.kind = CSIO__FRAME_MESSAGE};
  while (event.kind != CSIO__FRAME_NONE && ws->state != CSIO__WS_ENDED) {
    if (ws->read_stopped) {
      keep(ws, bytes, size);
      size = 0; /* the reader lets go of the last message all the same */
    }
    event = csio__frame_reader_next(&ws->reader, &bytes, &size);
    take_event(ws, &event);
  }
  if (ws->state != CSIO__WS_ENDED) return;
  csio__frame_reader_free(&ws->reader);
  csio__bytes_free(&ws->kept);
}

void csio__ws_receive(csio_ws *ws, const uint8_t *bytes, size_t size)
{
  if (ws->kept.size)
    keep(ws, bytes, size);
  else
    read_frames(ws, bytes, size);
}

void csio__ws_go_on(csio_ws *ws, bool ended)
{
  ws->resuming = false;
  do {
    csio__bytes kept = ws->kept;
    ws->kept = (csio__bytes){0};
    if (ended) ws->read_stopped = false;
    read_frames(ws, kept.data, kept.size);
    csio__bytes_free(&kept);
  } while (ended && ws->kept.size);
  if (!ended && !ws->read_stopped && ws->state != CSIO__WS_ENDED) csio__carrier_read(ws->carrier, true);
}

int csio_ws_read_stop(csio_ws *ws)
{
  if (ws->state != CSIO__WS_OPEN) return CSIO_ESTATE;
  ws->read_stopped = true;
  csio__carrier_read(ws->carrier, false);
  return CSIO_OK;
}

int csio_ws_read_start(csio_ws *ws)
{
  if (ws->state != CSIO__WS_OPEN && ws->state != CSIO__WS_CLOSING) return CSIO_ESTATE;
  if (!ws->read_stopped) return CSIO_OK;
  ws->read_stopped = false;
  ws->resuming = true;
  csio__carrier_flush_soon(ws->carrier);
  return CSIO_OK;
}
