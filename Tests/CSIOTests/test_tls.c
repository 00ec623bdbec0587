/* TLS settings, and what they mean for both transports. */
#include "call.h"
#include "certs.h"
#include "net/tls_internal.h"
#include "socket.h"
#include "ws_peer.h"

#include <sys/socket.h>
#include <unistd.h>

enum { DAY = 24 * 3600 };

static csio_loop *loop;
static identity authority, other_authority, good, by_address, expired, future, unknown, nameless, own_client,
    wrong_client;

/* One script for both transports: a WebSocket handshake, or a plain answer. */
static void serve(client *client)
{
  request *request = malloc(sizeof *request);
  CHECK(request);
  while (client_read_request(client, request)) {
    request_free(request);
    if (!strstr(request->head, "Upgrade: websocket")) {
      client_answer(client, 200, "secret");
      continue;
    }
    ws_answer(client, request->head, "");
    ws_echo_frames(client);
    break;
  }
  free(request);
}

static csio_tls *new_tls(void)
{
  csio_tls *tls;
  CHECK_INT(csio_tls_create(&tls), CSIO_OK);
  return tls;
}

static void trust(csio_tls *tls, const identity *identity)
{
  char *pem = identity_certificate_pem(identity);
  CHECK_INT(csio_tls_add_ca(tls, pem, strlen(pem)), CSIO_OK);
  free(pem);
}

static csio_tls *trusting(const identity *identity)
{
  csio_tls *tls = new_tls();
  trust(tls, identity);
  return tls;
}

static int set_identity(csio_tls *tls, const identity *certificate, const identity *key,
    const char *encrypt_with, const char *passphrase)
{
  char *certificate_pem = identity_certificate_pem(certificate),
       *key_pem = identity_key_pem(key, encrypt_with);
  int err = csio_tls_set_identity(
      tls, certificate_pem, strlen(certificate_pem), key_pem, strlen(key_pem), passphrase);
  free(certificate_pem);
  free(key_pem);
  return err;
}

/* Tries both transports and expects the same code of both, CSIO_OK included. Takes the reference. */
static void expect(SSL_CTX *server_tls, const char *host, csio_tls *tls, int code, const char *part)
{
  peer server;
  peer_start(&server, serve, server_tls, NULL);
  call call = {.loop = loop, .url = peer_url(&server, "https", host, "/"), .tls = tls};
  call_run(&call);
  call_close(&call);
  if (call.error_code != code)
    FAIL("HTTP gives %s (%s), not %s", csio_err_name(call.error_code), call.message, csio_err_name(code));
  if (code)
    CHECK_CONTAINS(call.message, part);
  else
    CHECK_STRING((char *)call.answer, "secret");
  call_free(&call);

  socket_test socket = {.loop = loop, .url = peer_url(&server, "wss", host, "/"), .tls = tls};
  if (code) {
    socket_expect_error(&socket, code, part);
  } else {
    socket_open(&socket);
    uint8_t *bytes = test_bytes(1 << 20, 3);
    socket_send(&socket, CSIO_WS_BINARY, bytes, 1 << 20);
    AWAIT(&socket.monitor, socket.messages == 1 || socket.closes || socket.errors);
    CHECK_INT(socket.size, 1 << 20);
    CHECK(!memcmp(socket.message, bytes, 1 << 20));
    free(bytes);
    socket_shutdown(&socket, 1000, "");
    socket_await_end(&socket);
    CHECK_INT(socket.code, 1000);
    socket_close(&socket);
  }
  peer_stop(&server);
  csio_tls_release(tls);
  SSL_CTX_free(server_tls);
}

static void accepts_a_trusted_certificate(void)
{
  expect(server_context(&good, NULL), "localhost", trusting(&authority), CSIO_OK, "");
  csio_tls *both = trusting(&other_authority);
  trust(both, &authority);
  expect(server_context(&good, NULL), "localhost", both, CSIO_OK, "");
  expect(server_context(&by_address, NULL), "127.0.0.1", trusting(&authority), CSIO_OK, "");
}

static void refuses_other_certificates(void)
{
  expect(server_context(&unknown, NULL), "localhost", trusting(&authority), CSIO_ETLS_UNTRUSTED, "localhost");
  expect(server_context(&good, NULL), "localhost", new_tls(), CSIO_ETLS_UNTRUSTED, "local issuer");
  expect(server_context(&good, NULL), "localhost", NULL, CSIO_ETLS_UNTRUSTED, "local issuer");
  expect(server_context(&expired, NULL), "localhost", trusting(&authority), CSIO_ETLS_EXPIRED, "has expired");
  expect(
      server_context(&future, NULL), "localhost", trusting(&authority), CSIO_ETLS_EXPIRED, "not yet valid");
  expect(server_context(&good, NULL), "127.0.0.1", trusting(&authority), CSIO_ETLS_HOST, "127.0.0.1");
  expect(server_context(&by_address, NULL), "localhost", trusting(&authority), CSIO_ETLS_HOST,
      "ostname mismatch");
}

/* Without a subjectAltName a certificate names no host, whatever its common name is. */
static void asks_no_common_name(void)
{
  expect(server_context(&nameless, NULL), "localhost", trusting(&authority), CSIO_ETLS_HOST, "localhost");
}

static void verifies_nothing_when_told_so(void)
{
  const identity *all[] = {&unknown, &expired, &by_address};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    csio_tls *tls = new_tls();
    CHECK_INT(csio_tls_set_verify(tls, false), CSIO_OK);
    expect(server_context(all[i], NULL), "localhost", tls, CSIO_OK, "");
  }
}

static void checks_pins(void)
{
  uint8_t right[32], wrong[32];
  identity_pin(&good, right);
  identity_pin(&unknown, wrong);
  csio_tls *tls = trusting(&authority);
  CHECK_INT(csio_tls_add_pin(tls, wrong), CSIO_OK);
  expect(server_context(&good, NULL), "localhost", tls, CSIO_ETLS_PIN, "localhost");
  tls = trusting(&authority);
  CHECK_INT(csio_tls_add_pin(tls, wrong), CSIO_OK);
  CHECK_INT(csio_tls_add_pin(tls, right), CSIO_OK);
  expect(server_context(&good, NULL), "localhost", tls, CSIO_OK, "");
  tls = new_tls(); /* a pin does not replace the other checks */
  CHECK_INT(csio_tls_add_pin(tls, right), CSIO_OK);
  expect(server_context(&good, NULL), "localhost", tls, CSIO_ETLS_UNTRUSTED, "localhost");
  tls = new_tls(); /* nor does it go with them */
  CHECK_INT(csio_tls_add_pin(tls, wrong), CSIO_OK);
  CHECK_INT(csio_tls_set_verify(tls, false), CSIO_OK);
  expect(server_context(&good, NULL), "localhost", tls, CSIO_ETLS_PIN, "localhost");
}

static SSL_CTX *asking_server(int version)
{
  SSL_CTX *ctx = server_context(&good, &authority);
  SSL_CTX_set_max_proto_version(ctx, version);
  return ctx;
}

static void presents_a_client_certificate(void)
{
  static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
  for (int i = 0; i < 2; i++) {
    csio_tls *tls = trusting(&authority);
    CHECK_INT(set_identity(tls, &own_client, &own_client, NULL, NULL), CSIO_OK);
    expect(asking_server(versions[i]), "localhost", tls, CSIO_OK, "");
    expect(asking_server(versions[i]), "localhost", trusting(&authority), CSIO_ETLS_CLIENT_CERT,
        versions[i] == TLS1_3_VERSION ? "certificate required" : "client certificate");
    tls = trusting(&authority);
    CHECK_INT(set_identity(tls, &wrong_client, &wrong_client, NULL, NULL), CSIO_OK);
    expect(asking_server(versions[i]), "localhost", tls, CSIO_ETLS_CLIENT_CERT, "client certificate");
  }
}

static int accept_any(int ok, X509_STORE_CTX *store)
{
  (void)ok, (void)store;
  return 1;
}

typedef enum end { CLOSE_NOTIFY, FIN, RESET, ENDS } end;

/* Node's way to refuse a client's certificate: the handshake succeeds, and then the connection ends. */
static void refuse_late(client *client)
{
  end end = *(const int *)client->peer->data % ENDS;
  bool read = *(const int *)client->peer->data / ENDS;
  char request[16];
  if (read) client_read(client, request, 1);
  SSL_set_quiet_shutdown(client->ssl, end != CLOSE_NOTIFY);
  if (end == RESET) client_reset(client);
}

static void tells_of_late_refusals(void)
{
  static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
  for (int i = 0; i < 2 * 2 * 2 * ENDS; i++) {
    int how = i % (2 * ENDS), with = i / (2 * ENDS) % 2, version = versions[i / (4 * ENDS)];
    SSL_CTX *ctx = server_context(&good, NULL);
    SSL_CTX_set_max_proto_version(ctx, version);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, accept_any);
    SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"late", 4);
    peer server;
    peer_start(&server, refuse_late, ctx, &how);
    csio_tls *tls = trusting(&authority);
    if (with) CHECK_INT(set_identity(tls, &wrong_client, &wrong_client, NULL, NULL), CSIO_OK);
    for (int again = 0; again < 2; again++) { /* a resumed handshake asks for nothing, and ends alike */
      call call = {.loop = loop, .url = peer_url(&server, "https", "localhost", "/"), .tls = tls};
      call_expect_error(&call, CSIO_ETLS_CLIENT_CERT, "localhost asked for a client certificate");
    }
    socket_test socket = {.loop = loop, .url = peer_url(&server, "wss", "localhost", "/"), .tls = tls};
    socket_expect_error(&socket, CSIO_ETLS_CLIENT_CERT, "localhost asked for a client certificate");
    csio_tls_release(tls);
    peer_stop(&server);
    SSL_CTX_free(ctx);
  }
}

static void reads_encrypted_keys(void)
{
  csio_tls *tls = trusting(&authority);
  CHECK_INT(set_identity(tls, &own_client, &own_client, "right", "wrong"), CSIO_ETLS_PASSPHRASE);
  CHECK_CONTAINS(csio_tls_last_message(tls), "passphrase is missing or wrong");
  CHECK_INT(set_identity(tls, &own_client, &own_client, "right", NULL), CSIO_ETLS_PASSPHRASE);
  CHECK_INT(set_identity(tls, &own_client, &own_client, "right", "right"), CSIO_OK);
  CHECK_STRING(csio_tls_last_message(tls), "");
  expect(asking_server(TLS1_3_VERSION), "localhost", tls, CSIO_OK, "");
}

static void reads_pkcs12(void)
{
  int size;
  unsigned char *archive = identity_pkcs12(&own_client, "right", &size);
  csio_tls *tls = trusting(&authority);
  CHECK_INT(csio_tls_set_identity_pkcs12(tls, archive, (size_t)size, "wrong"), CSIO_ETLS_PASSPHRASE);
  CHECK_INT(csio_tls_set_identity_pkcs12(tls, archive, (size_t)size, NULL), CSIO_ETLS_PASSPHRASE);
  CHECK_INT(csio_tls_set_identity_pkcs12(tls, archive, (size_t)size / 2, "right"), CSIO_ETLS_CERT);
  CHECK_INT(csio_tls_set_identity_pkcs12(tls, "nonsense", 8, "right"), CSIO_ETLS_CERT);
  CHECK_INT(csio_tls_set_identity_pkcs12(tls, archive, (size_t)size, "right"), CSIO_OK);
  OPENSSL_free(archive);
  expect(asking_server(TLS1_3_VERSION), "localhost", tls, CSIO_OK, "");
}

static void refuses_what_cannot_be_read(void)
{
  csio_tls *tls = new_tls();
  char *pem = identity_certificate_pem(&good);
  CHECK_INT(csio_tls_add_ca(tls, "nonsense", 8), CSIO_ETLS_CA);
  CHECK_INT(csio_tls_add_ca(tls, "", 0), CSIO_ETLS_CA);
  CHECK_INT(csio_tls_add_ca(tls, pem, strlen(pem) / 2), CSIO_ETLS_CA);
  CHECK_CONTAINS(csio_tls_last_message(tls), "CA certificates could not be read");
  CHECK_INT(csio_tls_set_identity(tls, "x", 1, "y", 1, NULL), CSIO_ETLS_CERT);
  CHECK_INT(csio_tls_set_identity(tls, pem, strlen(pem), "y", 1, NULL), CSIO_ETLS_KEY);
  char *chain = malloc(2 * strlen(pem) + 1);
  CHECK(chain);
  strcat(strcpy(chain, pem), pem);
  CHECK_INT(csio_tls_set_identity(tls, chain, strlen(pem) * 3 / 2, "y", 1, NULL), CSIO_ETLS_CERT);
  free(chain);
  CHECK_INT(set_identity(tls, &good, &expired, NULL, NULL), CSIO_ETLS_KEY); /* of another certificate */
  CHECK_INT(csio_tls_set_ciphers(tls, "no-such-cipher"), CSIO_ETLS_CIPHERS);
  CHECK_INT(csio_tls_set_ciphers(tls, "TLS_NO_SUCH_CIPHER"), CSIO_ETLS_CIPHERS);
  CHECK_INT(csio_tls_set_ciphers(tls, ""), CSIO_ETLS_CIPHERS);
  free(pem);
  csio_tls_release(tls);
  csio_tls_release(NULL);
}

static void takes_all_authorities_or_none(void)
{
  csio_tls *tls = trusting(&other_authority);
  char *good_pem = identity_certificate_pem(&authority), *both = malloc(2 * strlen(good_pem) + 1);
  CHECK(both);
  strcat(strcpy(both, good_pem), good_pem);
  CHECK_INT(csio_tls_add_ca(tls, both, strlen(good_pem) * 3 / 2), CSIO_ETLS_CA);
  expect(server_context(&good, NULL), "localhost", tls, CSIO_ETLS_UNTRUSTED, "localhost");
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
    csio_tls *tls = trusting(&authority);
    CHECK_INT(csio_tls_set_ciphers(tls, cases[i].client), CSIO_OK);
    SSL_CTX *server = server_context(&good, NULL);
    SSL_CTX_set_cipher_list(server, cases[i].server);
    SSL_CTX_set_max_proto_version(server, cases[i].version);
    expect(server, "localhost", tls, cases[i].code, "localhost");
  }
}

/* --- other failures --- */

static void speak_plainly(client *client)
{
  client_print(client, "HTTP/1.1 400 This is not TLS\r\n\r\n");
  client_drain(client);
}

static void close_at_once(client *client)
{
  char some[16];
  client_read(client, some, sizeof some);
}

static void reports_broken_handshakes(void)
{
  const script scripts[] = {speak_plainly, close_at_once};
  for (int i = 0; i < 2; i++) {
    peer server;
    peer_start(&server, scripts[i], NULL, NULL);
    call call = {.loop = loop, .url = peer_url(&server, "https", NULL, "/")};
    call_run(&call);
    call_close(&call);
    CHECK_INT(call.error_code, CSIO_ETLS);
    socket_test socket = {.loop = loop, .url = peer_url(&server, "wss", NULL, "/")};
    socket_expect_error(&socket, CSIO_ETLS, "TLS handshake with 127.0.0.1");
    peer_stop(&server);
  }
}

/* Handshakes that fail at the same time, each for a reason of its own. */
enum { SERVERS = 5, AT_ONCE = 4 * SERVERS };

static const int reasons[SERVERS] = {
    CSIO_ETLS_UNTRUSTED, CSIO_ETLS_EXPIRED, CSIO_ETLS_HOST, CSIO_ETLS, CSIO_OK};

static void start_servers(peer servers[SERVERS], SSL_CTX *contexts[SERVERS])
{
  const identity *const identities[SERVERS] = {&unknown, &expired, &by_address, NULL, &good};
  for (int i = 0; i < SERVERS; i++) {
    contexts[i] = identities[i] ? server_context(identities[i], NULL) : NULL;
    peer_start(&servers[i], contexts[i] ? serve : close_at_once, contexts[i], NULL);
  }
}

static void stop_servers(peer servers[SERVERS], SSL_CTX *contexts[SERVERS])
{
  for (int i = 0; i < SERVERS; i++) {
    peer_stop(&servers[i]);
    SSL_CTX_free(contexts[i]);
  }
}

static void keeps_failures_of_requests_apart(void)
{
  peer servers[SERVERS];
  SSL_CTX *contexts[SERVERS];
  call calls[AT_ONCE];
  csio_tls *tls = trusting(&authority);
  start_servers(servers, contexts);
  for (int i = 0; i < AT_ONCE; i++) {
    calls[i] =
        (call){.loop = loop, .tls = tls, .url = peer_url(&servers[i % SERVERS], "https", "localhost", "/")};
    call_start(&calls[i]);
  }
  for (int i = 0; i < AT_ONCE; i++) {
    AWAIT(&calls[i].monitor, calls[i].done);
    call_close(&calls[i]);
    CHECK_INT(calls[i].error_code, reasons[i % SERVERS]);
    call_free(&calls[i]);
  }
  csio_tls_release(tls);
  stop_servers(servers, contexts);
}

static void keeps_failures_of_websockets_apart(void)
{
  peer servers[SERVERS];
  SSL_CTX *contexts[SERVERS];
  socket_test sockets[AT_ONCE];
  csio_tls *tls = trusting(&authority);
  start_servers(servers, contexts);
  for (int i = 0; i < AT_ONCE; i++) {
    sockets[i] = (socket_test){
        .loop = loop, .tls = tls, .url = peer_url(&servers[i % SERVERS], "wss", "localhost", "/")};
    socket_start(&sockets[i]);
  }
  for (int i = 0; i < AT_ONCE; i++) {
    AWAIT(&sockets[i].monitor, sockets[i].opened || sockets[i].errors);
    CHECK_INT(sockets[i].error_code, reasons[i % SERVERS]);
    socket_close(&sockets[i]);
  }
  csio_tls_release(tls);
  stop_servers(servers, contexts);
}

static void hang(client *client)
{
  client_drain(client);
}

static void limits_and_closes_handshakes(void)
{
  peer server;
  peer_start(&server, hang, NULL, NULL);
  socket_test slow = {.loop = loop, .url = peer_url(&server, "wss", NULL, "/"), .timeout = 100};
  socket_expect_error(&slow, CSIO_ETIMEOUT, "longer than 100 ms");
  AWAIT(&server.monitor, server.ended == 1);
  socket_test closed = {.loop = loop, .url = peer_url(&server, "wss", NULL, "/")};
  socket_start(&closed);
  AWAIT(&server.monitor, server.accepted == 2);
  socket_close(&closed);
  AWAIT(&server.monitor, server.ended == 2);
  peer_stop(&server);
}

/* --- the settings as an object --- */

/* A connection that was accepted under lenient settings must not serve a request under strict ones. */
static void keeps_settings_apart(void)
{
  peer server;
  SSL_CTX *ctx = server_context(&unknown, NULL);
  peer_start(&server, serve, ctx, NULL);
  csio_tls *lenient = new_tls();
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
  csio_tls *tls = trusting(&authority);
  csio_tls_retain(tls);
  expect(server_context(&good, NULL), "localhost", tls, CSIO_OK, "");
  char *pem = identity_certificate_pem(&authority);
  CHECK_INT(csio_tls_add_ca(tls, pem, strlen(pem)), CSIO_ESTATE);
  free(pem);
  CHECK_INT(csio_tls_set_verify(tls, false), CSIO_ESTATE);
  CHECK_INT(csio_tls_set_ciphers(tls, "HIGH"), CSIO_ESTATE);
  uint8_t pin[32] = {0};
  CHECK_INT(csio_tls_add_pin(tls, pin), CSIO_ESTATE);
  CHECK_INT(set_identity(tls, &good, &good, NULL, NULL), CSIO_ESTATE);
  csio_tls_release(tls);
}

/* Settings come and go; the ones gone leave nothing behind that later ones would meet. */
static void forgets_released_settings(void)
{
  for (int i = 0; i < 20; i++) {
    csio_tls *tls = trusting(i % 2 ? &authority : &other_authority);
    expect(server_context(&good, NULL), "localhost", tls, i % 2 ? CSIO_OK : CSIO_ETLS_UNTRUSTED, "localhost");
  }
}

static void do_nothing(void *arg)
{
  (void)arg;
}

/* Nor does any of two loops keep settings once their connections have gone. */
static void forgets_settings_of_two_loops(void)
{
  enum { ROUNDS = 10 };
  SSL_CTX *ctx = server_context(&good, NULL);
  peer server;
  peer_start(&server, serve, ctx, NULL);
  csio_loop *loops[] = {test_loop(), test_loop()};
  for (int i = 0; i < ROUNDS; i++) {
    csio_tls *tls = trusting(&authority);
    for (int j = 0; j < 2; j++) {
      socket_test socket = {.loop = loops[j], .url = peer_url(&server, "wss", "localhost", "/"), .tls = tls};
      socket_open(&socket);
      socket_close(&socket);
    }
    for (int j = 0; j < 2; j++)
      on_loop(loops[j], do_nothing, NULL); /* what ended there is freed */
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
  expect(server_context(&good, NULL), "localhost", new_tls(), CSIO_OK, "");
  unsetenv("SSL_CERT_FILE");
  unlink(path);
}

/* --- renegotiation (TLS 1.2) --- */

/* Asks for it, and lets the client wait in its midst. */
static void ask_again(client *client)
{
  char first;
  frame frame;
  peer *peer = client->peer;
  if (!ws_accept(client, "", NULL)) return;
  CHECK(SSL_renegotiate(client->ssl) && SSL_do_handshake(client->ssl));
  CHECK(recv(client->fd, &first, 1, MSG_PEEK) == 1); /* the client has begun */
  CHANGE(&peer->monitor, peer->requests = -1);
  AWAIT(&peer->monitor, peer->requests == -2);
  for (int i = 0; i < 3 && ws_read(client, &frame); i++)
    frame_free(&frame);
  client_drain(client);
}

static void get_queued(void *arg)
{
  socket_test *socket = arg;
  socket->bytes = csio_ws_queued_bytes(socket->ws);
}

/* What is sent meanwhile counts as queued until it can go out. */
static void queues_while_it_renegotiates(void)
{
  enum { SIZE = 300000 };
  peer server;
  SSL_CTX *ctx = server_context(&good, NULL);
  SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
  peer_start(&server, ask_again, ctx, NULL);
  socket_test socket = {
      .loop = loop, .url = peer_url(&server, "wss", "localhost", "/"), .tls = trusting(&authority)};
  uint8_t *bytes = test_bytes(SIZE, 1);
  socket_open(&socket);
  AWAIT(&server.monitor, server.requests == -1);
  for (int i = 0; i < 3; i++)
    socket_send(&socket, CSIO_WS_BINARY, bytes, SIZE);
  on_loop(loop, get_queued, &socket);
  CHECK_INT(socket.bytes, 3 * SIZE);
  CHECK_INT(socket.drains, 0);
  CHANGE(&server.monitor, server.requests = -2);
  AWAIT(&socket.monitor, socket.drains == 1);
  on_loop(loop, get_queued, &socket);
  CHECK_INT(socket.bytes, 0);
  socket_close(&socket);
  free(bytes);
  csio_tls_release(socket.tls);
  peer_stop(&server);
  SSL_CTX_free(ctx);
}

int main(int argc, char **argv)
{
  authority = identity_make("Test Authority", NULL, NULL, -DAY, DAY);
  other_authority = identity_make("Other Authority", NULL, NULL, -DAY, DAY);
  good = identity_make("good", "DNS:localhost", &authority, -DAY, DAY);
  by_address = identity_make("by address", "IP:127.0.0.1,IP:::1", &authority, -DAY, DAY);
  expired = identity_make("expired", "DNS:localhost", &authority, -2 * DAY, -DAY);
  future = identity_make("future", "DNS:localhost", &authority, DAY, 2 * DAY);
  unknown = identity_make("unknown", "DNS:localhost", &other_authority, -DAY, DAY);
  nameless = identity_make("localhost", NULL, &authority, -DAY, DAY);
  own_client = identity_make("client", "DNS:client", &authority, -DAY, DAY);
  wrong_client = identity_make("wrong client", "DNS:client", &other_authority, -DAY, DAY);
  loop = test_loop();
  RUN(accepts_a_trusted_certificate);
  RUN(refuses_other_certificates);
  RUN(asks_no_common_name);
  RUN(verifies_nothing_when_told_so);
  RUN(checks_pins);
  RUN(presents_a_client_certificate);
  RUN(tells_of_late_refusals);
  RUN(reads_encrypted_keys);
  RUN(reads_pkcs12);
  RUN(refuses_what_cannot_be_read);
  RUN(takes_all_authorities_or_none);
  RUN(restricts_ciphers);
  RUN(reports_broken_handshakes);
  RUN(keeps_failures_of_requests_apart);
  RUN(keeps_failures_of_websockets_apart);
  RUN(limits_and_closes_handshakes);
  RUN(keeps_settings_apart);
  RUN(is_constant_once_used);
  RUN(forgets_released_settings);
  RUN(forgets_settings_of_two_loops);
  RUN(reads_the_systems_authorities);
  RUN(queues_while_it_renegotiates);
  csio_loop_close(loop);
  identity *all[] = {&authority, &other_authority, &good, &by_address, &expired, &future, &unknown, &nameless,
      &own_client, &wrong_client};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    identity_free(all[i]);
}
