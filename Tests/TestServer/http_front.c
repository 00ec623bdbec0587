#include "http_front.h"

#include "http_response.h"
#include "client.h"
#include "faults.h"
#include "polling.h"
#include "record.h"
#include "session.h"
#include "upgrade.h"
#include "websocket.h"

#include <string.h>

static void begin_exchange(struct connection *connection, const struct http_request *request)
{
  struct http_exchange *http = &connection->http;
  struct slice origin = http_header(request, "origin");
  http->busy = true;
  /* The response to a HEAD has a body here, so the connection cannot be kept. */
  http->keep_alive = request->keep_alive && !slice_is(request->method, "HEAD");
  http->discard = request->content_length;
  if (origin.length >= sizeof http->origin) origin.length = 0;
  if (origin.length) memcpy(http->origin, origin.data, origin.length);
  http->origin[origin.length] = 0;
  http->begins_session = false;
}

/* Answers something that is not a request, and reads nothing more. */
static void refuse_connection(struct connection *connection, int status)
{
  connection->http.keep_alive = false;
  *connection->http.origin = 0;
  http_respond_status(connection, status);
}

/* True for the endpoint with or without its last slash, which clients may leave out. */
static bool path_is(struct slice path, const char *endpoint)
{
  size_t length = strlen(endpoint);
  return slice_is(path, endpoint) || (path.length == length - 1 && !memcmp(path.data, endpoint, path.length));
}

static const struct session_handler *handler_for(const struct server *server, struct slice path)
{
  if (path_is(path, server->options->path)) return &client_handler;
  if (server->options->conformance && path_is(path, "/engine.io/")) return &echo_handler;
  return NULL;
}

/* The query of an Engine.IO request. */
struct target {
  enum transport transport;
  bool known_transport, version_4, has_session_id;
  struct session *session;
};

static struct target parse_target(struct server *server, struct slice query)
{
  struct target target = {0};
  struct buffer value = {0};
  if (http_query_value(query, "transport", &value)) {
    bool websocket = slice_is(buffer_slice(&value), "websocket");
    target.transport = websocket ? TRANSPORT_WEBSOCKET : TRANSPORT_POLLING;
    target.known_transport = websocket
                                 ? server->options->websocket
                                 : server->options->polling && slice_is(buffer_slice(&value), "polling");
  }
  buffer_clear(&value);
  target.version_4 = http_query_value(query, "EIO", &value) && slice_is(buffer_slice(&value), "4");
  buffer_clear(&value);
  target.has_session_id = http_query_value(query, "sid", &value) && value.length;
  if (target.has_session_id) target.session = session_find(server, buffer_slice(&value));
  buffer_free(&value);
  return target;
}

/* Checks in the order of the reference server, so that a request with two faults gets the same code from
 * both. */
static bool verify(const struct target *target, const struct http_request *request, enum engine_error *error)
{
  bool upgrade = request->upgrades_to_websocket;
  *error = ERROR_BAD_REQUEST;
  if (!target->known_transport) {
    *error = ERROR_UNKNOWN_TRANSPORT;
  } else if (target->has_session_id) {
    if (!target->session)
      *error = ERROR_UNKNOWN_SESSION;
    else if (upgrade)
      return target->transport == TRANSPORT_WEBSOCKET;
    else
      return target->transport == target->session->transport;
  } else if (!slice_is(request->method, "GET")) {
    *error = ERROR_BAD_HANDSHAKE_METHOD;
  } else if (upgrade == (target->transport == TRANSPORT_WEBSOCKET)) {
    *error = ERROR_UNSUPPORTED_VERSION;
    return target->version_4;
  }
  return false;
}

/* Makes the connection a WebSocket. */
static bool accept_websocket(struct connection *connection, const struct http_request *request)
{
  if (slice_is(request->method, "GET") && !request->content_length && websocket_accept(connection, request))
    return true;
  http_respond_error(connection, ERROR_BAD_REQUEST);
  return false;
}

static void open_session(struct connection *connection, const struct session_handler *handler,
    enum transport transport, const struct http_request *request)
{
  struct server *server = connection->server;
  if (faults_answer_handshake(connection)) return;
  if (!faults_make_sticky(connection)) {
    connection_kill(connection);
    return;
  }
  connection->http.begins_session = true;
  if (transport == TRANSPORT_WEBSOCKET && !accept_websocket(connection, request)) return;
  struct session *session = session_create(server, handler, transport, request);
  if (!session) {
    connection_kill(connection);
    return;
  }
  strcpy(session->sticky_value, connection->http.sticky_value);
  if (transport == TRANSPORT_WEBSOCKET) {
    session_attach(session, connection, ROLE_WEBSOCKET);
    record_websocket(connection, session, false);
  } else {
    polling_on_poll(session, connection);
  }
  session_send_handshake(session);
}

static void on_post(
    struct connection *connection, struct session *session, const struct http_request *request)
{
  struct http_exchange *http = &connection->http;
  /* A client with "Expect: 100-continue" may or may not send the body after a refusal, so the connection
   * cannot go on. */
  bool keep_alive = http->keep_alive;
  if (request->expects_continue) http->keep_alive = false;
  if (faults_answer_post(session, connection)) return;
  if (session->post) {
    session_close(session, "two POSTs at once", PACKET_CLOSE);
    http_respond_error(connection, ERROR_BAD_REQUEST);
  } else if (slice_is_ignoring_case(http_header(request, "content-type"), "application/octet-stream")) {
    session_close(session, "a payload that is not text", PACKET_CLOSE);
    http_respond_error(connection, ERROR_BAD_REQUEST);
  } else if (request->content_length > connection->server->options->max_payload) {
    http_respond_status(connection, 413);
  } else {
    http->keep_alive = keep_alive;
    http->discard = 0;
    http->awaited = request->head_length + request->content_length;
    session_attach(session, connection, ROLE_POST);
    if (request->expects_continue) {
      buffer_append_text(&connection->output, "HTTP/1.1 100 Continue\r\n\r\n");
      connection_send(connection);
    }
  }
}

static void route(struct connection *connection, const struct http_request *request)
{
  struct server *server = connection->server;
  const struct session_handler *handler = handler_for(server, request->path);
  enum engine_error error;
  if (request->chunked) {
    refuse_connection(connection, 411);
    return;
  }
  if (!handler) {
    http_respond_status(connection, 404);
    return;
  }
  if (slice_is(request->method, "OPTIONS")) {
    http_respond_preflight(connection, http_header(request, "access-control-request-headers"));
    return;
  }
  struct target target = parse_target(server, request->query);
  if (target.session && (target.session->handler != handler || !faults_sticks(target.session, request)))
    target.session = NULL;
  if (request->upgrades_to_websocket) connection->http.keep_alive = false;
  if (!verify(&target, request, &error)) {
    http_respond_error(connection, error);
  } else if (!target.session) {
    open_session(connection, handler, target.transport, request);
  } else if (request->upgrades_to_websocket) {
    if (!faults_answer_upgrade(connection) && accept_websocket(connection, request))
      upgrade_begin(target.session, connection);
  } else if (slice_is(request->method, "GET")) {
    polling_on_poll(target.session, connection);
  } else if (slice_is(request->method, "POST")) {
    on_post(connection, target.session, request);
  } else {
    http_respond_error(connection, ERROR_BAD_REQUEST);
  }
}

/* The body of the POST at the start of the input, once it is complete. */
static size_t receive_body(struct connection *connection, const char *data, size_t length, size_t head_length)
{
  size_t awaited = connection->http.awaited;
  if (length < awaited) return 0;
  connection->http.awaited = 0;
  polling_on_data(connection->session, connection, (struct slice){data + head_length, awaited - head_length});
  return awaited;
}

size_t http_receive(struct connection *connection, char *data, size_t length)
{
  struct http_exchange *http = &connection->http;
  if (http->discard) {
    size_t discarded = length < http->discard ? length : http->discard;
    http->discard -= discarded;
    return discarded;
  }
  if (http->awaited ? length < http->awaited : http->busy) return 0;
  struct http_request request;
  switch (http_parse_request(&request, (struct slice){data, length})) {
  case HTTP_INCOMPLETE:
    return 0;
  case HTTP_MALFORMED:
    refuse_connection(connection, 400);
    return length;
  case HTTP_HEAD_TOO_LARGE:
    refuse_connection(connection, 431);
    return length;
  case HTTP_PARSED:
    break;
  }
  if (!http->awaited) {
    record_request(connection, &request);
    begin_exchange(connection, &request);
    route(connection, &request);
  }
  return http->awaited ? receive_body(connection, data, length, request.head_length) : request.head_length;
}

void http_refuse_post(struct connection *connection)
{
  struct http_exchange *http = &connection->http;
  http->discard = http->awaited;
  http->awaited = 0;
  http_respond_error(connection, ERROR_BAD_REQUEST);
}
