/* What goes out: messages, pings, pongs and the close frame; and how a WebSocket ends. */
#include "ws/ws_internal.h"
#include "ws/frame_writer.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 1 << 20 }; /* the most written in one turn, so that other connections get theirs */

/* --- the end --- */

static csio_buffer *take_first(csio_ws *ws)
{
  csio_buffer *message = ws->first;
  ws->first = message->next;
  if (!ws->first) ws->last = &ws->first;
  ws->queued -= message->size;
  ws->urgent = false;
  return message;
}

static csio__framer *take_batch(csio_ws *ws)
{
  csio__framer *batch = ws->batch;
  ws->batch = NULL;
  ws->batched = 0;
  return batch;
}

void csio__ws_unpend(csio_ws *ws)
{
  if (--ws->pending) return;
  csio__handle_closed(&ws->handle, ws->data);
  csio_buffer_destroy(ws->rest.buffer); /* the queue is empty by now */
  csio_buffer_destroy(ws->pong);
  csio__frame_reader_free(&ws->reader);
  csio__bytes_free(&ws->kept);
  csio__handshake_free(&ws->handshake);
  csio__bytes_free(&ws->protocols);
  csio__bytes_free(&ws->close_reason);
  csio__request_free(&ws->request);
  free(ws);
}

void csio__ws_end(csio_ws *ws)
{
  ws->state = CSIO__WS_ENDED;
  uv_timer_stop(&ws->timer);
  while (ws->first)
    csio_buffer_destroy(take_first(ws));
  if (ws->batch) csio__framer_release(take_batch(ws));
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

/* --- the queue --- */

/* Puts a message first or last, where `*place` is the next one or NULL. */
static void put(csio_ws *ws, csio_buffer *message, csio_buffer **place)
{
  message->next = *place;
  if (!message->next) ws->last = &message->next;
  *place = message;
  ws->queued += message->size;
}

static int queue(csio_ws *ws, csio_buffer *message, bool urgent)
{
  if (!ws->first && !ws->batch) csio__carrier_flush_soon(ws->carrier);
  if (ws->urgent && urgent) csio_buffer_destroy(take_first(ws));
  put(ws, message, urgent ? &ws->first : ws->last);
  ws->urgent |= urgent;
  ws->drained = false;
  return CSIO_OK;
}

int csio_ws_send_buffer(csio_ws *ws, csio_ws_type type, csio_buffer *message)
{
  if (ws->state != CSIO__WS_OPEN) {
    csio_buffer_destroy(message);
    return CSIO_ESTATE;
  }
  message->binary = type & CSIO_WS_BINARY;
  bool urgent = type & CSIO_WS_URGENT;
  message->uncompressed = urgent || type & CSIO_WS_UNCOMPRESSED;
  return queue(ws, message, urgent);
}

static bool is_compressed(const csio_ws *ws, bool uncompressed, size_t size)
{
  return ws->reader.terms.accepted && !uncompressed && size >= ws->deflate_threshold;
}

/* Makes the message's frame right away, which takes no memory of its own; false where it has to be queued. */
static bool add_to_batch(csio_ws *ws, csio_ws_type type, const void *bytes, size_t size)
{
  if (ws->first || ws->rest.size || type & CSIO_WS_URGENT) return false;
  if (is_compressed(ws, type & CSIO_WS_UNCOMPRESSED, size)) return false;
  csio__framer *batch = ws->batch ? ws->batch : csio__framer_claim(ws->handle.loop);
  if (!batch) return false;
  unsigned kind = type & CSIO_WS_BINARY ? CSIO__FRAME_BINARY : CSIO__FRAME_TEXT;
  if (!csio__framer_add(batch, kind, bytes, size)) {
    if (!ws->batch) csio__framer_release(batch);
    return false;
  }
  if (!ws->batch) csio__carrier_flush_soon(ws->carrier);
  ws->batch = batch;
  ws->batched += size;
  ws->drained = false;
  return true;
}

int csio_ws_send(csio_ws *ws, csio_ws_type type, const void *bytes, size_t size)
{
  if (ws->state != CSIO__WS_OPEN) return CSIO_ESTATE;
  if (add_to_batch(ws, type, bytes, size)) return CSIO_OK;
  csio_buffer *message = csio__buffer_copy(bytes, size);
  return message ? csio_ws_send_buffer(ws, type, message) : CSIO_ENOMEM;
}

int csio_ws_ping(csio_ws *ws, const void *payload, size_t size)
{
  if (ws->state != CSIO__WS_OPEN) return CSIO_ESTATE;
  if (size > CSIO__MAX_CONTROL) return CSIO_EINVALID;
  csio_buffer *ping = csio__buffer_copy(payload, size);
  if (!ping) return CSIO_ENOMEM;
  ping->ping = ping->uncompressed = true;
  return queue(ws, ping, false);
}

/* Gives the socket what is left; whether it took all of it. */
static bool send_rest(csio_ws *ws)
{
  csio__ws_rest *rest = &ws->rest;
  if (!rest->size) return true;
  size_t taken = csio__carrier_send(ws->carrier, rest->at, rest->size);
  rest->at += taken;
  rest->size -= taken;
  if (rest->size) return false;
  csio_buffer_destroy(rest->buffer);
  *rest = (csio__ws_rest){0};
  return true;
}

int csio__ws_send_bytes(csio_ws *ws, const uint8_t *bytes, size_t size, size_t payload)
{
  csio__busy_poll_expect(&ws->handle.loop->busy_poll);
  size_t taken = csio__carrier_send(ws->carrier, bytes, size), left = size - taken;
  if (!left) return CSIO_OK;
  csio_buffer *buffer = csio__buffer_copy(bytes + taken, left);
  if (!buffer) return CSIO_ENOMEM;
  ws->rest = (csio__ws_rest){buffer, buffer->bytes, left, payload};
  return CSIO_OK;
}

/* Sends one message from its own memory. */
static int send_alone(csio_ws *ws, csio__framer *framer, unsigned kind, csio_buffer *message)
{
  size_t size;
  const uint8_t *frame = csio__framer_wrap(framer, kind, message, &size);
  if (!frame) {
    csio_buffer_destroy(message);
    return CSIO_ESYSTEM;
  }
  csio__busy_poll_expect(&ws->handle.loop->busy_poll);
  ws->rest = (csio__ws_rest){message, frame, size, message->size};
  send_rest(ws);
  return CSIO_OK;
}

/* Compresses the first message of the queue where it has to be, and says what its frame is. */
static unsigned prepare_first(csio_ws *ws)
{
  csio_buffer *message = ws->first;
  if (message->ping) return CSIO__CONTROL_PING;
  unsigned kind = message->binary ? CSIO__FRAME_BINARY : CSIO__FRAME_TEXT;
  if (message->compressed) return kind | CSIO__FRAME_COMPRESSED;
  bool compress = is_compressed(ws, message->uncompressed, message->size);
  csio_buffer *compressed = compress ? csio__deflate(ws->handle.loop, message) : NULL;
  if (!compressed) {
    message->uncompressed = true; /* should it be asked again */
    return kind;
  }
  compressed->binary = message->binary;
  compressed->compressed = true;
  csio_buffer_destroy(take_first(ws));
  put(ws, compressed, &ws->first);
  return kind | CSIO__FRAME_COMPRESSED;
}

static int send_batch(csio_ws *ws, csio__framer *framer, size_t payload)
{
  size_t size;
  const uint8_t *frames = csio__framer_take(framer, &size);
  return csio__ws_send_bytes(ws, frames, size, payload);
}

/* Sends the frames that were made already. */
static int send_made(csio_ws *ws)
{
  size_t payload = ws->batched;
  csio__framer *batch = take_batch(ws);
  int err = send_batch(ws, batch, payload);
  csio__framer_release(batch);
  return err;
}

/* Sends the pong that waits and as many of the first messages as fit one batch, or the first one alone. Of
 * these, only an urgent one goes before the frames that were made already. */
static int send_some(csio_ws *ws, csio__framer *framer)
{
  size_t queued = ws->queued;
  csio_buffer *pong = ws->pong;
  bool any = pong && csio__framer_add(framer, CSIO__CONTROL_PONG, pong->bytes, pong->size);
  if (any) {
    csio_buffer_destroy(pong);
    ws->pong = NULL;
  }
  while (ws->first && (ws->urgent || !ws->batch)) {
    unsigned kind = prepare_first(ws); /* which may put another message first */
    if (csio__framer_add(framer, kind, ws->first->bytes, ws->first->size)) {
      csio_buffer_destroy(take_first(ws));
      any = true;
    } else if (any) {
      break;
    } else {
      return send_alone(ws, framer, kind, take_first(ws));
    }
  }
  return any ? send_batch(ws, framer, queued - ws->queued) : CSIO_ESYSTEM;
}

static int send_close(csio_ws *ws, csio__framer *framer, uint16_t code, const void *reason, size_t size)
{
  ws->close_sent = true;
  if (!csio__framer_add_close(framer, code, reason, size)) return CSIO_ESYSTEM;
  return send_batch(ws, framer, 0);
}

/* Sends what waits, in its order, until the socket takes no more; whether nothing is left. */
static bool send_all(csio_ws *ws)
{
  csio__framer *framer = csio__framer_of(ws->handle.loop);
  size_t queued = ws->queued;
  int err = framer ? CSIO_OK : CSIO_ENOMEM;
  while (!err && send_rest(ws)) {
    bool closes = ws->state == CSIO__WS_CLOSING && !ws->close_sent;
    if (ws->first && queued - ws->queued >= BATCH) return csio__carrier_flush_soon(ws->carrier), false;
    if (ws->batch && !ws->urgent && !ws->pong)
      err = send_made(ws);
    else if (ws->first || ws->pong)
      err = send_some(ws, framer);
    else if (closes && ws->drained)
      err = send_close(ws, framer, ws->close_code, ws->close_reason.data, ws->close_reason.size);
    else
      return true;
  }
  if (err) csio__ws_fail_with(ws, err);
  return false;
}

void csio__ws_flush(csio_ws *ws)
{
  if (ws->state == CSIO__WS_CONNECTING) send_rest(ws);
  if (ws->state != CSIO__WS_OPEN && ws->state != CSIO__WS_CLOSING) return;
  if (!send_all(ws) || ws->drained || csio__carrier_holds_bytes(ws->carrier)) return;
  ws->drained = true;
  if (ws->state == CSIO__WS_CLOSING) csio__carrier_flush_soon(ws->carrier);
  if (ws->on_drain) ws->on_drain(ws, ws->data);
}

void csio__ws_say_close(csio_ws *ws, uint16_t code, const uint8_t *reason, size_t size)
{
  csio__framer *framer = csio__framer_of(ws->handle.loop);
  if (ws->close_sent || !framer || !send_rest(ws)) return;
  send_close(ws, framer, code, reason, size);
}
