/* Both ends of TLS in memory: a stream of ours, and OpenSSL's server. */
#ifndef CSIO_TESTS_TLS_PAIR_H
#define CSIO_TESTS_TLS_PAIR_H

#include "certs.h"

#include "net/tls_stream.h"

enum { DAY = 24 * 3600 };

/* Settings with this authority. */
csio_tls *tls_trusting(const identity *authority);

typedef struct pair {
  csio__tls_stream *stream;
  SSL *server;
  size_t piece; /* what the stream is fed at once; 0 for all of it */
  bool accepted;
  bool refused;      /* by the server */
  uint8_t *received; /* by the stream */
  size_t size, room;
  void (*around)(bool begins); /* called before and after the stream is read; may be NULL */
} pair;

SSL *new_server(SSL_CTX *ctx);

/* Starts a handshake that has not come far yet. */
pair pair_start(csio_tls *tls, const char *host, uint16_t port, SSL_CTX *ctx);
void pair_free(pair *pair);

/* Gives the stream these bytes, and keeps what it reads. */
void pair_feed(pair *pair, const uint8_t *bytes, size_t size);

/* Moves what the server has written to the stream, and the other way round; false where there is nothing. */
bool pair_move_in(pair *pair);
bool pair_move_out(pair *pair);

/* Until neither end has anything to send. */
void pair_pump(pair *pair);

csio__tls_state state_of(const pair *pair);

/* What the server reads. */
size_t pair_server_read(pair *pair, uint8_t *into, size_t room);

#endif
