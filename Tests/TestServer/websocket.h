/* The server's side of WebSocket (RFC 6455). */
#ifndef TEST_SERVER_WEBSOCKET_H
#define TEST_SERVER_WEBSOCKET_H

#include "connection.h"
#include "http_request.h"

enum websocket_status {
  WEBSOCKET_PROTOCOL_ERROR = 1002,
  WEBSOCKET_NO_STATUS = 1005, /* a close frame without one */
  WEBSOCKET_INVALID_DATA = 1007,
  WEBSOCKET_TOO_BIG = 1009,
};

/* Answers the handshake and makes the connection a WebSocket; of subprotocols the first is taken. False if
 * the request is none, and then nothing has happened. */
bool websocket_accept(struct connection *connection, const struct http_request *request);

/* A text message: one character and what follows it. */
void websocket_send_text(struct connection *connection, char first, struct slice rest);
void websocket_send_binary(struct connection *connection, struct slice bytes);

/* Sends a close frame behind everything else, and waits a little for the peer's. */
void websocket_close(struct connection *connection, enum websocket_status status);

#endif
