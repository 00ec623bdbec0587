/* permessage-deflate (RFC 7692), of which neither side keeps anything from one message to the next. */
#ifndef TEST_SERVER_DEFLATE_H
#define TEST_SERVER_DEFLATE_H

#include "buffer.h"

/* What the server agrees to. */
#define DEFLATE_TERMS "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

/* True if a Sec-WebSocket-Extensions header offers something that the terms are an answer to. */
bool deflate_is_offered(struct slice extensions);

/* Appends the compressed message, which is less than two gigabytes long. False without memory. */
bool deflate_message(struct buffer *out, struct slice message);

enum inflate_result { INFLATE_DONE, INFLATE_TOO_BIG, INFLATE_WRONG };

/* Appends what was compressed, unless that is more than `limit` bytes. */
enum inflate_result inflate_message(struct buffer *out, struct slice data, size_t limit);

#endif
