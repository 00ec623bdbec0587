/* permessage-deflate (RFC 7692): its terms, and messages compressed and decompressed. */
#ifndef CSIO_DEFLATE_H
#define CSIO_DEFLATE_H

#include "base/buffer_internal.h"
#include "loop/loop_internal.h"

/* What is offered: our messages are compressed each by itself. */
#define CSIO__DEFLATE_OFFER "permessage-deflate; client_no_context_takeover"

typedef struct z_stream_s csio__inflater; /* zlib's */

typedef struct csio__deflate_terms {
  bool accepted;
  bool server_no_context_takeover;
} csio__deflate_terms;

/* Reads a server's Sec-WebSocket-Extensions header, or NULL; false where it is not what was offered. */
bool csio__deflate_read_terms(const char *header, csio__deflate_terms *out);

/* A compressed copy of a message; NULL when memory is short, or when compressing it gains nothing. */
csio_buffer *csio__deflate(csio_loop *loop, const csio_buffer *message);

typedef enum csio__inflated {
  CSIO__INFLATED,
  CSIO__INFLATE_TOO_LARGE,
  CSIO__INFLATE_BROKEN,
  CSIO__INFLATE_NO_MEMORY,
} csio__inflated;

/* Appends what the next bytes of a message hold to `out`, up to `most` bytes in all (0: no limit); `final`
 * with the message's last ones. `*inflater` is made with the first use. */
csio__inflated csio__inflate(
    csio__inflater **inflater, const uint8_t *bytes, size_t size, bool final, size_t most, csio__bytes *out);

/* NULL is allowed. */
void csio__inflater_free(csio__inflater *inflater);

#endif
