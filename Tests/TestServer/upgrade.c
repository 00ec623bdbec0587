#include "upgrade.h"

#include "faults.h"
#include "polling.h"
#include "record.h"
#include "websocket.h"

enum { RELEASE_MS = 100 };

static bool is_possible(const struct session *session)
{
  return session->state == SESSION_OPEN && session->transport == TRANSPORT_POLLING && !session->probe;
}

static void on_tick(uv_timer_t *timer)
{
  struct session *session = timer->data;
  if (uv_now(session->server->loop) >= session->upgrade_deadline) {
    server_log(session->server, "%s: the upgrade timed out", session->id);
    upgrade_cancel(session);
  } else if (session->probed) {
    /* The client waits for its poll to end before it upgrades. */
    polling_release(session);
  }
}

void upgrade_begin(struct session *session, struct connection *connection)
{
  if (!is_possible(session)) {
    server_log(session->server, "%s: closed a WebSocket: the session cannot be upgraded", session->id);
    record_websocket(connection, session, true);
    websocket_close(connection, WEBSOCKET_NO_STATUS);
    return;
  }
  session_attach(session, connection, ROLE_PROBE);
  record_websocket(connection, session, true);
  session->probed = false;
  session->upgrade_deadline = uv_now(session->server->loop) + session->server->options->upgrade_timeout;
  uv_timer_start(&session->upgrade, on_tick, RELEASE_MS, RELEASE_MS);
}

static void complete(struct session *session, struct connection *connection)
{
  server_log(session->server, "%s: upgraded", session->id);
  uv_timer_stop(&session->upgrade);
  polling_release(session);
  session_detach(connection);
  session_attach(session, connection, ROLE_WEBSOCKET);
  session->transport = TRANSPORT_WEBSOCKET;
  polling_move_queue(session);
}

void upgrade_receive(struct connection *connection, struct slice text)
{
  struct session *session = connection->session;
  bool is_probe = slice_is(text, "2probe");
  if (is_probe && faults_answer_probe(connection)) return;
  if (is_probe) {
    websocket_send_text(connection, PACKET_PONG, slice_of("probe"));
    session->probed = true;
  } else if (slice_is(text, "5")) {
    complete(session, connection);
  } else {
    upgrade_cancel(session);
  }
}

void upgrade_cancel(struct session *session)
{
  struct connection *connection = session->probe;
  uv_timer_stop(&session->upgrade);
  if (!connection) return;
  session_detach(connection);
  websocket_close(connection, WEBSOCKET_NO_STATUS);
}
