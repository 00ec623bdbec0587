/* What the first request of a session said, as JSON for those who ask. */
#ifndef TEST_SERVER_HANDSHAKE_H
#define TEST_SERVER_HANDSHAKE_H

#include "http_request.h"

/* Appends two objects. Header names are in lower case, and a header that came several times is joined by ",
 * "; a query key that came several times has an array for value. */
void handshake_describe(struct buffer *headers, struct buffer *query, const struct http_request *request);

#endif
