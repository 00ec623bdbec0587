/* TLS over bytes: both ends in memory, no sockets. */
#include "tls_pair.h"

#include "net/tls_internal.h"

#include <openssl/err.h>

enum { PORT = 443 };

static identity authority, other_authority, good, by_address, expired, unknown, nameless, own_client;

/* --- the settings --- */

static csio_tls *new_tls(void)
{
  csio_tls *tls;
  CHECK_INT(csio_tls_create(&tls), CSIO_OK);
  return tls;
}

static csio_tls *lenient(void)
{
  csio_tls *tls = new_tls();
  CHECK_INT(csio_tls_set_verify(tls, false), CSIO_OK);
  return tls;
}

static pair pair_open(csio_tls *tls, const char *host, uint16_t port, SSL_CTX *ctx)
{
  pair pair = pair_start(tls, host, port, ctx);
  pair_pump(&pair);
  CHECK_INT(state_of(&pair), CSIO__TLS_OPEN);
  CHECK(pair.accepted);
  return pair;
}

static void server_send(pair *pair, const void *bytes, size_t size)
{
  CHECK_INT(SSL_write(pair->server, bytes, (int)size), size);
  pair_pump(pair);
}

static void check_exchange(pair *pair, size_t size)
{
  uint8_t *bytes = test_bytes(size, 7), *read = malloc(size);
  CHECK(read);
  CHECK(csio__tls_stream_write(pair->stream, bytes, size));
  pair_move_out(pair);
  CHECK_INT(pair_server_read(pair, read, size), size);
  CHECK(!memcmp(read, bytes, size));
  pair->size = 0;
  server_send(pair, bytes, size);
  CHECK_INT(pair->size, size);
  CHECK(!memcmp(pair->received, bytes, size));
  free(bytes);
  free(read);
}

static void expect_failure(pair *pair, int code, const char *part)
{
  csio__failure failure;
  CHECK(csio__tls_stream_failure(pair->stream, "localhost", &failure));
  if (failure.error.code != code)
    FAIL("%s (%s), not %s", csio_err_name(failure.error.code), failure.text, csio_err_name(code));
  CHECK_CONTAINS(failure.text, part);
}

/* --- bytes --- */

static SSL_CTX *limited_server(int version)
{
  SSL_CTX *ctx = server_context(&good, NULL);
  SSL_CTX_set_max_proto_version(ctx, version);
  return ctx;
}

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

static void carries_bytes(void)
{
  static const size_t pieces[] = {0, 1, 1000};
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 3; j++) {
      SSL_CTX *ctx = limited_server(versions[i]);
      csio_tls *tls = tls_trusting(&authority);
      pair pair = pair_start(tls, "localhost", PORT, ctx);
      pair.piece = pieces[j];
      pair_pump(&pair);
      CHECK_INT(state_of(&pair), CSIO__TLS_OPEN);
      CHECK_INT(SSL_version(pair.server), versions[i]);
      check_exchange(&pair, 1);
      check_exchange(&pair, 16 * 1024);
      check_exchange(&pair, pieces[j] == 1 ? 40000 : 1 << 20);
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
  CHECK(csio__tls_stream_output(pair.stream)->size > 0);
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
    SSL_CTX *ctx = limited_server(versions[i]);
    csio_tls *tls = tls_trusting(&authority);
    pair pair = pair_open(tls, "localhost", PORT, ctx);
    server_send(&pair, "last", 4);
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

    pair = pair_open(tls, "localhost", PORT, ctx); /* this side first: what is under way still comes */
    csio__tls_stream_end(pair.stream);
    server_send(&pair, "late", 4);
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
  server_send(&pair, "x", 1);
  pair_feed(&pair, (const uint8_t *)"\x17\x03\x03\x00\x20rubbishrubbishrubbishrubbish1234", 37);
  CHECK_INT(state_of(&pair), CSIO__TLS_BROKEN);
  CHECK(!csio__tls_stream_write(pair.stream, "x", 1));
  expect_failure(&pair, CSIO_ETLS, "the TLS connection with localhost failed: ");
  pair_free(&pair);

  pair = pair_start(tls, "localhost", PORT, ctx);
  pair_feed(&pair, (const uint8_t *)"HTTP/1.1 400 This is not TLS\r\n\r\n", 32);
  expect_failure(&pair, CSIO_ETLS, "the TLS handshake with localhost failed: wrong version number");
  pair_free(&pair);

  pair = pair_start(tls, "localhost", PORT, ctx); /* nothing came at all */
  expect_failure(&pair, CSIO_ETLS, "the TLS handshake with localhost failed: the connection was lost");
  pair_free(&pair);
  csio_tls_release(tls);
  SSL_CTX_free(ctx);
}

/* --- what TLS does beside carrying bytes --- */

static void changes_keys(void)
{
  SSL_CTX *ctx = server_context(&good, NULL);
  csio_tls *tls = tls_trusting(&authority);
  pair pair = pair_open(tls, "localhost", PORT, ctx);
  for (int i = 0; i < 3; i++) {
    CHECK(SSL_key_update(pair.server, SSL_KEY_UPDATE_REQUESTED));
    check_exchange(&pair, 20000);
  }
  pair_free(&pair);
  csio_tls_release(tls);
  SSL_CTX_free(ctx);
}

/* A peer that has its key updates answered and reads no answer costs no memory without end. */
static void bears_no_flood_of_new_keys(void)
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

/* What is written meanwhile goes out after it. */
static void renegotiates(void)
{
  SSL_CTX *ctx = limited_server(TLS1_2_VERSION);
  csio_tls *tls = tls_trusting(&authority);
  pair pair = pair_open(tls, "localhost", PORT, ctx);
  check_exchange(&pair, 100);
  CHECK(SSL_renegotiate(pair.server));
  SSL_do_handshake(pair.server); /* asks for it */
  pair_move_in(&pair);
  CHECK(csio__tls_stream_write(pair.stream, "one ", 4));
  CHECK(csio__tls_stream_write(pair.stream, "two", 3));
  CHECK_INT(state_of(&pair), CSIO__TLS_OPEN);
  uint8_t read[16];
  size_t size = 0;
  for (int i = 0; i < 6; i++) { /* the server goes on with it in reading */
    pair_move_out(&pair);
    size += pair_server_read(&pair, read + size, sizeof read - size);
    pair_move_in(&pair);
  }
  CHECK_INT(size, 7);
  CHECK(!memcmp(read, "one two", 7));
  check_exchange(&pair, 100);
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
    csio_tls *tls = lenient();
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

static void judges_certificates(void)
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
      {&nameless, "localhost", CSIO_ETLS_HOST}, /* its common name is not asked */
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    SSL_CTX *ctx = server_context(cases[i].server, NULL);
    csio_tls *tls = tls_trusting(&authority);
    pair pair = pair_start(tls, cases[i].host, PORT, ctx);
    pair_pump(&pair);
    if (cases[i].code) {
      CHECK_INT(state_of(&pair), CSIO__TLS_BROKEN);
      CHECK(pair.refused); /* the server is told, too */
      expect_failure(&pair, cases[i].code, "localhost");
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
  expect_failure(&pairs[0], CSIO_ETLS_UNTRUSTED, "localhost");
  expect_failure(&pairs[1], CSIO_ETLS_EXPIRED, "localhost");
  expect_failure(&pairs[2], CSIO_ETLS_HOST, "localhost");
  csio__failure failure;
  CHECK(!csio__tls_stream_failure(pairs[3].stream, "localhost", &failure));
  for (int i = 0; i < 4; i++) {
    pair_free(&pairs[i]);
    SSL_CTX_free(contexts[i]);
  }
  csio_tls_release(tls);
}

/* --- client certificates --- */

static int accept_any(int ok, X509_STORE_CTX *store)
{
  (void)ok, (void)store;
  return 1;
}

/* Asks for a certificate, takes what it gets, and looks at it when the handshake is done, as Node does. */
static SSL_CTX *late_server(int version)
{
  SSL_CTX *ctx = limited_server(version);
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, accept_any);
  SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"late", 4);
  return ctx;
}

static void give_identity(csio_tls *tls, const identity *identity)
{
  char *certificate = identity_certificate_pem(identity), *key = identity_key_pem(identity, NULL);
  CHECK_INT(csio_tls_set_identity(tls, certificate, strlen(certificate), key, strlen(key), NULL), CSIO_OK);
  free(certificate);
  free(key);
}

static void tells_of_refused_client_certificates(void)
{
  for (int i = 0; i < 2; i++)
    for (int with = 0; with < 2; with++) {
      SSL_CTX *ctx = late_server(versions[i]);
      csio_tls *tls = tls_trusting(&authority);
      if (with) give_identity(tls, &own_client);
      const char *words = with ? "not accept the one presented" : "require one";
      for (int again = 0; again < 2; again++) { /* the second time with a session, where nobody asks */
        pair pair = pair_open(tls, "localhost", PORT, ctx);
        CHECK_INT(SSL_session_reused(pair.server), again);
        expect_failure(&pair, CSIO_ETLS_CLIENT_CERT, words);
        SSL_shutdown(pair.server);
        pair_pump(&pair);
        CHECK_INT(state_of(&pair), CSIO__TLS_ENDED);
        expect_failure(&pair, CSIO_ETLS_CLIENT_CERT, words);
        pair_free(&pair);
      }
      pair pair = pair_open(tls, "localhost", PORT, ctx); /* one that has answered was content */
      server_send(&pair, "HTTP/1.1 101", 12);
      SSL_shutdown(pair.server);
      pair_pump(&pair);
      csio__failure failure;
      CHECK(!csio__tls_stream_failure(pair.stream, "localhost", &failure));
      pair_free(&pair);
      csio_tls_release(tls);
      SSL_CTX_free(ctx);
    }
}

/* TLS 1.3 lets a server ask when the handshake is over. */
static void answers_late_questions(void)
{
  for (int with = 0; with < 2; with++) {
    SSL_CTX *ctx = limited_server(TLS1_3_VERSION);
    csio_tls *tls = tls_trusting(&authority);
    if (with) give_identity(tls, &own_client);
    pair pair = pair_open(tls, "localhost", PORT, ctx);
    SSL_set_verify(pair.server, SSL_VERIFY_PEER, accept_any);
    CHECK_INT(SSL_verify_client_post_handshake(pair.server), 1);
    CHECK_INT(SSL_do_handshake(pair.server), 1);
    pair_move_in(&pair);
    expect_failure(&pair, CSIO_ETLS_CLIENT_CERT, "asked for a client certificate");
    check_exchange(&pair, 10);
    X509 *certificate = SSL_get1_peer_certificate(pair.server);
    CHECK(with == (certificate != NULL));
    X509_free(certificate);
    pair_free(&pair);
    csio_tls_release(tls);
    SSL_CTX_free(ctx);
  }
}

static void tells_of_alerts(void)
{
  for (int i = 0; i < 2; i++) {
    SSL_CTX *ctx = server_context(&good, &authority);
    SSL_CTX_set_max_proto_version(ctx, versions[i]);
    csio_tls *tls = tls_trusting(&authority);
    pair pair = pair_start(tls, "localhost", PORT, ctx);
    pair_pump(&pair);
    CHECK_INT(state_of(&pair), CSIO__TLS_BROKEN);
    expect_failure(&pair, CSIO_ETLS_CLIENT_CERT, "did not accept the client certificate, or the lack of one");
    pair_free(&pair);
    csio_tls_release(tls);
    SSL_CTX_free(ctx);
  }
  SSL_CTX *ctx = limited_server(TLS1_2_VERSION);
  csio_tls *tls = tls_trusting(&authority);
  CHECK_INT(csio_tls_set_ciphers(tls, "TLS_AES_128_GCM_SHA256"), CSIO_OK);
  pair pair = pair_start(tls, "localhost", PORT, ctx);
  pair_pump(&pair);
  expect_failure(&pair, CSIO_ETLS, "localhost ended the TLS handshake: protocol version");
  pair_free(&pair);
  csio_tls_release(tls);
  SSL_CTX_free(ctx);
}

/* --- sessions --- */

static bool resumes(csio_tls *tls, const char *host, uint16_t port, SSL_CTX *ctx)
{
  pair pair = pair_open(tls, host, port, ctx);
  bool resumed = SSL_session_reused(pair.server);
  check_exchange(&pair, 100);
  pair_free(&pair); /* without a close_notify, which must not cost the session */
  return resumed;
}

static void resumes_sessions(void)
{
  for (int i = 0; i < 2; i++) {
    SSL_CTX *ctx = limited_server(versions[i]);
    csio_tls *tls = tls_trusting(&authority), *same = tls_trusting(&authority), *open = lenient();
    CHECK(!resumes(tls, "localhost", PORT, ctx));
    for (int again = 0; again < 5; again++)
      CHECK(resumes(tls, "localhost", PORT, ctx));
    CHECK(!resumes(tls, "localhost", PORT + 1, ctx)); /* another server */
    CHECK(!resumes(same, "localhost", PORT, ctx));    /* other settings, however alike */
    CHECK(!resumes(open, "localhost", PORT, ctx));
    CHECK(!resumes(open, "example.com", PORT, ctx));
    csio_tls_release(open);
    csio_tls_release(same);
    csio_tls_release(tls);
    SSL_CTX_free(ctx);
  }
}

/* A server gives two tickets; each of TLS 1.3's serves once, also for two connections at once. */
static void uses_tickets_once(void)
{
  SSL_CTX *ctx = server_context(&good, NULL);
  csio_tls *tls = tls_trusting(&authority);
  CHECK(!resumes(tls, "localhost", PORT, ctx));
  pair pairs[3];
  for (int i = 0; i < 3; i++)
    pairs[i] = pair_start(tls, "localhost", PORT, ctx);
  for (int i = 0; i < 3; i++) {
    pair_pump(&pairs[i]);
    CHECK_INT(SSL_session_reused(pairs[i].server), i < 2);
    pair_free(&pairs[i]);
  }
  csio_tls_release(tls);
  SSL_CTX_free(ctx);
}

static void bounds_sessions(void)
{
  SSL_CTX *ctx = server_context(&good, NULL);
  csio_tls *tls = tls_trusting(&authority);
  for (int i = 0; i < CSIO__TLS_MAX_SESSIONS; i++)
    CHECK(!resumes(tls, "localhost", (uint16_t)(PORT + i), ctx));
  CHECK_INT(tls->session_count, CSIO__TLS_MAX_SESSIONS);
  CHECK(!resumes(tls, "localhost", PORT, ctx));
  CHECK(resumes(tls, "localhost", PORT + CSIO__TLS_MAX_SESSIONS - 1, ctx));
  csio_tls_release(tls);
  SSL_CTX_free(ctx);
}

typedef struct shared {
  csio_tls *tls;
  SSL_CTX *ctx;
} shared;

static void *connect_often(void *arg)
{
  const shared *shared = arg;
  for (int i = 0; i < 30; i++)
    resumes(shared->tls, "localhost", (uint16_t)(PORT + i % 3), shared->ctx);
  return NULL;
}

static void serves_threads(void)
{
  for (int i = 0; i < 2; i++) {
    shared shared = {tls_trusting(&authority), limited_server(versions[i])};
    pthread_t threads[4];
    for (int j = 0; j < 4; j++)
      CHECK(!pthread_create(&threads[j], NULL, connect_often, &shared));
    for (int j = 0; j < 4; j++)
      pthread_join(threads[j], NULL);
    CHECK(resumes(shared.tls, "localhost", PORT, shared.ctx));
    csio_tls_release(shared.tls);
    SSL_CTX_free(shared.ctx);
  }
}

/* Were a session ever to be kept under the wrong name, it would not be used. */
static void checks_sessions_again(void)
{
  SSL_CTX *ctx = server_context(&good, NULL);
  csio_tls *tls = tls_trusting(&authority);
  CHECK(!resumes(tls, "localhost", PORT, ctx));
  for (size_t i = 0; i < tls->session_count; i++) {
    free(tls->sessions[i].host);
    tls->sessions[i].host = strdup("example.com");
  }
  pair pair = pair_start(tls, "example.com", PORT, ctx);
  pair_pump(&pair);
  expect_failure(&pair, CSIO_ETLS_HOST, "refused");
  pair_free(&pair);
  csio_tls_release(tls);
  SSL_CTX_free(ctx);
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
  authority = identity_make("Test Authority", NULL, NULL, -DAY, DAY);
  other_authority = identity_make("Other Authority", NULL, NULL, -DAY, DAY);
  good = identity_make("good", "DNS:localhost", &authority, -DAY, DAY);
  by_address = identity_make("by address", "IP:127.0.0.1,IP:::1", &authority, -DAY, DAY);
  expired = identity_make("expired", "DNS:localhost", &authority, -2 * DAY, -DAY);
  unknown = identity_make("unknown", "DNS:localhost", &other_authority, -DAY, DAY);
  nameless = identity_make("localhost", NULL, &authority, -DAY, DAY);
  own_client = identity_make("client", "DNS:client", &authority, -DAY, DAY);
  RUN(carries_bytes);
  RUN(writes_only_once_open);
  RUN(ends_in_order);
  RUN(breaks_at_damaged_bytes);
  RUN(changes_keys);
  RUN(bears_no_flood_of_new_keys);
  RUN(renegotiates);
  RUN(offers_http);
  RUN(names_the_host);
  RUN(judges_certificates);
  RUN(keeps_failures_apart);
  RUN(tells_of_refused_client_certificates);
  RUN(answers_late_questions);
  RUN(tells_of_alerts);
  RUN(resumes_sessions);
  RUN(uses_tickets_once);
  RUN(bounds_sessions);
  RUN(serves_threads);
  RUN(checks_sessions_again);
  RUN(knows_what_libcurl_uses);
  identity *all[] = {
      &authority, &other_authority, &good, &by_address, &expired, &unknown, &nameless, &own_client};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    identity_free(all[i]);
}
