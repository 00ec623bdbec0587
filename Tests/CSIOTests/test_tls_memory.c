/* Each allocation of a TLS stream fails in turn: the stream reports it and leaks nothing. */
#include "allocations.h"
#include "tls_pair.h"

static identity authority, good;

/* Connects while one allocation fails; returns a csio_err. */
static int try_with(csio_tls *tls, SSL_CTX *ctx, allocator of, long nth)
{
  pair pair = {.room = 1 << 20, .around = allocations_watch};
  csio__failure failure = {0};
  pair.received = malloc(pair.room);
  CHECK(pair.received);
  pair.server = new_server(ctx);
  allocations_fail(of, nth);
  allocations_watch(true);
  int err = csio__tls_stream_create(tls, "localhost", 443, &pair.stream);
  allocations_watch(false);
  if (!err) pair_pump(&pair);
  allocations_watch(true);
  if (!err && state_of(&pair) == CSIO__TLS_OPEN && !csio__tls_stream_write(pair.stream, "hello", 5))
    CHECK(csio__tls_stream_failure(pair.stream, "localhost", &failure));
  allocations_watch(false);
  if (!err) pair_move_out(&pair);
  if (!err && csio__tls_stream_failure(pair.stream, "localhost", &failure)) err = failure.error.code;
  uint8_t hello[5];
  if (!err) CHECK_INT(pair_server_read(&pair, hello, 5), 5);
  pair_free(&pair);
  return err;
}

static void survives(allocator of, long step)
{
  SSL_CTX *ctx = server_context(&good, NULL);
  long count = 1;
  for (long nth = 0; nth <= count; nth += nth ? step : 1) {
    csio_tls *tls = tls_trusting(&authority);
    int err = try_with(tls, ctx, of, nth);
    if (!nth) count = allocations_count();
    if (err && (!nth || (of == CSIO && err != CSIO_ENOMEM))) FAIL("%ld: %s", nth, csio_err_name(err));
    /* OpenSSL keeps treating a certificate as invalid if it once lacked memory to read its extensions */
    if (of == CSIO) CHECK_INT(try_with(tls, ctx, of, 0), CSIO_OK);
    csio_tls_release(tls);
  }
  CHECK(count > 5);
  SSL_CTX_free(ctx);
}

static void survives_its_own(void)
{
  survives(CSIO, 1);
}

static void survives_openssl(void)
{
  survives(OPENSSL, 7);
}

int main(int argc, char **argv)
{
  allocations_install();
  authority = identity_make("Test Authority", NULL, NULL, -DAY, DAY);
  good = identity_make("good", "DNS:localhost", &authority, -DAY, DAY);
  RUN(survives_its_own);
  RUN(survives_openssl);
  identity_free(&authority);
  identity_free(&good);
}
