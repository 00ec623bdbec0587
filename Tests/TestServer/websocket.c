#include "websocket.h"

#include "base64.h"
#include "deflate.h"
#include "http_response.h"
#include "incoming.h"
#include "record.h"
#include "session.h"
#include "upgrade.h"
#include "utf8.h"
#include "websocket_mask.h"

#include <stdint.h>
#include <string.h>

enum opcode { CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };
enum {
  CLOSE_SECONDS = 5,
  FINAL = 0x80,
  COMPRESSED = 0x40,       /* bits of a frame's first byte */
  LEAST_COMPRESSED = 1024, /* bytes; smaller messages are not compressed, as by the reference server */
  MOST_COMPRESSED = 1 << 30,
};

struct frame {
  bool final, compressed;
  enum opcode opcode;
  char *payload;
  size_t length;
};

static size_t receive(struct connection *connection, char *data, size_t length);

static void append_accept_key(struct buffer *out, struct slice key)
{
  struct buffer text = {0};
  unsigned char hash[20];
  buffer_append_slice(&text, key);
  buffer_append_text(&text, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  if (text.failed || !lws_SHA1((unsigned char *)buffer_bytes(&text), text.length, hash)) out->failed = true;
  buffer_free(&text);
  base64_encode(out, (struct slice){(char *)hash, sizeof hash});
}

bool websocket_accept(struct connection *connection, const struct http_request *request)
{
  struct buffer *out = &connection->output;
  struct slice key = http_header(request, "sec-websocket-key");
  struct slice protocols = http_header(request, "sec-websocket-protocol");
  if (key.length != 24 || !slice_is(http_header(request, "sec-websocket-version"), "13")) return false;
  buffer_append_text(out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Accept: ");
  append_accept_key(out, key);
  if (protocols.length) {
    buffer_append_text(out, "\r\nSec-WebSocket-Protocol: ");
    buffer_append_slice(out, slice_cut(&protocols, ','));
  }
  connection->websocket.deflates = connection->server->options->deflate &&
                                   deflate_is_offered(http_header(request, "sec-websocket-extensions"));
  if (connection->websocket.deflates) buffer_append_text(out, "\r\nSec-WebSocket-Extensions: " DEFLATE_TERMS);
  buffer_append_text(out, "\r\n");
  http_append_cookies(connection);
  buffer_append_text(out, "\r\n");
  connection->http.busy = false;
  connection->receive = receive;
  connection_set_deadline(connection, 0);
  connection_send(connection);
  return true;
}

/* The first byte holds the opcode and flag bits. */
static void append_header(struct buffer *out, unsigned first, uint64_t length)
{
  unsigned char header[10] = {(unsigned char)first};
  size_t size = 2;
  if (length < 126) {
    header[1] = (unsigned char)length;
  } else {
    size = length < 65536 ? 4 : 10;
    header[1] = size == 4 ? 126 : 127;
    for (size_t i = size - 1; i > 1; i--, length >>= 8)
      header[i] = (unsigned char)length;
  }
  buffer_append(out, header, size);
}

static bool is_worth_compressing(const struct connection *connection, size_t length)
{
  return connection->websocket.deflates && length >= LEAST_COMPRESSED && length < MOST_COMPRESSED;
}

static void send_compressed(struct connection *connection, enum opcode opcode, struct slice message)
{
  struct buffer *out = &connection->output, compressed = {0};
  if (deflate_message(&compressed, message)) {
    append_header(out, FINAL | COMPRESSED | opcode, compressed.length);
    buffer_append_slice(out, buffer_slice(&compressed));
  } else {
    out->failed = true;
  }
  buffer_free(&compressed);
  connection_send(connection);
}

void websocket_send_text(struct connection *connection, char first, struct slice rest)
{
  struct buffer *out = &connection->output;
  if (is_worth_compressing(connection, rest.length)) {
    struct buffer text = {0};
    buffer_append_char(&text, first);
    buffer_append_slice(&text, rest);
    if (text.failed) out->failed = true;
    send_compressed(connection, TEXT, buffer_slice(&text));
    buffer_free(&text);
    return;
  }
  append_header(out, FINAL | TEXT, rest.length + 1);
  buffer_append_char(out, first);
  buffer_append_slice(out, rest);
  connection_send(connection);
}

void websocket_send_binary(struct connection *connection, struct slice bytes)
{
  if (is_worth_compressing(connection, bytes.length)) {
    send_compressed(connection, BINARY, bytes);
    return;
  }
  append_header(&connection->output, FINAL | BINARY, bytes.length);
  buffer_append_slice(&connection->output, bytes);
  connection_send(connection);
}

void websocket_close(struct connection *connection, enum websocket_status status)
{
  struct websocket *websocket = &connection->websocket;
  if (websocket->close_sent) return;
  websocket->close_sent = true;
  unsigned char payload[2] = {(unsigned char)(status >> 8), (unsigned char)status};
  size_t length = status == WEBSOCKET_NO_STATUS ? 0 : sizeof payload;
  append_header(&connection->output, FINAL | CLOSE, length);
  buffer_append(&connection->output, payload, length);
  buffer_free(&websocket->message);
  connection_set_deadline(connection, CLOSE_SECONDS);
  connection_send(connection);
  if (connection->server->stopping) connection_close(connection);
}

/* Ends a WebSocket whose peer broke the rules. */
static void fail(struct connection *connection, enum websocket_status status)
{
  server_log(connection->server, "WebSocket closed with status %d", status);
  websocket_close(connection, status);
  session_connection_lost(connection);
}

static void deliver(struct connection *connection, struct slice message)
{
  bool binary = connection->websocket.binary;
  record_message(connection, binary, connection->websocket.compressed, message);
  if (!binary && !utf8_is_valid(message))
    fail(connection, WEBSOCKET_INVALID_DATA);
  else if (connection->role == ROLE_PROBE)
    upgrade_receive(connection, binary ? slice_of("") : message);
  else if (binary)
    session_receive_binary(connection->session, message);
  else
    session_receive_text(connection->session, message);
}

static void deliver_compressed(struct connection *connection, struct slice data)
{
  struct buffer message = {0};
  switch (inflate_message(&message, data, connection->server->options->max_payload)) {
  case INFLATE_DONE:
    deliver(connection, buffer_slice(&message));
    break;
  case INFLATE_TOO_BIG:
    fail(connection, WEBSOCKET_TOO_BIG);
    break;
  case INFLATE_WRONG:
    fail(connection, WEBSOCKET_INVALID_DATA);
    break;
  }
  buffer_free(&message);
}

static void on_data_frame(struct connection *connection, const struct frame *frame)
{
  struct websocket *websocket = &connection->websocket;
  bool continues = frame->opcode == CONTINUATION;
  if (continues != websocket->in_message) {
    fail(connection, WEBSOCKET_PROTOCOL_ERROR);
    return;
  }
  if (!continues) {
    websocket->binary = frame->opcode == BINARY;
    websocket->compressed = frame->compressed;
  }
  struct slice message = {frame->payload, frame->length};
  websocket->in_message = !frame->final;
  if (!frame->final || continues) {
    buffer_append_slice(&websocket->message, message);
    if (websocket->message.failed) {
      connection_kill(connection);
      return;
    }
    message = buffer_slice(&websocket->message);
  }
  if (!frame->final) return;
  /* Delivering may end the session, which must not free the message being delivered. */
  struct buffer collected = websocket->message;
  websocket->message = (struct buffer){0};
  if (websocket->compressed)
    deliver_compressed(connection, message);
  else
    deliver(connection, message);
  buffer_free(&collected);
}

static void on_close_frame(struct connection *connection, const struct frame *frame)
{
  const unsigned char *payload = (const unsigned char *)frame->payload;
  enum websocket_status status = WEBSOCKET_NO_STATUS;
  if (frame->length >= 2) status = (enum websocket_status)(payload[0] << 8 | payload[1]);
  record_websocket_end(connection, status);
  /* The official server learns of the end when the socket is closed, after it has handled everything it
   * read. */
  incoming_run(connection->server);
  websocket_close(connection, status);
  session_connection_lost(connection);
  connection_close(connection);
}

static void on_frame(struct connection *connection, const struct frame *frame)
{
  switch (frame->opcode) {
  case CONTINUATION:
  case TEXT:
  case BINARY:
    if (!connection->websocket.close_sent) on_data_frame(connection, frame);
    break;
  case CLOSE:
    on_close_frame(connection, frame);
    break;
  case PING:
    if (connection->websocket.close_sent) break;
    append_header(&connection->output, FINAL | PONG, frame->length);
    buffer_append(&connection->output, frame->payload, frame->length);
    connection_send(connection);
    break;
  case PONG:
    break;
  }
}

static bool is_allowed(const struct websocket *websocket, unsigned char first, unsigned char second)
{
  unsigned opcode = first & 15, reserved = 0x70;
  if (websocket->deflates && (opcode == TEXT || opcode == BINARY)) reserved &= ~(unsigned)COMPRESSED;
  bool reserved_bits = first & reserved, masked = second & 0x80, control = opcode & 8;
  if (reserved_bits || !masked || opcode > PONG || (opcode > BINARY && opcode < CLOSE)) return false;
  return !control || (first & FINAL && (second & 127) < 126);
}

static size_t receive(struct connection *connection, char *data, size_t length)
{
  const unsigned char *bytes = (const unsigned char *)data;
  struct websocket *websocket = &connection->websocket;
  if (websocket->skip) {
    size_t skipped = length < websocket->skip ? length : websocket->skip;
    websocket->skip -= skipped;
    return skipped;
  }
  if (length < 2) return 0;
  if (!is_allowed(websocket, bytes[0], bytes[1])) {
    fail(connection, WEBSOCKET_PROTOCOL_ERROR);
    connection_close(connection);
    return length;
  }
  uint64_t payload_length = bytes[1] & 127;
  size_t extended = payload_length == 126   ? 2
                    : payload_length == 127 ? 8
                                            : 0,
         header_length = 2 + extended + 4;
  if (length < header_length) return 0;
  if (extended) payload_length = 0;
  for (size_t i = 0; i < extended; i++)
    payload_length = payload_length << 8 | bytes[2 + i];
  size_t limit = connection->server->options->max_payload;
  if (payload_length > limit || websocket->message.length + payload_length > limit) {
    /* Cutting the connection while the peer still sends could lose the close frame, so the rest is read
     * and dropped. */
    fail(connection, WEBSOCKET_TOO_BIG);
    websocket->skip = (size_t)payload_length;
    return header_length;
  }
  if (length - header_length < payload_length) return 0;
  struct frame frame = {.final = bytes[0] & FINAL,
      .compressed = bytes[0] & COMPRESSED,
      .opcode = (enum opcode)(bytes[0] & 15),
      .payload = data + header_length,
      .length = (size_t)payload_length};
  websocket_unmask(frame.payload, frame.length, data + header_length - 4);
  on_frame(connection, &frame);
  return header_length + frame.length;
}
