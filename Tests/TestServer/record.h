/* The record of what clients sent (--record): a file with one JSON object per line. Without that flag
 * these functions do nothing. */
#ifndef TEST_SERVER_RECORD_H
#define TEST_SERVER_RECORD_H

#include "connection.h"
#include "http_request.h"
#include "session.h"

/* False if the file cannot be written to, after a message on stderr. */
bool record_open(struct server *server);
void record_close(struct server *server);

/* Records the TLS parameters, once the handshake is done. */
void record_tls(struct connection *connection);
/* Records a request, whatever happens to it. */
void record_request(struct connection *connection, const struct http_request *request);
/* Records a packet of a POST, as received. */
void record_packet(struct connection *connection, struct slice packet);
/* These record a WebSocket that was accepted for a session, and whether it is an upgrade; its messages;
 * and its end, with the code of the client's close frame, or 0 without such a frame. */
void record_websocket(struct connection *connection, const struct session *session, bool upgrade);
void record_message(struct connection *connection, bool binary, bool compressed, struct slice message);
void record_websocket_end(struct connection *connection, unsigned code);

#endif
