/* The server's side of WebSocket (RFC 6455). */
#ifndef TEST_SERVER_WEBSOCKET_H
#define TEST_SERVER_WEBSOCKET_H

#include "connection.h"
#include "http_request.h"

enum websocket_status {
  WEBSOCKET_PROTOCOL_ERROR = 1002,
  WEBSOCKET_NO_STATUS = 1005, /* stands for a close frame without a code */
  WEBSOCKET_INVALID_DATA = 1007,
  WEBSOCKET_TOO_BIG = 1009,
};

/* Answers the handshake and turns the connection into a WebSocket; picks the first subprotocol offered.
 * Returns false and does nothing if the request is not a handshake. */
bool websocket_accept(struct connection *connection, const struct http_request *request);

/* Sends a text message: one character and the text after it. */
void websocket_send_text(struct connection *connection, char first, struct slice rest);
void websocket_send_binary(struct connection *connection, struct slice bytes);

/* Sends a close frame after everything else, and waits a little for the peer's. */
void websocket_close(struct connection *connection, enum websocket_status status);

#endif
