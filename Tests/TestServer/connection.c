#include "connection.h"

#include "http_front.h"
#include "incoming.h"
#include "polling.h"
#include "record.h"
#include "session.h"

#include <string.h>

enum {
  WRITE_SIZE = 256 * 1024, /* most that is handed to the socket at once */
  CLOSE_SECONDS = 5,       /* for a peer that does not read to take the last bytes */
  IDLE_SECONDS = 60,       /* between requests, and to receive one */
};

void connection_send(struct connection *connection)
{
  if (connection->output.failed)
    connection_kill(connection);
  else
    lws_callback_on_writable(connection->wsi);
}

void connection_close(struct connection *connection)
{
  if (connection->close_when_sent) return;
  connection->close_when_sent = true;
  connection_set_deadline(connection, CLOSE_SECONDS);
  lws_callback_on_writable(connection->wsi);
}

void connection_kill(struct connection *connection)
{
  connection->killed = true;
  connection_set_deadline(connection, LWS_TO_KILL_ASYNC);
}

void connection_set_deadline(struct connection *connection, int seconds)
{
  /* A connection that is to be cut gets no longer deadline. */
  if (connection->killed && seconds != LWS_TO_KILL_ASYNC) return;
  lws_set_timeout(connection->wsi, seconds ? PENDING_TIMEOUT_USER_REASON_BASE : NO_PENDING_TIMEOUT, seconds);
}

static void open_connection(struct connection *connection, struct lws *wsi)
{
  struct server *server = lws_context_user(lws_get_context(wsi));
  connection->wsi = wsi;
  connection->server = server;
  connection->receive = http_receive;
  connection->number = ++server->connection_count;
  connection->next = server->connections;
  if (server->connections) server->connections->previous = connection;
  server->connections = connection;
  connection_set_deadline(connection, IDLE_SECONDS);
}

static void close_connection(struct connection *connection)
{
  struct server *server = connection->server;
  session_connection_lost(connection);
  record_websocket_end(connection, 0);
  if (connection->next) connection->next->previous = connection->previous;
  if (connection->previous)
    connection->previous->next = connection->next;
  else
    server->connections = connection->next;
  buffer_free(&connection->input);
  buffer_free(&connection->output);
  buffer_free(&connection->websocket.message);
  server_connection_closed(server);
}

static bool is_ending(const struct connection *connection)
{
  return connection->killed || connection->close_when_sent;
}

static size_t receive_all(struct connection *connection, char *data, size_t length)
{
  size_t taken = 0;
  while (taken < length && !is_ending(connection)) {
    size_t n = connection->receive(connection, data + taken, length - taken);
    if (!n) break;
    taken += n;
  }
  return taken;
}

static void receive_buffered(struct connection *connection)
{
  struct buffer *input = &connection->input;
  buffer_consume(input, receive_all(connection, buffer_bytes(input), input->length));
}

static int on_input(struct connection *connection, char *data, size_t length)
{
  if (is_ending(connection)) return 0;
  /* No callback reports the end of the TLS handshake, but input proves it. */
  if (!connection->has_spoken) record_tls(connection);
  connection->has_spoken = true;
  struct buffer *input = &connection->input;
  if (input->length) {
    buffer_append(input, data, length);
    if (!input->failed) receive_buffered(connection);
  } else {
    /* Whole requests and frames, the usual case, are read in place. */
    size_t taken = receive_all(connection, data, length);
    if (!is_ending(connection)) buffer_append(input, data + taken, length - taken);
  }
  size_t limit = connection->server->options->max_payload + HTTP_MAX_HEAD;
  return input->failed || input->length > limit ? -1 : 0;
}

static int on_writable(struct connection *connection)
{
  if (connection->killed) return -1;
  if (connection->role == ROLE_POLL) polling_respond_if_ready(connection);
  struct buffer *output = &connection->output;
  if (output->failed) return -1;
  while (output->length && !lws_partial_buffered(connection->wsi) && !lws_send_pipe_choked(connection->wsi)) {
    size_t size = output->length < WRITE_SIZE ? output->length : WRITE_SIZE;
    if (lws_write(connection->wsi, (unsigned char *)buffer_bytes(output), size, LWS_WRITE_RAW) < 0) return -1;
    buffer_consume(output, size);
  }
  if (output->length || lws_partial_buffered(connection->wsi)) {
    lws_callback_on_writable(connection->wsi);
    return 0;
  }
  if (connection->close_when_sent) return -1;
  if (connection->input.length && !connection->http.busy) {
    receive_buffered(connection);
    if (connection->input.failed) return -1;
  }
  if (connection->receive == http_receive && !connection->http.busy)
    connection_set_deadline(connection, IDLE_SECONDS);
  return 0;
}

static int after_read(struct connection *connection, int result)
{
  incoming_run(connection->server);
  return result;
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
  struct connection *connection = user;
  switch (reason) {
  case LWS_CALLBACK_RAW_ADOPT:
    open_connection(connection, wsi);
    return 0;
  case LWS_CALLBACK_RAW_RX:
    return after_read(connection, on_input(connection, in, length));
  case LWS_CALLBACK_RAW_WRITEABLE:
    return after_read(connection, on_writable(connection));
  case LWS_CALLBACK_RAW_CLOSE:
    if (connection->server) close_connection(connection);
    return 0;
  case LWS_CALLBACK_OPENSSL_PERFORM_CLIENT_CERT_VERIFICATION:
    return !length; /* libwebsockets leaves the decision to us: the length is OpenSSL's verdict */
  default:
    return 0;
  }
}

const struct lws_protocols connection_protocols[] = {
    {.name = "connection",
        .callback = callback,
        .per_session_data_size = sizeof(struct connection),
        .tx_packet_size = WRITE_SIZE},
    {0},
};
