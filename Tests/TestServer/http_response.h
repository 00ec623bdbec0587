/* Responses to HTTP requests. */
#ifndef TEST_SERVER_HTTP_RESPONSE_H
#define TEST_SERVER_HTTP_RESPONSE_H

#include "connection.h"

/* Reasons to refuse an Engine.IO request, with the protocol's numbers. */
enum engine_error {
  ERROR_UNKNOWN_TRANSPORT = 0,
  ERROR_UNKNOWN_SESSION = 1,
  ERROR_BAD_HANDSHAKE_METHOD = 2,
  ERROR_BAD_REQUEST = 3,
  ERROR_FORBIDDEN = 4,
  ERROR_UNSUPPORTED_VERSION = 5,
};

/* Each answers the connection's current request, and then closes the connection if the client or the
 * status requires it. */
void http_respond(struct connection *connection, int status, const char *content_type, struct slice body);
void http_respond_error(struct connection *connection, enum engine_error error);
/* Answers with a status and no body. */
void http_respond_status(struct connection *connection, int status);
/* Answers a browser's preflight request. */
void http_respond_preflight(struct connection *connection, struct slice requested_headers);

/* Appends the Set-Cookie headers for the answer to a first request. */
void http_append_cookies(struct connection *connection);
/* Appends a header that lets pages of every origin read the response. */
void http_append_cors(struct connection *connection);

#endif
