#include "polling.h"

#include "base64.h"
#include "faults.h"
#include "http_response.h"
#include "incoming.h"
#include "record.h"
#include "utf8.h"
#include "websocket.h"

#include <string.h>

static const char separator = 0x1E;

/* The queue keeps packets separate and bytes unencoded, since an upgrade may have to send them as frames.
 * Each entry is this header and then its data. */
struct queued {
  size_t length;
  char type; /* 0 for binary */
};

static void queue(struct session *session, char type, struct slice payload)
{
  struct queued header = {payload.length, type};
  buffer_append(&session->queue, &header, sizeof header);
  buffer_append_slice(&session->queue, payload);
  /* The poll is answered from its writable callback, so that everything queued in one go is sent in one
   * response. */
  if (session->poll) connection_send(session->poll);
}

void polling_queue_packet(struct session *session, char type, struct slice payload)
{
  queue(session, type, payload);
}

void polling_queue_binary(struct session *session, struct slice bytes)
{
  queue(session, 0, bytes);
}

static bool next_queued(struct slice *rest, char *type, struct slice *payload)
{
  struct queued header;
  if (!rest->length) return false;
  memcpy(&header, rest->data, sizeof header);
  *type = header.type;
  *payload = (struct slice){rest->data + sizeof header, header.length};
  rest->data += sizeof header + header.length;
  rest->length -= sizeof header + header.length;
  return true;
}

static void encode_queue(struct session *session, struct buffer *out)
{
  struct slice rest = buffer_slice(&session->queue), payload;
  char type;
  for (bool first = true; next_queued(&rest, &type, &payload); first = false) {
    if (!first) buffer_append_char(out, separator);
    if (type) {
      buffer_append_char(out, type);
      buffer_append_slice(out, payload);
    } else {
      buffer_append_char(out, 'b');
      base64_encode(out, payload);
    }
  }
}

void polling_respond_if_ready(struct connection *connection)
{
  struct session *session = connection->session;
  if (session->queue.failed) {
    session_drop(session);
    return;
  }
  if (!session->queue.length) return;
  struct buffer body = {0};
  encode_queue(session, &body);
  buffer_free(&session->queue);
  session_detach(connection);
  if (body.failed)
    connection_kill(connection);
  else
    http_respond(connection, 200, "text/plain; charset=UTF-8", buffer_slice(&body));
  buffer_free(&body);
  if (session->state == SESSION_CLOSING) session_close(session, "the close packet was fetched", PACKET_CLOSE);
}

void polling_release(struct session *session)
{
  static const char noop = PACKET_NOOP;
  struct connection *connection = session->poll;
  if (!connection) return;
  session_detach(connection);
  http_respond(connection, 200, "text/plain; charset=UTF-8", (struct slice){&noop, 1});
}

void polling_move_queue(struct session *session)
{
  struct slice rest = buffer_slice(&session->queue), payload;
  char type;
  while (next_queued(&rest, &type, &payload)) {
    if (type)
      websocket_send_text(session->websocket, type, payload);
    else
      websocket_send_binary(session->websocket, payload);
  }
  buffer_free(&session->queue);
}

void polling_on_poll(struct session *session, struct connection *connection)
{
  if (session->poll) {
    session_close(session, "two polls at once", PACKET_CLOSE);
    http_respond_error(connection, ERROR_BAD_REQUEST);
    return;
  }
  if (faults_answer_poll(session, connection)) return;
  session_attach(session, connection, ROLE_POLL);
  connection_set_deadline(connection, 0);
  if (session->queue.length) connection_send(connection);
}

void polling_on_data(struct session *session, struct connection *connection, struct slice body)
{
  /* The connection stays attached meanwhile: whatever ends the session answers this request or cuts it
   * off. */
  if (!utf8_is_valid(body)) session_close(session, "a payload that is not UTF-8", PACKET_CLOSE);
  while (session->state == SESSION_OPEN) {
    const char *end = body.length ? memchr(body.data, separator, body.length) : NULL;
    struct slice packet = {body.data, end ? (size_t)(end - body.data) : body.length};
    record_packet(connection, packet);
    bool is_close = slice_is(packet, "1");
    if (is_close) session_detach(connection);
    session_receive_text(session, packet);
    if (is_close) {
      http_respond(connection, 200, "text/html", slice_of("ok"));
      return;
    }
    if (!end) break;
    body.data += packet.length + 1;
    body.length -= packet.length + 1;
  }
  /* Before the answer, so that a handler can still affect this request. */
  incoming_run(session->server);
  if (connection->role != ROLE_POST) return;
  session_detach(connection);
  http_respond(connection, 200, "text/html", slice_of("ok"));
}
