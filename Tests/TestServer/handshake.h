/* The first request of a session, as JSON for clients that ask for it. */
#ifndef TEST_SERVER_HANDSHAKE_H
#define TEST_SERVER_HANDSHAKE_H

#include "http_request.h"

/* Appends two objects. Header names are in lower case, and a repeated header is joined by ", "; a repeated
 * query key has an array as its value. */
void handshake_describe(struct buffer *headers, struct buffer *query, const struct http_request *request);

#endif
