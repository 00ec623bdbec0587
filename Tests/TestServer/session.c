#include "session.h"

#include "base64.h"

#include "handshake.h"
#include "http_front.h"
#include "http_response.h"
#include "polling.h"
#include "upgrade.h"
#include "websocket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FAREWELL_MS = 30000 }; /* time for a polling client to fetch the close packet */

static struct session **bucket_of(struct server *server, struct slice id)
{
  size_t hash = 5381;
  for (size_t i = 0; i < id.length; i++)
    hash = hash * 33 + (unsigned char)id.data[i];
  return &server->sessions[hash % SESSION_BUCKETS];
}

static void remove_from_table(struct session *session)
{
  struct session **link = bucket_of(session->server, slice_of(session->id));
  while (*link != session)
    link = &(*link)->next;
  *link = session->next;
}

static void on_heartbeat(uv_timer_t *timer);

/* The time to answer a ping counts from when the ping was due: a late ping gives the client no more time,
 * so clients can rely on interval plus timeout. But the client always gets at least half of the timeout. */
static void start_waiting_for_pong(struct session *session)
{
  const struct options *options = session->server->options;
  uint64_t now = uv_now(session->server->loop), least = now + options->ping_timeout / 2;
  uint64_t due = session->heartbeat_base + options->ping_interval + options->ping_timeout;
  session->awaiting_pong = true;
  session->pong_due = due > least ? due : least;
  uv_timer_start(&session->heartbeat, on_heartbeat, session->pong_due - now, 0);
}

static void on_heartbeat(uv_timer_t *timer)
{
  struct session *session = timer->data;
  if (session->state == SESSION_CLOSING) {
    session_close(session, "the close packet was not fetched", PACKET_CLOSE);
  } else if (session->awaiting_pong) {
    session_close(session, "ping timeout", PACKET_CLOSE);
  } else {
    start_waiting_for_pong(session);
    session_send_packet(session, PACKET_PING, (struct slice){NULL, 0});
  }
}

struct session *session_find(struct server *server, struct slice id)
{
  struct session *session = *bucket_of(server, id);
  while (session && !slice_is(id, session->id))
    session = session->next;
  /* Input is handled before timers that are due; it must not keep a session alive whose time is up. */
  if (session && session->awaiting_pong && uv_now(server->loop) >= session->pong_due) {
    session_close(session, "ping timeout", PACKET_CLOSE);
    return NULL;
  }
  return session;
}

static void schedule_ping(struct session *session)
{
  session->awaiting_pong = false;
  session->heartbeat_base = uv_now(session->server->loop);
  if (!session->silent)
    uv_timer_start(&session->heartbeat, on_heartbeat, session->server->options->ping_interval, 0);
}

static void on_timer_closed(uv_handle_t *handle)
{
  struct session *session = handle->data;
  if (--session->open_timers) return;
  buffer_free(&session->queue);
  buffer_free(&session->headers);
  buffer_free(&session->query);
  free(session);
}

static void close_timers(struct session *session)
{
  uv_close((uv_handle_t *)&session->heartbeat, on_timer_closed);
  uv_close((uv_handle_t *)&session->upgrade, on_timer_closed);
}

struct session *session_create(struct server *server, const struct session_handler *handler,
    enum transport transport, const struct http_request *request)
{
  struct session *session = calloc(1, sizeof *session);
  if (!session) return NULL;
  session->server = server;
  session->handler = handler;
  session->transport = transport;
  handshake_describe(&session->headers, &session->query, request);
  if (session->headers.failed || session->query.failed || !server_make_id(server, session->id)) {
    buffer_free(&session->headers);
    buffer_free(&session->query);
    free(session);
    return NULL;
  }
  uv_timer_init(server->loop, &session->heartbeat);
  uv_timer_init(server->loop, &session->upgrade);
  session->heartbeat.data = session->upgrade.data = session;
  session->open_timers = 2;
  if (!handler->opened(session)) {
    session->state = SESSION_CLOSED;
    close_timers(session);
    return NULL;
  }
  struct session **bucket = bucket_of(server, slice_of(session->id));
  session->next = *bucket;
  *bucket = session;
  server_log(
      server, "%s: opened by %s", session->id, transport == TRANSPORT_POLLING ? "polling" : "websocket");
  return session;
}

static struct connection **place_of(struct session *session, enum role role)
{
  switch (role) {
  case ROLE_POLL:
    return &session->poll;
  case ROLE_POST:
    return &session->post;
  case ROLE_WEBSOCKET:
    return &session->websocket;
  default:
    return &session->probe;
  }
}

void session_attach(struct session *session, struct connection *connection, enum role role)
{
  connection->session = session;
  connection->role = role;
  *place_of(session, role) = connection;
}

void session_detach(struct connection *connection)
{
  *place_of(connection->session, connection->role) = NULL;
  connection->session = NULL;
  connection->role = ROLE_NONE;
}

bool session_is_slow(const struct session *session, size_t more)
{
  size_t waiting = session->websocket ? session->websocket->output.length : session->queue.length;
  return waiting + more > session->server->queue_limit;
}

/* True if the session can take the packet. Ends a session whose client reads too slowly. */
static bool accepts(struct session *session, size_t length)
{
  if (session->state != SESSION_OPEN) return false;
  if (!session_is_slow(session, length)) return true;
  server_log(session->server, "%s: dropped: the client reads too slowly", session->id);
  session_drop(session);
  return false;
}

static void send_handshake(struct session *session)
{
  const struct options *options = session->server->options;
  bool can_upgrade = session->transport == TRANSPORT_POLLING && options->websocket;
  char text[256];
  int length = snprintf(text, sizeof text,
      "{\"sid\":\"%s\",\"upgrades\":%s,\"pingInterval\":%llu,\"pingTimeout\":%llu,\"maxPayload\":%llu}",
      session->id, can_upgrade ? "[\"websocket\"]" : "[]", (unsigned long long)options->ping_interval,
      (unsigned long long)options->ping_timeout, (unsigned long long)options->max_payload);
  if (options->garbage == GARBAGE_HANDSHAKE) length /= 2;
  session_send_packet(session, PACKET_OPEN, (struct slice){text, (size_t)length});
  if (options->garbage == GARBAGE_POLL) session->next_poll_status = 200;
  schedule_ping(session);
}

static void on_stalled(uv_timer_t *timer)
{
  send_handshake(timer->data);
}

void session_send_handshake(struct session *session)
{
  uint64_t stall = session->server->options->stall_handshake;
  if (stall)
    uv_timer_start(&session->heartbeat, on_stalled, stall, 0);
  else
    send_handshake(session);
}

void session_send_packet(struct session *session, enum packet_type type, struct slice payload)
{
  if (!accepts(session, payload.length)) return;
  if (session->websocket)
    websocket_send_text(session->websocket, (char)type, payload);
  else
    polling_queue_packet(session, (char)type, payload);
}

void session_send_binary(struct session *session, struct slice bytes)
{
  if (!accepts(session, bytes.length)) return;
  if (session->websocket)
    websocket_send_binary(session->websocket, bytes);
  else
    polling_queue_binary(session, bytes);
}

static void receive_base64(struct session *session, struct slice text)
{
  struct buffer bytes = {0};
  if (base64_decode(&bytes, text))
    session_receive_binary(session, buffer_slice(&bytes));
  else
    session_close(session, "invalid base64", PACKET_CLOSE);
  buffer_free(&bytes);
}

void session_receive_text(struct session *session, struct slice packet)
{
  if (packet.length && *packet.data == 'b') {
    receive_base64(session, (struct slice){packet.data + 1, packet.length - 1});
    return;
  }
  if (session->state != SESSION_OPEN) return;
  struct slice payload = {packet.data + 1, packet.length - 1};
  switch (packet.length ? *packet.data : 0) {
  case PACKET_MESSAGE:
    session->handler->text(session, payload);
    break;
  case PACKET_PONG:
    if (session->awaiting_pong) schedule_ping(session);
    break;
  case PACKET_CLOSE:
    session_close(session, "closed by the client", PACKET_NOOP);
    break;
  case PACKET_PING:
    session_close(session, "the client pinged the server", PACKET_CLOSE);
    break;
  case PACKET_OPEN:
  case PACKET_UPGRADE:
  case PACKET_NOOP:
    break; /* harmless in the wrong place */
  default:
    session_close(session, "invalid packet", PACKET_CLOSE);
  }
}

void session_receive_binary(struct session *session, struct slice bytes)
{
  if (session->state == SESSION_OPEN) session->handler->binary(session, bytes);
}

void session_close(struct session *session, const char *reason, enum packet_type last_packet)
{
  if (session->state == SESSION_CLOSED) return;
  server_log(session->server, "%s: closed: %s", session->id, reason);
  bool was_open = session->state == SESSION_OPEN;
  session->state = SESSION_CLOSED;
  remove_from_table(session);
  if (was_open) session->handler->closed(session);
  struct connection *connection;
  if ((connection = session->poll)) {
    char packet = (char)last_packet;
    session_detach(connection);
    http_respond(connection, 200, "text/plain; charset=UTF-8", (struct slice){&packet, 1});
  }
  if ((connection = session->post)) {
    session_detach(connection);
    http_refuse_post(connection);
  }
  if ((connection = session->websocket)) {
    session_detach(connection);
    websocket_close(connection, WEBSOCKET_NO_STATUS);
  }
  if ((connection = session->probe)) {
    session_detach(connection);
    websocket_close(connection, WEBSOCKET_NO_STATUS);
  }
  close_timers(session);
}

void session_shut_down(struct session *session, const char *reason)
{
  if (session->state != SESSION_OPEN) return;
  if (session->websocket) {
    /* The close frame goes out after the frames that are already queued. */
    session_close(session, reason, PACKET_CLOSE);
    return;
  }
  server_log(session->server, "%s: closing: %s", session->id, reason);
  polling_queue_packet(session, PACKET_CLOSE, (struct slice){NULL, 0});
  session->state = SESSION_CLOSING;
  session->awaiting_pong = false;
  session->handler->closed(session);
  upgrade_cancel(session);
  uv_timer_start(&session->heartbeat, on_heartbeat, FAREWELL_MS, 0);
}

void session_drop(struct session *session)
{
  struct connection *connections[] = {session->poll, session->post, session->websocket, session->probe};
  for (size_t i = 0; i < sizeof connections / sizeof *connections; i++) {
    if (!connections[i]) continue;
    session_detach(connections[i]);
    connection_kill(connections[i]);
  }
  session_close(session, "dropped", PACKET_CLOSE);
}

void session_silence(struct session *session)
{
  session->silent = true;
  session->awaiting_pong = false;
  uv_timer_stop(&session->heartbeat);
}

void session_connection_lost(struct connection *connection)
{
  struct session *session = connection->session;
  enum role role = connection->role;
  if (!session) return;
  session_detach(connection);
  if (role == ROLE_PROBE)
    upgrade_cancel(session);
  else
    session_close(
        session, role == ROLE_WEBSOCKET ? "the WebSocket is gone" : "a request was aborted", PACKET_CLOSE);
}
