/* The server's side of a connection, with or without TLS, that never blocks. */
#ifndef STREAM_H
#define STREAM_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct stream {
  int socket;
  SSL *tls; /* NULL without TLS */
} stream;

/* From now on, streams use TLS with this certificate and key (PEM). */
bool stream_use_tls(const char *certificate, const char *key);

bool stream_open(stream *stream, int socket);
void stream_close(stream *stream);

/* How many bytes were read or written; 0 for none right now, -1 if the connection has ended. */
ssize_t stream_read(stream *stream, uint8_t *into, size_t room);
ssize_t stream_write(stream *stream, const uint8_t *bytes, size_t size);

/* Whether bytes can be read that the socket no longer reports. */
bool stream_holds_more(const stream *stream);

#endif
