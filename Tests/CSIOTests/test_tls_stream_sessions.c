/* TLS over bytes, both ends in memory without sockets: client certificates and sessions. */
#include "identities.h"
#include "tls_pair.h"

#include "net/tls_internal.h"

enum { PORT = 443 };

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

/* --- client certificates --- */

/* Asks for a certificate, accepts any, and checks it after the handshake, like Node. */
static SSL_CTX *late_server(int version)
{
  SSL_CTX *ctx = limited_server_context(&good, version);
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, accept_any);
  SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"late", 4);
  return ctx;
}

static void reports_refused_client_certificates(void)
{
  for (int i = 0; i < 2; i++)
    for (int with = 0; with < 2; with++) {
      SSL_CTX *ctx = late_server(versions[i]);
      csio_tls *tls = tls_trusting(&authority);
      if (with) CHECK_INT(tls_set_identity(tls, &own_client, &own_client, NULL, NULL), CSIO_OK);
      const char *words = with ? "not accept the one presented" : "require one";
      for (int again = 0; again < 2; again++) { /* resumed without asking for a certificate */
        pair pair = pair_open(tls, "localhost", PORT, ctx);
        CHECK_INT(SSL_session_reused(pair.server), again);
        pair_expect_failure(&pair, CSIO_ETLS_CLIENT_CERT, words);
        SSL_shutdown(pair.server);
        pair_pump(&pair);
        CHECK_INT(state_of(&pair), CSIO__TLS_ENDED);
        pair_expect_failure(&pair, CSIO_ETLS_CLIENT_CERT, words);
        pair_free(&pair);
      }
      pair pair = pair_open(tls, "localhost", PORT, ctx); /* an answer means acceptance */
      pair_server_send(&pair, "HTTP/1.1 101", 12);
      SSL_shutdown(pair.server);
      pair_pump(&pair);
      csio__failure failure;
      CHECK(!csio__tls_stream_failure(pair.stream, "localhost", &failure));
      pair_free(&pair);
      csio_tls_release(tls);
      SSL_CTX_free(ctx);
    }
}

/* In TLS 1.3 a server may ask for a certificate after the handshake. */
static void answers_late_certificate_requests(void)
{
  for (int with = 0; with < 2; with++) {
    SSL_CTX *ctx = limited_server_context(&good, TLS1_3_VERSION);
    csio_tls *tls = tls_trusting(&authority);
    if (with) CHECK_INT(tls_set_identity(tls, &own_client, &own_client, NULL, NULL), CSIO_OK);
    pair pair = pair_open(tls, "localhost", PORT, ctx);
    SSL_set_verify(pair.server, SSL_VERIFY_PEER, accept_any);
    CHECK_INT(SSL_verify_client_post_handshake(pair.server), 1);
    CHECK_INT(SSL_do_handshake(pair.server), 1);
    pair_move_in(&pair);
    pair_expect_failure(&pair, CSIO_ETLS_CLIENT_CERT, "asked for a client certificate");
    pair_check_exchange(&pair, 10);
    X509 *certificate = SSL_get1_peer_certificate(pair.server);
    CHECK(with == (certificate != NULL));
    X509_free(certificate);
    pair_free(&pair);
    csio_tls_release(tls);
    SSL_CTX_free(ctx);
  }
}

static void reports_alerts(void)
{
  for (int i = 0; i < 2; i++) {
    SSL_CTX *ctx = server_context(&good, &authority);
    SSL_CTX_set_max_proto_version(ctx, versions[i]);
    csio_tls *tls = tls_trusting(&authority);
    pair pair = pair_start(tls, "localhost", PORT, ctx);
    pair_pump(&pair);
    CHECK_INT(state_of(&pair), CSIO__TLS_BROKEN);
    pair_expect_failure(
        &pair, CSIO_ETLS_CLIENT_CERT, "did not accept the client certificate, or the lack of one");
    pair_free(&pair);
    csio_tls_release(tls);
    SSL_CTX_free(ctx);
  }
  SSL_CTX *ctx = limited_server_context(&good, TLS1_2_VERSION);
  csio_tls *tls = tls_trusting(&authority);
  CHECK_INT(csio_tls_set_ciphers(tls, "TLS_AES_128_GCM_SHA256"), CSIO_OK);
  pair pair = pair_start(tls, "localhost", PORT, ctx);
  pair_pump(&pair);
  pair_expect_failure(&pair, CSIO_ETLS, "localhost ended the TLS handshake: protocol version");
  pair_free(&pair);
  csio_tls_release(tls);
  SSL_CTX_free(ctx);
}

/* --- sessions --- */

static bool resumes(csio_tls *tls, const char *host, uint16_t port, SSL_CTX *ctx)
{
  pair pair = pair_open(tls, host, port, ctx);
  bool resumed = SSL_session_reused(pair.server);
  pair_check_exchange(&pair, 100);
  pair_free(&pair); /* a missing close_notify must not cost the session */
  return resumed;
}

static void resumes_sessions(void)
{
  for (int i = 0; i < 2; i++) {
    SSL_CTX *ctx = limited_server_context(&good, versions[i]);
    csio_tls *tls = tls_trusting(&authority), *same = tls_trusting(&authority), *open = tls_lenient();
    CHECK(!resumes(tls, "localhost", PORT, ctx));
    for (int again = 0; again < 5; again++)
      CHECK(resumes(tls, "localhost", PORT, ctx));
    CHECK(!resumes(tls, "localhost", PORT + 1, ctx)); /* another server */
    CHECK(!resumes(same, "localhost", PORT, ctx));    /* other settings, even if equal */
    CHECK(!resumes(open, "localhost", PORT, ctx));
    CHECK(!resumes(open, "example.com", PORT, ctx));
    csio_tls_release(open);
    csio_tls_release(same);
    csio_tls_release(tls);
    SSL_CTX_free(ctx);
  }
}

/* A server gives two tickets; with TLS 1.3 each is used once, also by two connections at the same time. */
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
    shared shared = {tls_trusting(&authority), limited_server_context(&good, versions[i])};
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

/* Even a session stored under the wrong name would not be used. */
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
  pair_expect_failure(&pair, CSIO_ETLS_HOST, "refused");
  pair_free(&pair);
  csio_tls_release(tls);
  SSL_CTX_free(ctx);
}

int main(int argc, char **argv)
{
  identities_make();
  RUN(reports_refused_client_certificates);
  RUN(answers_late_certificate_requests);
  RUN(reports_alerts);
  RUN(resumes_sessions);
  RUN(uses_tickets_once);
  RUN(bounds_sessions);
  RUN(serves_threads);
  RUN(checks_sessions_again);
  identities_free();
}
