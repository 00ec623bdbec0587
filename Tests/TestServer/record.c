#include "record.h"

#include "base64.h"
#include "handshake.h"
#include "json.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

static void append_key(struct buffer *line, const char *key)
{
  buffer_append_text(line, ",\"");
  buffer_append_text(line, key);
  buffer_append_text(line, "\":");
}

static void append_string(struct buffer *line, const char *key, struct slice text)
{
  append_key(line, key);
  json_append_string(line, text);
}

/* The same, with null for a slice without data. */
static void append_text(struct buffer *line, const char *key, const char *text)
{
  append_key(line, key);
  if (text)
    json_append_string(line, slice_of(text));
  else
    buffer_append_text(line, "null");
}

static void append_number(struct buffer *line, const char *key, unsigned long long number)
{
  append_key(line, key);
  buffer_append_number(line, number);
}

static void append_bool(struct buffer *line, const char *key, bool value)
{
  append_key(line, key);
  buffer_append_text(line, value ? "true" : "false");
}

bool record_open(struct server *server)
{
  const char *file = server->options->record;
  if (!file) return true;
  server->record = fopen(file, "a");
  server->started = uv_hrtime();
  if (!server->record) fprintf(stderr, "socketio-test-server: cannot write to %s\n", file);
  return server->record;
}

void record_close(struct server *server)
{
  if (server->record) fclose(server->record);
  server->record = NULL;
}

/* False if nothing is recorded. */
static bool begin(struct buffer *line, const char *type, const struct connection *connection)
{
  const struct server *server = connection->server;
  if (!server->record) return false;
  buffer_append_text(line, "{\"type\":\"");
  buffer_append_text(line, type);
  buffer_append_char(line, '"');
  append_number(line, "time", (uv_hrtime() - server->started) / 1000000);
  append_number(line, "connection", connection->number);
  char address[INET6_ADDRSTRLEN] = "";
  lws_get_peer_simple(connection->wsi, address, sizeof address);
  append_text(line, "address", address);
  return true;
}

/* Writes the line at once, so that a client that has seen an answer finds here what it answered. */
static void end(struct buffer *line, const struct connection *connection)
{
  FILE *file = connection->server->record;
  buffer_append_text(line, "}\n");
  if (line->failed || fwrite(buffer_bytes(line), 1, line->length, file) != line->length || fflush(file))
    fputs("socketio-test-server: the record is incomplete\n", stderr);
  buffer_free(line);
}

void record_tls(struct connection *connection)
{
  struct buffer line = {0};
  SSL *ssl = lws_get_ssl(connection->wsi);
  if (!ssl || !begin(&line, "tls", connection)) return;
  char subject[256];
  X509 *certificate = SSL_get_peer_certificate(ssl);
  append_text(&line, "version", SSL_get_version(ssl));
  append_text(&line, "cipher", SSL_get_cipher_name(ssl));
  append_text(&line, "sni", SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
  if (certificate) {
    BIO *memory = BIO_new(BIO_s_mem());
    int length = -1;
    if (memory && X509_NAME_print_ex(memory, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) >= 0)
      length = BIO_read(memory, subject, sizeof subject - 1);
    subject[length > 0 ? length : 0] = 0;
    BIO_free(memory);
    X509_free(certificate);
  }
  append_text(&line, "client_subject", certificate ? subject : NULL);
  end(&line, connection);
}

void record_request(struct connection *connection, const struct http_request *request)
{
  struct buffer line = {0}, headers = {0}, query = {0};
  if (!begin(&line, "request", connection)) return;
  handshake_describe(&headers, &query, request);
  append_string(&line, "method", request->method);
  append_string(&line, "target", request->target);
  append_string(&line, "path", request->path);
  append_key(&line, "query");
  buffer_append_slice(&line, buffer_slice(&query));
  append_key(&line, "headers");
  buffer_append_slice(&line, buffer_slice(&headers));
  append_number(&line, "body_size", request->content_length);
  append_bool(&line, "tls", lws_is_ssl(connection->wsi));
  if (headers.failed || query.failed) line.failed = true;
  end(&line, connection);
  buffer_free(&headers);
  buffer_free(&query);
}

void record_packet(struct connection *connection, struct slice packet)
{
  struct buffer line = {0};
  if (!begin(&line, "packet", connection)) return;
  append_text(&line, "via", "polling");
  append_text(&line, "sid", connection->session->id);
  append_string(&line, "data", packet);
  end(&line, connection);
}

static bool begin_websocket(struct buffer *line, const char *type, const struct connection *connection)
{
  if (!begin(line, type, connection)) return false;
  append_text(line, "via", "websocket");
  append_text(line, "sid", connection->websocket.session_id);
  return true;
}

void record_websocket(struct connection *connection, const struct session *session, bool upgrade)
{
  struct buffer line = {0};
  strcpy(connection->websocket.session_id, session->id);
  if (!begin_websocket(&line, "open", connection)) return;
  append_bool(&line, "upgrade", upgrade);
  append_bool(&line, "deflate", connection->websocket.deflates);
  end(&line, connection);
}

void record_message(struct connection *connection, bool binary, bool compressed, struct slice message)
{
  struct buffer line = {0};
  if (!begin_websocket(&line, "message", connection)) return;
  append_text(&line, "opcode", binary ? "binary" : "text");
  append_bool(&line, "compressed", compressed);
  if (binary) {
    append_key(&line, "data");
    buffer_append_text(&line, "{\"$binary\":\"");
    base64_encode(&line, message);
    buffer_append_text(&line, "\"}");
  } else {
    append_string(&line, "data", message);
  }
  end(&line, connection);
}

void record_websocket_end(struct connection *connection, unsigned code)
{
  struct buffer line = {0};
  struct websocket *websocket = &connection->websocket;
  if (!*websocket->session_id || websocket->end_recorded) return;
  websocket->end_recorded = true;
  if (!begin_websocket(&line, "close", connection)) return;
  if (code)
    append_number(&line, "code", code);
  else
    append_text(&line, "code", NULL);
  end(&line, connection);
}
