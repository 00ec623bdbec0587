/* Looks at every HTTP request and refuses it or hands it to its session and transport. */
#ifndef TEST_SERVER_HTTP_FRONT_H
#define TEST_SERVER_HTTP_FRONT_H

#include "connection.h"
#include "http_request.h"

/* Handles a connection's input until it becomes a WebSocket. */
size_t http_receive(struct connection *connection, char *data, size_t length);

/* Refuses a POST that its session no longer wants, whether or not its body is complete. */
void http_refuse_post(struct connection *connection);

#endif
