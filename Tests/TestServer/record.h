/* The record of what clients sent (--record): a file of JSON objects, one a line. Without that flag nothing
 * here does anything. */
#ifndef TEST_SERVER_RECORD_H
#define TEST_SERVER_RECORD_H

#include "connection.h"
#include "http_request.h"
#include "session.h"

/* False if the file cannot be written to; why has been said on stderr then. */
bool record_open(struct server *server);
void record_close(struct server *server);

/* What TLS has agreed upon, once it has. */
void record_tls(struct connection *connection);
/* A request, whatever becomes of it. */
void record_request(struct connection *connection, const struct http_request *request);
/* A packet of a POST, as it came. */
void record_packet(struct connection *connection, struct slice packet);
/* A WebSocket that was accepted for a session, with whether it came to upgrade it; its messages, and its end:
 * with the code of the client's close frame, or 0 if there was no such frame. */
void record_websocket(struct connection *connection, const struct session *session, bool upgrade);
void record_message(struct connection *connection, bool binary, bool compressed, struct slice message);
void record_websocket_end(struct connection *connection, unsigned code);

#endif
