/* TLS over bytes, both ends in memory without sockets: bytes, keys, names and verification. */
#include "identities.h"
#include "tls_pair.h"

#include "net/tls_internal.h"

enum { PORT = 443 };

/* --- bytes --- */

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

static void carries_bytes(void)
{
  static const size_t pieces[] = {0, 1, 1000};
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 3; j++) {
      SSL_CTX *ctx = limited_server_context(&good, versions[i]);
      csio_tls *tls = tls_trusting(&authority);
      pair pair = pair_start(tls, "localhost", PORT, ctx);
      pair.piece = pieces[j];
      pair_pump(&pair);
      CHECK_INT(state_of(&pair), CSIO__TLS_OPEN);
      CHECK_INT(SSL_version(pair.server), versions[i]);
      pair_check_exchange(&pair, 1);
      pair_check_exchange(&pair, 16 * 1024);
      pair_check_exchange(&pair, pieces[j] == 1 ? 40000 : 1 << 20);
      CHECK(csio__tls_stream_write(pair.stream, "", 0));
      csio__failure failure;
      CHECK(!csio__tls_stream_failure(pair.stream, "localhost", &failure));
      pair_free(&pair);
      csio_tls_release(tls);
      SSL_CTX_free(ctx);
    }
}

static void writes_only_once_open(void)
{
  SSL_CTX *ctx = server_context(&good, NULL);
  csio_tls *tls = tls_trusting(&authority);
  pair pair = pair_start(tls, "localhost", PORT, ctx);
  CHECK_INT(state_of(&pair), CSIO__TLS_HANDSHAKE);
  CHECK(pair.stream->output.size > 0);
  CHECK(!csio__tls_stream_write(pair.stream, "x", 1));
  csio__tls_stream_end(pair.stream);
  pair_pump(&pair);
  CHECK_INT(state_of(&pair), CSIO__TLS_OPEN);
  pair_free(&pair);
  csio_tls_release(tls);
  SSL_CTX_free(ctx);
  csio__tls_stream_destroy(NULL);
}

static void ends_in_order(void)
{
  for (int i = 0; i < 2; i++) {
    SSL_CTX *ctx = limited_server_context(&good, versions[i]);
    csio_tls *tls = tls_trusting(&authority);
    pair pair = pair_open(tls, "localhost", PORT, ctx);
    pair_server_send(&pair, "last", 4);
    CHECK_INT(SSL_shutdown(pair.server), 0);
    pair_pump(&pair);
    CHECK_INT(pair.size, 4);
    CHECK_INT(state_of(&pair), CSIO__TLS_ENDED);
    CHECK(!csio__tls_stream_write(pair.stream, "x", 1));
    csio__tls_stream_end(pair.stream);
    CHECK(pair_move_out(&pair));
    CHECK_INT(SSL_shutdown(pair.server), 1);
    csio__failure failure;
    CHECK(!csio__tls_stream_failure(pair.stream, "localhost", &failure));
    pair_free(&pair);

    pair = pair_open(tls, "localhost", PORT, ctx); /* this side closes first */
    csio__tls_stream_end(pair.stream);
    pair_server_send(&pair, "late", 4);
    CHECK_INT(pair.size, 4);
    pair_free(&pair);
    csio_tls_release(tls);
    SSL_CTX_free(ctx);
  }
}

static void breaks_at_damaged_bytes(void)
{
  SSL_CTX *ctx = server_context(&good, NULL);
  csio_tls *tls = tls_trusting(&authority);
  pair pair = pair_open(tls, "localhost", PORT, ctx);
  pair_server_send(&pair, "x", 1);
  pair_feed(&pair, (const uint8_t *)"\x17\x03\x03\x00\x20rubbishrubbishrubbishrubbish1234", 37);
  CHECK_INT(state_of(&pair), CSIO__TLS_BROKEN);
  CHECK(!csio__tls_stream_write(pair.stream, "x", 1));
  pair_expect_failure(&pair, CSIO_ETLS, "the TLS connection with localhost failed: ");
  pair_free(&pair);

  pair = pair_start(tls, "localhost", PORT, ctx);
  pair_feed(&pair, (const uint8_t *)"HTTP/1.1 400 This is not TLS\r\n\r\n", 32);
  pair_expect_failure(&pair, CSIO_ETLS, "the TLS handshake with localhost failed: wrong version number");
  pair_free(&pair);

  pair = pair_start(tls, "localhost", PORT, ctx); /* nothing arrived at all */
  pair_expect_failure(&pair, CSIO_ETLS, "the TLS handshake with localhost failed: the connection was lost");
  pair_free(&pair);
  csio_tls_release(tls);
  SSL_CTX_free(ctx);
}

static void changes_keys(void)
{
  SSL_CTX *ctx = server_context(&good, NULL);
  csio_tls *tls = tls_trusting(&authority);
  pair pair = pair_open(tls, "localhost", PORT, ctx);
  for (int i = 0; i < 3; i++) {
    CHECK(SSL_key_update(pair.server, SSL_KEY_UPDATE_REQUESTED));
    pair_check_exchange(&pair, 20000);
  }
  pair_free(&pair);
  csio_tls_release(tls);
  SSL_CTX_free(ctx);
}

/* A peer that requests key updates but does not read the answers must not make memory grow without limit. */
static void survives_a_flood_of_key_updates(void)
{
  enum { MOST = 50000 };
  SSL_CTX *ctx = server_context(&good, NULL);
  csio_tls *tls = tls_trusting(&authority);
  pair pair = pair_open(tls, "localhost", PORT, ctx);
  int updates = 0;
  for (; updates < MOST && state_of(&pair) == CSIO__TLS_OPEN; updates++) {
    CHECK(SSL_key_update(pair.server, SSL_KEY_UPDATE_REQUESTED));
    CHECK_INT(SSL_write(pair.server, "x", 1), 1);
    pair_move_in(&pair);
  }
  CHECK(updates < MOST);
  CHECK_INT(state_of(&pair), CSIO__TLS_BROKEN);
  pair_free(&pair);
  csio_tls_release(tls);
  SSL_CTX_free(ctx);
}

/* What is written during a renegotiation goes out after it. */
static void renegotiates(void)
{
  SSL_CTX *ctx = limited_server_context(&good, TLS1_2_VERSION);
  csio_tls *tls = tls_trusting(&authority);
  pair pair = pair_open(tls, "localhost", PORT, ctx);
  pair_check_exchange(&pair, 100);
  CHECK(SSL_renegotiate(pair.server));
  SSL_do_handshake(pair.server); /* requests a renegotiation */
  pair_move_in(&pair);
  CHECK(csio__tls_stream_write(pair.stream, "one ", 4));
  CHECK(csio__tls_stream_write(pair.stream, "two", 3));
  CHECK_INT(state_of(&pair), CSIO__TLS_OPEN);
  uint8_t read[16];
  size_t size = 0;
  for (int i = 0; i < 6; i++) { /* the server continues it while reading */
    pair_move_out(&pair);
    size += pair_server_read(&pair, read + size, sizeof read - size);
    pair_move_in(&pair);
  }
  CHECK_INT(size, 7);
  CHECK(!memcmp(read, "one two", 7));
  pair_check_exchange(&pair, 100);
  pair_free(&pair);
  csio_tls_release(tls);
  SSL_CTX_free(ctx);
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *size,
    const unsigned char *offered, unsigned offered_size, void *arg)
{
  (void)ssl;
  CHECK_INT(offered_size, 9);
  CHECK(!memcmp(offered, "\x08http/1.1", 9));
  *out = offered + 1;
  *size = offered[0];
  (*(int *)arg)++;
  return SSL_TLSEXT_ERR_OK;
}

static void offers_http(void)
{
  int asked = 0;
  SSL_CTX *ctx = server_context(&good, NULL);
  SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, &asked);
  csio_tls *tls = tls_trusting(&authority);
  pair pair = pair_open(tls, "localhost", PORT, ctx);
  CHECK_INT(asked, 1);
  pair_free(&pair);
  csio_tls_release(tls);
  SSL_CTX_free(ctx);
}

static void names_the_host(void)
{
  char longest[254], label[] = "012345678901234567890123456789012345678901234567890123456789abc.";
  snprintf(longest, sizeof longest, "%s%s%s%.61s", label, label, label, label);
  CHECK_INT(strlen(longest), 253);
  char rooted[255];
  snprintf(rooted, sizeof rooted, "%s.", longest);
  const struct {
    const char *host, *sni;
  } cases[] = {
      {"localhost", "localhost"},
      {"localhost.", "localhost"},
      {longest, longest},
      {rooted, longest},
      {"127.0.0.1", NULL},
      {"::1", NULL},
      {"fe80::1%lo", NULL},
  };
  SSL_CTX *ctx = server_context(&good, NULL);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    csio_tls *tls = tls_lenient();
    pair pair = pair_open(tls, cases[i].host, PORT, ctx);
    const char *sni = SSL_get_servername(pair.server, TLSEXT_NAMETYPE_host_name);
    if (cases[i].sni)
      CHECK_STRING(sni, cases[i].sni);
    else
      CHECK(!sni);
    pair_free(&pair);
    csio_tls_release(tls);
  }
  SSL_CTX_free(ctx);
}

/* --- verification --- */

static void verifies_certificates(void)
{
  identity long_named, zoned;
  char longest[254], san[260], label[] = "012345678901234567890123456789012345678901234567890123456789abc.";
  snprintf(longest, sizeof longest, "%s%s%s%.61s", label, label, label, label);
  snprintf(san, sizeof san, "DNS:%s", longest);
  long_named = identity_make("long", san, &authority, -DAY, DAY);
  zoned = identity_make("zoned", "IP:fe80::1", &authority, -DAY, DAY);
  const struct {
    const identity *server;
    const char *host;
    int code;
  } cases[] = {
      {&good, "localhost", CSIO_OK}, {&good, "LOCALHOST.", CSIO_OK}, {&good, "example.com", CSIO_ETLS_HOST},
      {&by_address, "127.0.0.1", CSIO_OK}, {&by_address, "::1", CSIO_OK},
      {&by_address, "127.0.0.2", CSIO_ETLS_HOST}, {&zoned, "fe80::1%lo", CSIO_OK},
      {&long_named, longest, CSIO_OK}, {&unknown, "localhost", CSIO_ETLS_UNTRUSTED},
      {&expired, "localhost", CSIO_ETLS_EXPIRED},
      {&nameless, "localhost", CSIO_ETLS_HOST}, /* the common name is ignored */
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    SSL_CTX *ctx = server_context(cases[i].server, NULL);
    csio_tls *tls = tls_trusting(&authority);
    pair pair = pair_start(tls, cases[i].host, PORT, ctx);
    pair_pump(&pair);
    if (cases[i].code) {
      CHECK_INT(state_of(&pair), CSIO__TLS_BROKEN);
      CHECK(pair.refused); /* the server receives the alert */
      pair_expect_failure(&pair, cases[i].code, "localhost");
    } else {
      CHECK_INT(state_of(&pair), CSIO__TLS_OPEN);
    }
    pair_free(&pair);
    csio_tls_release(tls);
    SSL_CTX_free(ctx);
  }
  identity_free(&long_named);
  identity_free(&zoned);
}

static void keeps_failures_apart(void)
{
  SSL_CTX *contexts[] = {server_context(&unknown, NULL), server_context(&expired, NULL),
      server_context(&good, NULL), server_context(&good, NULL)};
  csio_tls *tls = tls_trusting(&authority);
  pair pairs[4];
  for (int i = 0; i < 4; i++)
    pairs[i] = pair_start(tls, i == 2 ? "example.com" : "localhost", PORT, contexts[i]);
  for (int i = 0; i < 4; i++)
    pair_pump(&pairs[i]);
  pair_expect_failure(&pairs[0], CSIO_ETLS_UNTRUSTED, "localhost");
  pair_expect_failure(&pairs[1], CSIO_ETLS_EXPIRED, "localhost");
  pair_expect_failure(&pairs[2], CSIO_ETLS_HOST, "localhost");
  csio__failure failure;
  CHECK(!csio__tls_stream_failure(pairs[3].stream, "localhost", &failure));
  for (int i = 0; i < 4; i++) {
    pair_free(&pairs[i]);
    SSL_CTX_free(contexts[i]);
  }
  csio_tls_release(tls);
}

/* --- the library underneath libcurl --- */

static void knows_what_libcurl_uses(void)
{
  char own[64], behind[64], instead[64];
  snprintf(own, sizeof own, "OpenSSL/%u.0.1", OPENSSL_version_major());
  snprintf(behind, sizeof behind, "(GnuTLS/3.7.9) OpenSSL/%u.5.1", OPENSSL_version_major());
  snprintf(instead, sizeof instead, "(OpenSSL/%u.0.1) GnuTLS/3.7", OPENSSL_version_major());
  CHECK(csio__tls_fits(own));
  CHECK(csio__tls_fits(behind));
  static const char *const others[] = {"GnuTLS/3.7.9", "OpenSSL/1.1.1n", "LibreSSL/3.8", "OpenSSL/33.0",
      "OpenSSL", "(OpenSSL/3.0.1)", "(", "", "mbedTLS/3.6.0", "quictls/3.1.4", "BoringSSL"};
  CHECK(!csio__tls_fits(instead));
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    CHECK(!csio__tls_fits(others[i]));
  CHECK_STRING(csio_tls_last_message(NULL), "");
}

int main(int argc, char **argv)
{
  identities_make();
  RUN(carries_bytes);
  RUN(writes_only_once_open);
  RUN(ends_in_order);
  RUN(breaks_at_damaged_bytes);
  RUN(changes_keys);
  RUN(survives_a_flood_of_key_updates);
  RUN(renegotiates);
  RUN(offers_http);
  RUN(names_the_host);
  RUN(verifies_certificates);
  RUN(keeps_failures_apart);
  RUN(knows_what_libcurl_uses);
  identities_free();
}
