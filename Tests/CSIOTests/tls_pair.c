#include "tls_pair.h"

#include <openssl/err.h>

csio_tls *tls_trusting(const identity *identity)
{
  csio_tls *tls;
  CHECK_INT(csio_tls_create(&tls), CSIO_OK);
  char *pem = identity_certificate_pem(identity);
  CHECK_INT(csio_tls_add_ca(tls, pem, strlen(pem)), CSIO_OK);
  free(pem);
  return tls;
}

SSL *new_server(SSL_CTX *ctx)
{
  SSL *server = SSL_new(ctx);
  BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
  CHECK(server && in && out);
  SSL_set_bio(server, in, out);
  SSL_set_accept_state(server);
  return server;
}

pair pair_start(csio_tls *tls, const char *host, uint16_t port, SSL_CTX *ctx)
{
  pair pair = {.room = 4 << 20};
  CHECK_INT(csio__tls_stream_create(tls, host, port, &pair.stream), CSIO_OK);
  pair.server = new_server(ctx);
  pair.received = malloc(pair.room);
  CHECK(pair.received);
  return pair;
}

void pair_free(pair *pair)
{
  csio__tls_stream_destroy(pair->stream);
  SSL_free(pair->server);
  free(pair->received);
  ERR_clear_error();
}

void pair_feed(pair *pair, const uint8_t *bytes, size_t size)
{
  size_t got;
  if (pair->around) pair->around(true);
  csio__tls_stream_feed(pair->stream, bytes, size);
  while ((got = csio__tls_stream_read(pair->stream, pair->received + pair->size, pair->room - pair->size)))
    pair->size += got;
  if (pair->around) pair->around(false);
}

bool pair_move_in(pair *pair)
{
  char *data;
  size_t size = (size_t)BIO_get_mem_data(SSL_get_wbio(pair->server), &data), step;
  uint8_t *bytes = malloc(size + 1);
  CHECK(bytes);
  if (size) memcpy(bytes, data, size);
  (void)BIO_reset(SSL_get_wbio(pair->server));
  for (size_t at = 0; at < size; at += step) {
    step = pair->piece && pair->piece < size - at ? pair->piece : size - at;
    pair_feed(pair, bytes + at, step);
  }
  free(bytes);
  return size;
}

bool pair_move_out(pair *pair)
{
  csio__bytes *output = csio__tls_stream_output(pair->stream);
  bool some = output->size;
  if (some) CHECK_INT(BIO_write(SSL_get_rbio(pair->server), output->data, (int)output->size), output->size);
  csio__bytes_free(output);
  return some;
}

static void serve(pair *pair)
{
  if (pair->accepted || pair->refused) return;
  int result = SSL_do_handshake(pair->server);
  pair->accepted = result == 1;
  pair->refused = result != 1 && SSL_get_error(pair->server, result) != SSL_ERROR_WANT_READ;
  ERR_clear_error();
}

void pair_pump(pair *pair)
{
  do {
    pair_move_out(pair);
    serve(pair);
  } while (pair_move_in(pair));
  pair_move_out(pair);
}

csio__tls_state state_of(const pair *pair)
{
  return csio__tls_stream_state(pair->stream);
}

size_t pair_server_read(pair *pair, uint8_t *into, size_t room)
{
  size_t size = 0;
  while (size < room) {
    int got = SSL_read(pair->server, into + size, (int)(room - size));
    if (got <= 0) break;
    size += (size_t)got;
  }
  ERR_clear_error();
  return size;
}
