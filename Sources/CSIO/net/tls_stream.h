/* One TLS connection over bytes: in go those that the socket received, out come those to send. No socket, no
 * clock. */
#ifndef CSIO_TLS_STREAM_H
#define CSIO_TLS_STREAM_H

#include "base/buffer_internal.h"
#include "net/tls_internal.h"

typedef enum csio__tls_state {
  CSIO__TLS_HANDSHAKE,
  CSIO__TLS_OPEN,
  CSIO__TLS_ENDED, /* by the peer's close_notify */
  CSIO__TLS_BROKEN,
} csio__tls_state;

/* Others read it only, but for `output`. */
typedef struct csio__tls_stream {
  SSL *ssl;
  csio__tls_handshake *handshake;
  csio__tls_state state;
  bool answered;  /* by a byte at least */
  bool no_memory; /* bytes are missing: the connection cannot go on */
  const uint8_t *input;
  size_t input_size;
  csio__bytes output; /* for the socket; the caller sets the size to 0, or frees it */
  csio__bytes held;   /* written, but not encrypted until a renegotiation ends; write no more until then */
} csio__tls_stream;

/* `host` is verified, and named by SNI; with `port`, it tells whose session may be resumed. Retains `tls` and
 * marks it as used. The first flight is in the output. Fails with NOMEM, TLS_CIPHERS or TLS_KEY. */
int csio__tls_stream_create(csio_tls *tls, const char *host, uint16_t port, csio__tls_stream **out);

/* Bytes from the socket. Call csio__tls_stream_read until it returns 0 before they go away or more are fed.
 */
void csio__tls_stream_feed(csio__tls_stream *stream, const uint8_t *bytes, size_t size);

/* Continues the handshake, then decrypts: the number of bytes written to `into`. 0 when the input is used up,
 * or the stream has ended or is broken, also by too much output that was not taken. May add to the output. */
size_t csio__tls_stream_read(csio__tls_stream *stream, uint8_t *into, size_t room);

/* Encrypts all of it into the output. False when memory is short or the stream is not OPEN; it is unusable
 * then. */
bool csio__tls_stream_write(csio__tls_stream *stream, const void *bytes, size_t size);

/* Puts a close_notify into the output. */
void csio__tls_stream_end(csio__tls_stream *stream);

/* Explains why the stream is BROKEN. For a connection that was lost in another state: whether TLS explains
 * it, by an unfinished handshake, or by a client certificate that the server had asked for before it ended
 * the connection without an answer. False when there is nothing to say. */
bool csio__tls_stream_failure(csio__tls_stream *stream, const char *host, csio__failure *failure);

/* NULL is allowed. */
void csio__tls_stream_destroy(csio__tls_stream *stream);

#endif
