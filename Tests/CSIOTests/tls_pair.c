#include "tls_pair.h"

#include <openssl/err.h>

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
  csio__bytes *output = &pair->stream->output;
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
  return pair->stream->state;
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

pair pair_open(csio_tls *tls, const char *host, uint16_t port, SSL_CTX *ctx)
{
  pair pair = pair_start(tls, host, port, ctx);
  pair_pump(&pair);
  CHECK_INT(state_of(&pair), CSIO__TLS_OPEN);
  CHECK(pair.accepted);
  return pair;
}

void pair_server_send(pair *pair, const void *bytes, size_t size)
{
  CHECK_INT(SSL_write(pair->server, bytes, (int)size), size);
  pair_pump(pair);
}

void pair_check_exchange(pair *pair, size_t size)
{
  uint8_t *bytes = test_bytes(size, 7), *read = malloc(size);
  CHECK(read);
  CHECK(csio__tls_stream_write(pair->stream, bytes, size));
  pair_move_out(pair);
  CHECK_INT(pair_server_read(pair, read, size), size);
  CHECK(!memcmp(read, bytes, size));
  pair->size = 0;
  pair_server_send(pair, bytes, size);
  CHECK_INT(pair->size, size);
  CHECK(!memcmp(pair->received, bytes, size));
  free(bytes);
  free(read);
}

void pair_expect_failure(pair *pair, int code, const char *part)
{
  csio__failure failure;
  CHECK(csio__tls_stream_failure(pair->stream, "localhost", &failure));
  if (failure.error.code != code)
    FAIL("%s (%s), not %s", csio_err_name(failure.error.code), failure.text, csio_err_name(code));
  CHECK_CONTAINS(failure.text, part);
}
