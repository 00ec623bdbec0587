/* The server's side of a connection, with TLS or without, that never waits. */
#ifndef STREAM_H
#define STREAM_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct stream {
  int socket;
  SSL *tls; /* NULL: none */
} stream;

/* From now on streams speak TLS with this certificate and key (PEM). */
bool stream_use_tls(const char *certificate, const char *key);

bool stream_open(stream *stream, int socket);
void stream_close(stream *stream);

/* How many bytes were read or written, 0 for none at present, -1 where the connection is at its end. */
ssize_t stream_read(stream *stream, uint8_t *into, size_t room);
ssize_t stream_write(stream *stream, const uint8_t *bytes, size_t size);

/* Whether bytes can be read that the socket knows nothing of any more. */
bool stream_holds_more(const stream *stream);

#endif
