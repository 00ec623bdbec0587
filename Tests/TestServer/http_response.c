#include "http_response.h"

#include <string.h>

static const char *reason_of(int status)
{
  switch (status) {
  case 200:
    return "OK";
  case 204:
    return "No Content";
  case 400:
    return "Bad Request";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 411:
    return "Length Required";
  case 413:
    return "Payload Too Large";
  case 500:
    return "Internal Server Error";
  case 503:
    return "Service Unavailable";
  case 431:
    return "Request Header Fields Too Large";
  default:
    return "Unexpected";
  }
}

static void append_status(struct buffer *out, int status)
{
  buffer_append_text(out, "HTTP/1.1 ");
  buffer_append_number(out, (unsigned long long)status);
  buffer_append_text(out, " ");
  buffer_append_text(out, reason_of(status));
  buffer_append_text(out, "\r\n");
}

void http_append_cors(struct connection *connection)
{
  struct buffer *out = &connection->output;
  buffer_append_text(out, "Access-Control-Allow-Origin: ");
  if (*connection->http.origin) {
    /* With credentials, CORS requires the origin to be named. */
    buffer_append_text(out, connection->http.origin);
    buffer_append_text(out, "\r\nAccess-Control-Allow-Credentials: true\r\nVary: Origin\r\n");
  } else {
    buffer_append_text(out, "*\r\n");
  }
}

void http_append_cookies(struct connection *connection)
{
  const struct options *options = connection->server->options;
  if (!connection->http.begins_session) return;
  for (size_t i = 0; i < options->cookie_count; i++) {
    buffer_append_text(&connection->output, "Set-Cookie: ");
    buffer_append_text(&connection->output, options->cookies[i]);
    buffer_append_text(&connection->output, "\r\n");
  }
  if (!options->sticky) return;
  buffer_append_text(&connection->output, "Set-Cookie: ");
  buffer_append_text(&connection->output, options->sticky);
  buffer_append_char(&connection->output, '=');
  buffer_append_text(&connection->output, connection->http.sticky_value);
  buffer_append_text(&connection->output, "; Path=/; HttpOnly\r\n");
}

static void finish(struct connection *connection)
{
  connection->http.busy = false;
  connection_send(connection);
  if (!connection->http.keep_alive) connection_close(connection);
}

static void append_end(struct connection *connection)
{
  struct buffer *out = &connection->output;
  http_append_cors(connection);
  http_append_cookies(connection);
  buffer_append_text(
      out, connection->http.keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
}

void http_respond(struct connection *connection, int status, const char *content_type, struct slice body)
{
  struct buffer *out = &connection->output;
  append_status(out, status);
  buffer_append_text(out, "Content-Type: ");
  buffer_append_text(out, content_type);
  buffer_append_text(out, "\r\nContent-Length: ");
  buffer_append_number(out, body.length);
  buffer_append_text(out, "\r\nCache-Control: no-store\r\n");
  append_end(connection);
  buffer_append_slice(out, body);
  finish(connection);
}

void http_respond_error(struct connection *connection, enum engine_error error)
{
  static const char *const bodies[] = {
      [ERROR_UNKNOWN_TRANSPORT] = "{\"code\":0,\"message\":\"Transport unknown\"}",
      [ERROR_UNKNOWN_SESSION] = "{\"code\":1,\"message\":\"Session ID unknown\"}",
      [ERROR_BAD_HANDSHAKE_METHOD] = "{\"code\":2,\"message\":\"Bad handshake method\"}",
      [ERROR_BAD_REQUEST] = "{\"code\":3,\"message\":\"Bad request\"}",
      [ERROR_FORBIDDEN] = "{\"code\":4,\"message\":\"Forbidden\"}",
      [ERROR_UNSUPPORTED_VERSION] = "{\"code\":5,\"message\":\"Unsupported protocol version\"}",
  };
  server_log(connection->server, "request refused: %s", bodies[error]);
  http_respond(connection, error == ERROR_FORBIDDEN ? 403 : 400, "application/json", slice_of(bodies[error]));
}

void http_respond_status(struct connection *connection, int status)
{
  server_log(connection->server, "request answered with status %d", status);
  http_respond(connection, status, "text/plain; charset=UTF-8", slice_of(reason_of(status)));
}

void http_respond_preflight(struct connection *connection, struct slice requested_headers)
{
  struct buffer *out = &connection->output;
  append_status(out, 204);
  buffer_append_text(out, "Access-Control-Allow-Methods: GET,POST,OPTIONS\r\n");
  if (requested_headers.length) {
    buffer_append_text(out, "Access-Control-Allow-Headers: ");
    buffer_append_slice(out, requested_headers);
    buffer_append_text(out, "\r\n");
  }
  append_end(connection);
  finish(connection);
}
