/* Messages both ways, and the closing handshake. */
#include "ws/ws_internal.h"

#include "ws/frame_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
  /* The most written in one writable callback, lest one connection keep the loop from the others. */
  BATCH = 1 << 20,
  /* The most that a peer's mere announcement of a large frame makes us allocate at once. */
  MAX_RESERVE = 16 << 20,
  /* Room for fragments that is kept from one message to the next. */
  MAX_KEPT = 64 * 1024,
  /* Received in one turn, it tells of more that waits: half of what is read at once. */
  MUCH_RECEIVED = 1024,
  MAX_HELD_TURNS = 8,
  /* How long a peer has to answer the close frame after a message too large. */
  LINGER_SECONDS = 5,
};

/* Ends the WebSocket with an error, not its connection's callback. */
static int fail(csio_ws *ws, int code, const char *what)
{
  csio__failure failure;
  csio__failure_set(&failure, code, "%s%s%s", what ? ws->url.host : "", what ? " sent " : "",
      what ? what : csio_err_message(code));
  csio__ws_fail(ws, &failure);
  return 0;
}

/* --- sending --- */

void csio__ws_drop_queue(csio_ws *ws)
{
  while (ws->first) {
    csio_buffer *message = ws->first;
    ws->first = message->next;
    csio_buffer_destroy(message);
  }
  ws->last = &ws->first;
  ws->queued = 0;
  ws->in_lws = 0;
}

int csio_ws_send_buffer(csio_ws *ws, csio_ws_type type, csio_buffer *message)
{
  if (ws->state != CSIO__WS_OPEN) {
    csio_buffer_destroy(message);
    return CSIO_ESTATE;
  }
  message->binary = type & CSIO_WS_BINARY;
  message->uncompressed = type & CSIO_WS_UNCOMPRESSED;
  message->compressed = false;
  message->next = NULL;
  if (!ws->first) csio__conn_flush(ws->conn);
  *ws->last = message;
  ws->last = &message->next;
  ws->queued += message->size;
  ws->drained = false;
  return CSIO_OK;
}

int csio_ws_send(csio_ws *ws, csio_ws_type type, const void *bytes, size_t size)
{
  if (ws->state != CSIO__WS_OPEN) return CSIO_ESTATE;
  csio_buffer *message = csio_buffer_create(size);
  if (!message) return CSIO_ENOMEM;
  if (size) memcpy(message->bytes, bytes, size);
  return csio_ws_send_buffer(ws, type, message);
}

static csio_buffer *take_first(csio_ws *ws)
{
  csio_buffer *message = ws->first;
  ws->first = message->next;
  if (!ws->first) ws->last = &ws->first;
  ws->queued -= message->size;
  return message;
}

/* Compresses the first message of the queue where it has to be, and says what its frame is. */
static unsigned prepare_first(csio_ws *ws)
{
  csio_buffer *message = ws->first;
  unsigned kind = message->binary ? CSIO__FRAME_BINARY : CSIO__FRAME_TEXT;
  if (message->compressed) return kind | CSIO__FRAME_COMPRESSED;
  bool compress =
      ws->deflate_terms.accepted && !message->uncompressed && message->size >= ws->deflate_threshold;
  csio_buffer *compressed = compress ? csio__deflate(ws->handle.loop, message) : NULL;
  if (!compressed) {
    message->uncompressed = true; /* should it be asked again */
    return kind;
  }
  compressed->binary = message->binary;
  compressed->compressed = true;
  ws->queued += compressed->size;
  csio_buffer_destroy(take_first(ws));
  compressed->next = ws->first;
  if (!ws->first) ws->last = &compressed->next;
  ws->first = compressed;
  return kind | CSIO__FRAME_COMPRESSED;
}

/* To libwebsockets the bytes are a body of HTTP, which it sends as they are. What the socket does not take
 * it keeps, and calls back when that is out. */
static int write_frames(csio_ws *ws, struct lws *wsi, uint8_t *frames, size_t size, size_t payload)
{
  int written = lws_write(wsi, frames, size, LWS_WRITE_HTTP);
  csio__busy_poll_expect(&ws->handle.loop->busy_poll);
  if (lws_partial_buffered(wsi)) ws->in_lws = payload;
  return written;
}

/* A message too large for a batch. */
static int write_alone(csio_ws *ws, struct lws *wsi, csio__framer *framer)
{
  unsigned kind = prepare_first(ws);
  csio_buffer *message = take_first(ws);
  size_t size;
  uint8_t *frame = csio__framer_wrap(framer, kind, message, &size);
  int written = frame ? write_frames(ws, wsi, frame, size, message->size) : -1;
  csio_buffer_destroy(message);
  return written;
}

/* Writes as many of the first messages as fit one batch. */
static int write_some(csio_ws *ws, struct lws *wsi, csio__framer *framer)
{
  size_t queued = ws->queued, size;
  bool any = false;
  while (ws->first) {
    unsigned kind = prepare_first(ws); /* which may put another message first */
    if (!csio__framer_add(framer, kind, ws->first)) break;
    csio_buffer_destroy(take_first(ws));
    any = true;
  }
  if (!any) return write_alone(ws, wsi, framer);
  uint8_t *frames = csio__framer_take(framer, &size);
  return write_frames(ws, wsi, frames, size, queued - ws->queued);
}

static int write_queue(csio_ws *ws, struct lws *wsi)
{
  csio__framer *framer = csio__framer_of(ws->handle.loop);
  if (!framer) return fail(ws, CSIO_ENOMEM, NULL);
  size_t queued = ws->queued;
  int err = 0;
  while (ws->first && !ws->in_lws && queued - ws->queued < BATCH && err >= 0)
    err = write_some(ws, wsi, framer);
  if (ws->first) lws_callback_on_writable(wsi);
  return err;
}

/* What libwebsockets calls LWS_WRITE_CLOSE in its private headers. */
static const enum lws_write_protocol WRITE_CLOSE = (enum lws_write_protocol)4;

/* Sent by ourselves and not by libwebsockets' own means, which would not show the code that the peer answers.
 */
static int write_close(csio_ws *ws, struct lws *wsi)
{
  uint8_t frame[LWS_PRE + 2 + CSIO__WS_MAX_REASON];
  size_t size = 0;
  if (ws->close_code) {
    frame[LWS_PRE] = (uint8_t)(ws->close_code >> 8);
    frame[LWS_PRE + 1] = (uint8_t)ws->close_code;
    memcpy(frame + LWS_PRE + 2, ws->close_reason, ws->close_size);
    size = 2 + (size_t)ws->close_size;
  }
  ws->close_sent = true;
  return lws_write(wsi, frame + LWS_PRE, size, WRITE_CLOSE) < 0 ? -1 : 0;
}

int csio__ws_writable(csio__conn *conn)
{
  csio_ws *ws = conn->ws;
  struct lws *wsi = conn->wsi;
  if (ws->lingering) return ws->close_sent ? 0 : write_close(ws, wsi);
  if (ws->state == CSIO__WS_ENDED || ws->close_received) return 0;
  ws->in_lws = 0;
  if (write_queue(ws, wsi) < 0) return -1;
  if (ws->state == CSIO__WS_ENDED || ws->first || ws->in_lws) return 0;
  if (!ws->drained) {
    ws->drained = true;
    if (ws->on_drain) ws->on_drain(ws, ws->data);
  }
  bool all_out = !ws->first && !ws->in_lws;
  return ws->state == CSIO__WS_CLOSING && all_out && !ws->close_sent ? write_close(ws, wsi) : 0;
}

/* What the callbacks of one turn send goes out at its end, without asking the kernel first whether the socket
 * takes it: it mostly does. While so much arrives that more is sure to wait, the answers to it are waited
 * for, too. */
void csio__ws_flush(csio__conn *conn)
{
  csio_ws *ws = conn->ws;
  if (lws_partial_buffered(conn->wsi)) return; /* it calls back when that is out */
  bool more_waits = ws->received >= MUCH_RECEIVED && ws->held_turns < MAX_HELD_TURNS;
  ws->received = 0;
  if (more_waits) {
    ws->held_turns++;
    csio__conn_flush(conn);
    return;
  }
  ws->held_turns = 0;
  if (csio__ws_writable(conn)) csio__ws_closed(ws, 1006, "", 0);
}

/* --- receiving --- */

static void deliver(csio_ws *ws, const uint8_t *bytes, size_t size)
{
  if (ws->on_message) ws->on_message(ws, ws->binary ? CSIO_WS_BINARY : CSIO_WS_TEXT, bytes, size, ws->data);
}

/* A connection cut with data unread is reset, and the peer would not learn the reason. So it goes on for a
 * while, and drops what comes, until the peer answers the close frame. */
static int refuse_too_large(csio__conn *conn)
{
  csio_ws *ws = conn->ws;
  ws->lingering = true;
  ws->close_code = LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE;
  ws->close_size = 0;
  lws_callback_on_writable(conn->wsi);
  lws_set_timeout(conn->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LINGER_SECONDS);
  csio__failure failure;
  csio__failure_set(
      &failure, CSIO_ETOO_LARGE, "%s sent a message of more than %zu bytes", ws->url.host, ws->max_message);
  csio__ws_fail(ws, &failure);
  return 0;
}

static void message_ended(csio_ws *ws)
{
  deliver(ws, ws->message.data, ws->message.size);
  ws->message.size = 0;
  if (ws->message.capacity > MAX_KEPT) csio__bytes_free(&ws->message);
}

static int received_plain(csio__conn *conn, const uint8_t *bytes, size_t size, bool first, bool final)
{
  csio_ws *ws = conn->ws;
  size_t rest = lws_remaining_packet_payload(conn->wsi);
  if (ws->max_message && (size + rest > ws->max_message || ws->message.size > ws->max_message - size - rest))
    return refuse_too_large(conn);
  if (first && final) {
    deliver(ws, bytes, size);
    return 0;
  }
  size_t expected = size + (rest < MAX_RESERVE ? rest : MAX_RESERVE);
  if (!csio__bytes_reserve(&ws->message, expected) || !csio__bytes_append(&ws->message, bytes, size))
    return fail(ws, CSIO_ENOMEM, NULL);
  if (final) message_ended(ws);
  return 0;
}

static int received_compressed(csio__conn *conn, const uint8_t *bytes, size_t size, bool final)
{
  csio_ws *ws = conn->ws;
  switch (csio__inflate(&ws->inflater, bytes, size, final, ws->max_message, &ws->message)) {
  case CSIO__INFLATED:
    break;
  case CSIO__INFLATE_TOO_LARGE:
    return refuse_too_large(conn);
  case CSIO__INFLATE_BROKEN:
    return fail(ws, CSIO_EPROTOCOL, "what cannot be decompressed");
  case CSIO__INFLATE_NO_MEMORY:
    return fail(ws, CSIO_ENOMEM, NULL);
  }
  if (!final) return 0;
  if (ws->deflate_terms.server_no_context_takeover) {
    csio__inflater_free(ws->inflater);
    ws->inflater = NULL;
  }
  message_ended(ws);
  return 0;
}

int csio__ws_received(csio__conn *conn, const uint8_t *bytes, size_t size)
{
  enum { RSV1 = 0x40 };
  csio_ws *ws = conn->ws;
  struct lws *wsi = conn->wsi;
  if (ws->state == CSIO__WS_ENDED) return 0;
  ws->received += size;
  bool first = lws_is_first_fragment(wsi), final = lws_is_final_fragment(wsi);
  if (first) {
    int bits = lws_get_reserved_bits(wsi); /* libwebsockets refuses any where no extension is on */
    if (bits & ~RSV1) return fail(ws, CSIO_EPROTOCOL, "what is no WebSocket frame");
    ws->message.size = 0;
    ws->binary = lws_frame_is_binary(wsi);
    ws->compressed = bits;
  }
  return ws->compressed ? received_compressed(conn, bytes, size, final)
                        : received_plain(conn, bytes, size, first, final);
}

/* --- the end --- */

int csio__ws_peer_closed(csio__conn *conn, const uint8_t *payload, size_t size)
{
  csio_ws *ws = conn->ws;
  if (ws->state == CSIO__WS_ENDED) return ws->close_sent ? -1 : 0;
  ws->state = CSIO__WS_CLOSING;
  ws->close_received = true;
  ws->close_code = size < 2 ? 1005 : (uint16_t)(payload[0] << 8 | payload[1]);
  ws->close_size = size > 2 ? (uint8_t)(size - 2) : 0;
  if (ws->close_size) memcpy(ws->close_reason, payload + 2, ws->close_size);
  csio__ws_drop_queue(ws);
  /* libwebsockets answers with a close frame of its own unless told to end: the peer may have answered ours
   */
  return ws->close_sent ? -1 : 0;
}

/* Whether the peer's end of the connection still stands. Then it was libwebsockets that gave up, for it could
 * not read what the peer sent. */
static bool peer_is_there(struct lws *wsi)
{
  SSL *ssl = lws_get_ssl(wsi);
  if (ssl && SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) return false;
  char byte;
  ssize_t size = recv(lws_get_socket_fd(wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return size > 0 || (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
}

void csio__ws_ended(csio__conn *conn)
{
  csio_ws *ws = conn->ws;
  conn->dead = true;
  ws->conn = NULL;
  csio__tls_session *session = csio__conn_tls(conn);
  csio__failure failure;
  if (session)
    csio__tls_failure(
        session, ws->url.host, &failure); /* forgotten, lest it be taken for another connection's */
  if (ws->close_received) {
    csio__ws_closed(ws, ws->close_code, ws->close_reason, ws->close_size);
  } else if (ws->state == CSIO__WS_OPEN && peer_is_there(conn->wsi)) {
    csio__failure_set(&failure, CSIO_EPROTOCOL, "%s sent what is no WebSocket frame", ws->url.host);
    csio__ws_fail(ws, &failure);
  } else {
    csio__ws_closed(ws, 1006, "", 0);
  }
}

void csio__ws_conn_gone(csio__conn *conn)
{
  csio_ws *ws = conn->ws;
  if (!conn->dead) { /* some ends libwebsockets reports in no other way */
    if (ws->state == CSIO__WS_CONNECTING)
      csio__ws_connect_failed(conn, "", 0);
    else
      csio__ws_ended(conn);
  }
  if (ws->conn == conn) ws->conn = NULL;
}
