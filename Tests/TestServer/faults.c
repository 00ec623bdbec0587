#include "faults.h"

#include "http_response.h"
#include "upgrade.h"
#include "websocket.h"

#include <string.h>

static void answer(struct connection *connection, unsigned status)
{
  /* Like a page of a proxy: a success status, but nothing that Engine.IO can read. */
  http_respond(connection, (int)status, "text/html",
      slice_of(status == 204 || status == 304 ? "" : "<html>not what you wanted</html>"));
}

bool faults_answer_handshake(struct connection *connection)
{
  struct server *server = connection->server;
  if (server->failed_handshakes == server->options->fail_handshakes) return false;
  server->failed_handshakes++;
  answer(connection, (unsigned)server->options->fail_status);
  return true;
}

bool faults_answer_upgrade(struct connection *connection)
{
  if (!connection->server->options->refuse_upgrade) return false;
  http_respond_error(connection, ERROR_BAD_REQUEST);
  return true;
}

static bool answer_armed(unsigned *status, struct connection *connection)
{
  if (!*status) return false;
  unsigned armed = *status;
  *status = 0;
  answer(connection, armed);
  return true;
}

bool faults_answer_poll(struct session *session, struct connection *connection)
{
  return answer_armed(&session->next_poll_status, connection);
}

bool faults_answer_post(struct session *session, struct connection *connection)
{
  return answer_armed(&session->next_post_status, connection);
}

void faults_fail_next_poll(struct session *session, unsigned status)
{
  struct connection *held = session->poll;
  session->next_poll_status = status;
  if (!held) return;
  session_detach(held);
  faults_answer_poll(session, held);
}

void faults_fail_next_post(struct session *session, unsigned status)
{
  session->next_post_status = status;
}

bool faults_answer_probe(struct connection *connection)
{
  switch (connection->server->options->drop_upgrade) {
  case DROP_UPGRADE_NOT:
    return false;
  case DROP_UPGRADE_REPLY:
    websocket_send_text(connection, PACKET_PONG, slice_of("wrong"));
    return true;
  case DROP_UPGRADE_CLOSE:
    upgrade_cancel(connection->session);
    return true;
  case DROP_UPGRADE_SILENCE:
    return true;
  }
  return false;
}

bool faults_make_sticky(struct connection *connection)
{
  return !connection->server->options->sticky ||
         server_make_id(connection->server, connection->http.sticky_value);
}

bool faults_sticks(const struct session *session, const struct http_request *request)
{
  const char *name = session->server->options->sticky;
  if (!name) return true;
  struct slice cookies = http_header(request, "cookie"), value;
  return http_cookie(cookies, name, &value) && slice_is(value, session->sticky_value);
}
