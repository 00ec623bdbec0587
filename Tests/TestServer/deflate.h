/* permessage-deflate (RFC 7692) without context takeover on either side. */
#ifndef TEST_SERVER_DEFLATE_H
#define TEST_SERVER_DEFLATE_H

#include "buffer.h"

/* The parameters that the server accepts. */
#define DEFLATE_TERMS "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

/* True if a Sec-WebSocket-Extensions header contains an offer that these parameters answer. */
bool deflate_is_offered(struct slice extensions);

/* Appends the compressed message, which must be smaller than 2 GB. False if out of memory. */
bool deflate_message(struct buffer *out, struct slice message);

enum inflate_result { INFLATE_DONE, INFLATE_TOO_BIG, INFLATE_WRONG };

/* Appends the decompressed message, up to `limit` bytes. */
enum inflate_result inflate_message(struct buffer *out, struct slice data, size_t limit);

#endif
