/* One TLS connection over bytes: what the socket brought goes in, what is to go out comes out. No socket, no
 * clock. */
#ifndef CSIO_TLS_STREAM_H
#define CSIO_TLS_STREAM_H

#include "base/buffer_internal.h"
#include "base/error_internal.h"

#include <csio/tls.h>

typedef struct csio__tls_stream csio__tls_stream;

typedef enum csio__tls_state {
  CSIO__TLS_HANDSHAKE,
  CSIO__TLS_OPEN,
  CSIO__TLS_ENDED, /* by the peer's close_notify */
  CSIO__TLS_BROKEN,
} csio__tls_state;

/* `host` is verified, and named by SNI; with `port`, it tells whose session may be resumed. Retains `tls` and
 * marks it as used. The first flight is in the output. Fails with NOMEM, TLS_CIPHERS or TLS_KEY. */
int csio__tls_stream_create(csio_tls *tls, const char *host, uint16_t port, csio__tls_stream **out);

/* What the socket brought. csio__tls_stream_read has to have read it, up to its 0, before the bytes go away
 * or more are fed. */
void csio__tls_stream_feed(csio__tls_stream *stream, const uint8_t *bytes, size_t size);

/* Goes on with the handshake, then decrypts: the number of bytes written to `into`. 0 when all that was fed
 * is used up, or the stream has ended or is broken, which it also is where much output has not been taken.
 * May add to the output. */
size_t csio__tls_stream_read(csio__tls_stream *stream, uint8_t *into, size_t room);

/* Encrypts all of it into the output. False when memory is short, and unless OPEN; the stream is of no more
 * use then. */
bool csio__tls_stream_write(csio__tls_stream *stream, const void *bytes, size_t size);

/* Whether what was written waits for a renegotiation to end, and more should not be written. */
bool csio__tls_stream_holds(const csio__tls_stream *stream);

/* Puts a close_notify into the output. */
void csio__tls_stream_end(csio__tls_stream *stream);

csio__tls_state csio__tls_stream_state(const csio__tls_stream *stream);

/* Bytes for the socket. The caller takes them out: sets the size to 0, or frees. */
csio__bytes *csio__tls_stream_output(csio__tls_stream *stream);

/* Puts into words why the stream is BROKEN. For a connection that was lost in another state: whether TLS
 * explains it, by a handshake that did not end, or by a client certificate that the server had asked for
 * before it ended the connection without an answer. False when there is nothing to say. */
bool csio__tls_stream_failure(csio__tls_stream *stream, const char *host, csio__failure *failure);

/* NULL is allowed. */
void csio__tls_stream_destroy(csio__tls_stream *stream);

#endif
