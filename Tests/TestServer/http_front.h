/* Looks at every HTTP request: refuses it, or hands it to the session and the transport that it is for. */
#ifndef TEST_SERVER_HTTP_FRONT_H
#define TEST_SERVER_HTTP_FRONT_H

#include "connection.h"
#include "http_request.h"

/* What a connection does with its input until it becomes a WebSocket. */
size_t http_receive(struct connection *connection, char *data, size_t length);

/* Refuses a POST that its session no longer wants, whether its body is complete or not. */
void http_refuse_post(struct connection *connection);

#endif
