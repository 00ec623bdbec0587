/* TLS settings and their effect on both transports: whom they trust, ciphers, and sharing. */
#include "both_transports.h"
#include "call.h"
#include "identities.h"
#include "net/tls_internal.h"
#include "socket.h"
#include "tls_settings.h"

#include <unistd.h>

static csio_loop *loop;

static void accepts_a_trusted_certificate(void)
{
  both_expect_tls(loop, server_context(&good, NULL), "localhost", tls_trusting(&authority), CSIO_OK, "");
  csio_tls *both = tls_trusting(&other_authority);
  tls_trust(both, &authority);
  both_expect_tls(loop, server_context(&good, NULL), "localhost", both, CSIO_OK, "");
  both_expect_tls(
      loop, server_context(&by_address, NULL), "127.0.0.1", tls_trusting(&authority), CSIO_OK, "");
}

static void refuses_other_certificates(void)
{
  both_expect_tls(loop, server_context(&unknown, NULL), "localhost", tls_trusting(&authority),
      CSIO_ETLS_UNTRUSTED, "localhost");
  both_expect_tls(
      loop, server_context(&good, NULL), "localhost", tls_new(), CSIO_ETLS_UNTRUSTED, "local issuer");
  both_expect_tls(loop, server_context(&good, NULL), "localhost", NULL, CSIO_ETLS_UNTRUSTED, "local issuer");
  both_expect_tls(loop, server_context(&expired, NULL), "localhost", tls_trusting(&authority),
      CSIO_ETLS_EXPIRED, "has expired");
  both_expect_tls(loop, server_context(&future, NULL), "localhost", tls_trusting(&authority),
      CSIO_ETLS_EXPIRED, "not yet valid");
  both_expect_tls(
      loop, server_context(&good, NULL), "127.0.0.1", tls_trusting(&authority), CSIO_ETLS_HOST, "127.0.0.1");
  both_expect_tls(loop, server_context(&by_address, NULL), "localhost", tls_trusting(&authority),
      CSIO_ETLS_HOST, "ostname mismatch");
}

/* A certificate without a subjectAltName matches no host; its common name is ignored. */
static void ignores_the_common_name(void)
{
  both_expect_tls(loop, server_context(&nameless, NULL), "localhost", tls_trusting(&authority),
      CSIO_ETLS_HOST, "localhost");
}

static void verifies_nothing_if_turned_off(void)
{
  const identity *all[] = {&unknown, &expired, &by_address};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    csio_tls *tls = tls_new();
    CHECK_INT(csio_tls_set_verify(tls, false), CSIO_OK);
    both_expect_tls(loop, server_context(all[i], NULL), "localhost", tls, CSIO_OK, "");
  }
}

static void checks_pins(void)
{
  uint8_t right[32], wrong[32];
  identity_pin(&good, right);
  identity_pin(&unknown, wrong);
  csio_tls *tls = tls_trusting(&authority);
  CHECK_INT(csio_tls_add_pin(tls, wrong), CSIO_OK);
  both_expect_tls(loop, server_context(&good, NULL), "localhost", tls, CSIO_ETLS_PIN, "localhost");
  tls = tls_trusting(&authority);
  CHECK_INT(csio_tls_add_pin(tls, wrong), CSIO_OK);
  CHECK_INT(csio_tls_add_pin(tls, right), CSIO_OK);
  both_expect_tls(loop, server_context(&good, NULL), "localhost", tls, CSIO_OK, "");
  tls = tls_new(); /* a pin does not replace the other checks */
  CHECK_INT(csio_tls_add_pin(tls, right), CSIO_OK);
  both_expect_tls(loop, server_context(&good, NULL), "localhost", tls, CSIO_ETLS_UNTRUSTED, "localhost");
  tls = tls_new(); /* nor is a pin dropped together with them */
  CHECK_INT(csio_tls_add_pin(tls, wrong), CSIO_OK);
  CHECK_INT(csio_tls_set_verify(tls, false), CSIO_OK);
  both_expect_tls(loop, server_context(&good, NULL), "localhost", tls, CSIO_ETLS_PIN, "localhost");
}

static void takes_all_authorities_or_none(void)
{
  csio_tls *tls = tls_trusting(&other_authority);
  char *good_pem = identity_certificate_pem(&authority), *both = malloc(2 * strlen(good_pem) + 1);
  CHECK(both);
  strcat(strcpy(both, good_pem), good_pem);
  CHECK_INT(csio_tls_add_ca(tls, both, strlen(good_pem) * 3 / 2), CSIO_ETLS_CA);
  both_expect_tls(loop, server_context(&good, NULL), "localhost", tls, CSIO_ETLS_UNTRUSTED, "localhost");
  free(both);
  free(good_pem);
}

static void restricts_ciphers(void)
{
  static const struct {
    const char *client, *server;
    int version;
    int code;
  } cases[] = {
      {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256", TLS1_2_VERSION, CSIO_OK},
      {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", TLS1_2_VERSION, CSIO_ETLS},
      {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256", TLS1_3_VERSION, CSIO_OK},
      {"TLS_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256", TLS1_3_VERSION, CSIO_OK},
      {"TLS_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256", TLS1_2_VERSION, CSIO_ETLS},
      {"TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256",
          TLS1_2_VERSION, CSIO_OK},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    csio_tls *tls = tls_trusting(&authority);
    CHECK_INT(csio_tls_set_ciphers(tls, cases[i].client), CSIO_OK);
    SSL_CTX *server = server_context(&good, NULL);
    SSL_CTX_set_cipher_list(server, cases[i].server);
    SSL_CTX_set_max_proto_version(server, cases[i].version);
    both_expect_tls(loop, server, "localhost", tls, cases[i].code, "localhost");
  }
}

/* --- the settings as an object --- */

/* A connection accepted under lenient settings must not serve a request under strict ones. */
static void keeps_settings_apart(void)
{
  peer server;
  SSL_CTX *ctx = server_context(&unknown, NULL);
  peer_start(&server, both_serve, ctx, NULL);
  csio_tls *lenient = tls_new();
  CHECK_INT(csio_tls_set_verify(lenient, false), CSIO_OK);
  for (int i = 0; i < 3; i++) {
    call call = {.loop = loop, .url = peer_url(&server, "https", "localhost", "/"), .tls = lenient};
    call_run(&call);
    call_close(&call);
    CHECK_INT(call.error_code, CSIO_OK);
    call_free(&call);
  }
  CHECK_INT(peer_count(&server, &server.accepted), 1);
  call strict = {.loop = loop, .url = peer_url(&server, "https", "localhost", "/")};
  call_run(&strict);
  call_close(&strict);
  CHECK_INT(strict.error_code, CSIO_ETLS_UNTRUSTED);
  csio_tls_release(lenient);
  peer_stop(&server);
  SSL_CTX_free(ctx);
}

static void is_constant_once_used(void)
{
  csio_tls *tls = tls_trusting(&authority);
  csio_tls_retain(tls);
  both_expect_tls(loop, server_context(&good, NULL), "localhost", tls, CSIO_OK, "");
  char *pem = identity_certificate_pem(&authority);
  CHECK_INT(csio_tls_add_ca(tls, pem, strlen(pem)), CSIO_ESTATE);
  free(pem);
  CHECK_INT(csio_tls_set_verify(tls, false), CSIO_ESTATE);
  CHECK_INT(csio_tls_set_ciphers(tls, "HIGH"), CSIO_ESTATE);
  uint8_t pin[32] = {0};
  CHECK_INT(csio_tls_add_pin(tls, pin), CSIO_ESTATE);
  CHECK_INT(tls_set_identity(tls, &good, &good, NULL, NULL), CSIO_ESTATE);
  csio_tls_release(tls);
}

/* Released settings leave nothing behind that later settings could pick up. */
static void forgets_released_settings(void)
{
  for (int i = 0; i < 20; i++) {
    csio_tls *tls = tls_trusting(i % 2 ? &authority : &other_authority);
    both_expect_tls(loop, server_context(&good, NULL), "localhost", tls,
        i % 2 ? CSIO_OK : CSIO_ETLS_UNTRUSTED, "localhost");
  }
}

static void do_nothing(void *arg)
{
  (void)arg;
}

/* Nor do two loops keep settings whose connections are gone. */
static void forgets_settings_of_two_loops(void)
{
  enum { ROUNDS = 10 };
  SSL_CTX *ctx = server_context(&good, NULL);
  peer server;
  peer_start(&server, both_serve, ctx, NULL);
  csio_loop *loops[] = {test_loop(), test_loop()};
  for (int i = 0; i < ROUNDS; i++) {
    csio_tls *tls = tls_trusting(&authority);
    for (int j = 0; j < 2; j++) {
      socket_test socket = {.loop = loops[j], .url = peer_url(&server, "wss", "localhost", "/"), .tls = tls};
      socket_open(&socket);
      socket_close(&socket);
    }
    for (int j = 0; j < 2; j++)
      on_loop(loops[j], do_nothing, NULL); /* frees what ended there */
    CHECK_INT(atomic_load(&tls->references), 1);
    csio_tls_release(tls);
  }
  for (int j = 0; j < 2; j++)
    csio_loop_close(loops[j]);
  peer_stop(&server);
  SSL_CTX_free(ctx);
}

static void reads_the_systems_authorities(void)
{
  char path[] = "/tmp/csio-test-XXXXXX";
  int fd = mkstemp(path);
  char *pem = identity_certificate_pem(&authority);
  CHECK(fd >= 0 && write(fd, pem, strlen(pem)) == (ssize_t)strlen(pem));
  close(fd);
  free(pem);
  setenv("SSL_CERT_FILE", path, 1);
  both_expect_tls(loop, server_context(&good, NULL), "localhost", tls_new(), CSIO_OK, "");
  unsetenv("SSL_CERT_FILE");
  unlink(path);
}

int main(int argc, char **argv)
{
  identities_make();
  loop = test_loop();
  RUN(accepts_a_trusted_certificate);
  RUN(refuses_other_certificates);
  RUN(ignores_the_common_name);
  RUN(verifies_nothing_if_turned_off);
  RUN(checks_pins);
  RUN(takes_all_authorities_or_none);
  RUN(restricts_ciphers);
  RUN(keeps_settings_apart);
  RUN(is_constant_once_used);
  RUN(forgets_released_settings);
  RUN(forgets_settings_of_two_loops);
  RUN(reads_the_systems_authorities);
  csio_loop_close(loop);
  identities_free();
}
