/* Both ends of a TLS connection in memory: our stream, and OpenSSL's server. */
#ifndef CSIO_TESTS_TLS_PAIR_H
#define CSIO_TESTS_TLS_PAIR_H

#include "tls_settings.h"

#include "net/tls_stream.h"

typedef struct pair {
  csio__tls_stream *stream;
  SSL *server;
  size_t piece; /* how much to feed the stream at once; 0 for everything */
  bool accepted;
  bool refused;      /* by the server */
  uint8_t *received; /* by the stream */
  size_t size, room;
  void (*around)(bool begins); /* called before and after the stream reads; may be NULL */
} pair;

SSL *new_server(SSL_CTX *ctx);

/* Starts a handshake that is still near its beginning. */
pair pair_start(csio_tls *tls, const char *host, uint16_t port, SSL_CTX *ctx);
void pair_free(pair *pair);

/* Starts a handshake and completes it, which must succeed. */
pair pair_open(csio_tls *tls, const char *host, uint16_t port, SSL_CTX *ctx);

/* Feeds these bytes to the stream and keeps what it reads. */
void pair_feed(pair *pair, const uint8_t *bytes, size_t size);

/* Moves what the server has written to the stream; pair_move_out does the opposite. False if there is
 * nothing. */
bool pair_move_in(pair *pair);
bool pair_move_out(pair *pair);

/* Moves bytes until neither end has anything to send. */
void pair_pump(pair *pair);

csio__tls_state state_of(const pair *pair);

/* What the server reads, and sends. */
size_t pair_server_read(pair *pair, uint8_t *into, size_t room);
void pair_server_send(pair *pair, const void *bytes, size_t size);

/* Checks that this many bytes arrive, in either direction. */
void pair_check_exchange(pair *pair, size_t size);

/* Checks the stream's failure. */
void pair_expect_failure(pair *pair, int code, const char *part);

#endif
