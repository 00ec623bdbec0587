/* TLS sessions are resumed, but only under the settings that they were verified under. */
#include "call.h"
#include "certs.h"
#include "proxy_peer.h"
#include "socket.h"
#include "tls_settings.h"
#include "ws_peer.h"

#include "net/tls_stream.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

static csio_loop *loop;
static identity authority, other_authority, good, own_client;

/* --- settings --- */

typedef enum kind { LENIENT, STRICT, OTHER_CA, RIGHT_CA, RIGHT_PIN, WRONG_PIN, IDENTITY, KINDS } kind;

static const char *const names[KINDS] = {
    "lenient", "strict", "other ca", "right ca", "right pin", "wrong pin", "identity"};

static const int codes[KINDS] = {
    [STRICT] = CSIO_ETLS_UNTRUSTED, [OTHER_CA] = CSIO_ETLS_UNTRUSTED, [WRONG_PIN] = CSIO_ETLS_PIN};

static csio_tls *settings(kind kind)
{
  csio_tls *tls = tls_new();
  uint8_t pin[32];
  if (kind == OTHER_CA) tls_trust(tls, &other_authority);
  if (kind == RIGHT_CA || kind == IDENTITY) tls_trust(tls, &authority);
  if (kind == LENIENT || kind == RIGHT_PIN || kind == WRONG_PIN)
    CHECK_INT(csio_tls_set_verify(tls, false), CSIO_OK);
  identity_pin(kind == RIGHT_PIN ? &good : &other_authority, pin);
  if (kind == RIGHT_PIN || kind == WRONG_PIN) CHECK_INT(csio_tls_add_pin(tls, pin), CSIO_OK);
  if (kind == IDENTITY) CHECK_INT(tls_set_identity(tls, &own_client, &own_client, NULL, NULL), CSIO_OK);
  return tls;
}

/* --- the server --- */

/* Issues sessions, and asks for an optional client certificate. */
static SSL_CTX *new_server(int version)
{
  SSL_CTX *ctx = limited_server_context(&good, version);
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, accept_any);
  SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"test", 4);
  return ctx;
}

/* One script for all transports. `data` counts the requests that came with a client certificate. */
static void serve(client *client)
{
  request *request = malloc(sizeof *request);
  CHECK(request);
  while (client_read_request(client, request)) {
    bool upgrade = strstr(request->head, "Upgrade: websocket");
    X509 *certificate = SSL_get1_peer_certificate(client->ssl);
    if (certificate) CHANGE(&client->peer->monitor, ++*(int *)client->peer->data);
    X509_free(certificate);
    request_free(request);
    if (!upgrade) {
      client_answer(client, 200, "fine");
      continue;
    }
    ws_answer(client, request->head, "");
    ws_echo_frames(client);
    break;
  }
  free(request);
}

/* --- transports: each connects, and gives the error's code --- */

typedef int transport(const peer *server, csio_tls *tls);

static int by_http_kept(const peer *server, csio_tls *tls)
{
  call call = {.loop = loop, .url = peer_url(server, "https", "localhost", "/"), .tls = tls};
  call_run(&call);
  call_close(&call);
  call_free(&call);
  return call.error_code;
}

static int by_http(const peer *server, csio_tls *tls)
{
  call call = {
      .loop = loop, .url = peer_url(server, "https", "localhost", "/"), .tls = tls, .no_keep_alive = true};
  call_run(&call);
  call_close(&call);
  call_free(&call);
  return call.error_code;
}

static int by_websocket(const peer *server, csio_tls *tls)
{
  socket_test socket = {.loop = loop, .url = peer_url(server, "wss", "localhost", "/"), .tls = tls};
  socket_start(&socket);
  AWAIT(&socket.monitor, socket.opened || socket.errors);
  if (!socket.errors) {
    socket_send(&socket, CSIO_WS_TEXT, "x", 1);
    AWAIT(&socket.monitor, socket.messages || socket.errors || socket.closes);
  }
  socket_close(&socket);
  return socket.error_code;
}

static void send_output(int fd, csio__tls_stream *stream)
{
  csio__bytes *output = &stream->output;
  if (output->size) CHECK_INT(send(fd, output->data, output->size, MSG_NOSIGNAL), output->size);
  output->size = 0;
}

/* The stream alone, over a socket of the test. */
static int by_stream(const peer *server, csio_tls *tls)
{
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(server->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  static const char request[] = "GET / HTTP/1.1\r\n\r\n";
  uint8_t bytes[4096], answer[4096];
  csio__tls_stream *stream;
  csio__failure failure = {0};
  bool asked = false;
  size_t size = 0, got;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof address));
  CHECK_INT(csio__tls_stream_create(tls, "localhost", server->port, &stream), CSIO_OK);
  while (!size && stream->state <= CSIO__TLS_OPEN) {
    if (!asked && stream->state == CSIO__TLS_OPEN)
      asked = csio__tls_stream_write(stream, request, sizeof request - 1);
    send_output(fd, stream);
    ssize_t came = recv(fd, bytes, sizeof bytes, 0);
    CHECK(came > 0);
    csio__tls_stream_feed(stream, bytes, (size_t)came);
    while ((got = csio__tls_stream_read(stream, answer + size, sizeof answer - size)))
      size += got;
  }
  send_output(fd, stream);
  if (!size) CHECK(csio__tls_stream_failure(stream, "localhost", &failure));
  csio__tls_stream_destroy(stream);
  close(fd);
  return failure.error.code;
}

/* --- tests --- */

static transport *const transports[] = {by_http, by_http_kept, by_websocket, by_stream};

enum { TRANSPORTS = sizeof transports / sizeof *transports };

static void check_pair(transport *first, kind one, transport *second, kind other, int version)
{
  SSL_CTX *ctx = new_server(version);
  peer server;
  int with_certificate = 0;
  peer_start(&server, serve, ctx, &with_certificate);
  csio_tls *before = settings(one), *after = settings(other);
  for (int i = 0; i < 2; i++)
    CHECK_INT(first(&server, before), codes[one]);
  int resumed = peer_count(&server, &server.resumed), certificates = peer_count(&server, &with_certificate);
  int code = second(&server, after);
  if (code != codes[other]) FAIL("after %s, %s gives %s", names[one], names[other], csio_err_name(code));
  CHECK_INT(peer_count(&server, &server.resumed), resumed);
  CHECK_INT(peer_count(&server, &with_certificate), certificates + (other == IDENTITY));
  csio_tls_release(before);
  csio_tls_release(after);
  peer_stop(&server);
  SSL_CTX_free(ctx);
}

static void check_pairs(transport *first, transport *second, int version)
{
  for (kind one = 0; one < KINDS; one++)
    for (kind other = 0; other < KINDS; other++)
      check_pair(first, one, second, other, version);
}

static void keeps_settings_apart(void)
{
  for (int i = 0; i < TRANSPORTS; i++)
    for (int j = 0; j < TRANSPORTS; j++)
      check_pairs(transports[i], transports[j], TLS1_3_VERSION);
  check_pairs(by_http, by_http, TLS1_2_VERSION);
  check_pairs(by_stream, by_http, TLS1_2_VERSION);
}

static void resumes_within_settings(void)
{
  static transport *const order[] = {
      by_http, by_http, by_websocket, by_stream, by_http, by_websocket, by_stream, by_websocket};
  static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
  static const kind accepted[] = {LENIENT, RIGHT_CA, RIGHT_PIN, IDENTITY};
  for (size_t i = 0; i < 2 * sizeof accepted / sizeof *accepted; i++) {
    SSL_CTX *ctx = new_server(versions[i % 2]);
    peer server;
    int with_certificate = 0, count = sizeof order / sizeof *order;
    peer_start(&server, serve, ctx, &with_certificate);
    csio_tls *tls = settings(accepted[i / 2]);
    for (int j = 0; j < count; j++)
      CHECK_INT(order[j](&server, tls), CSIO_OK);
    CHECK_INT(peer_count(&server, &server.handshakes), count);
    CHECK_INT(peer_count(&server, &server.resumed), count - 1);
    CHECK_INT(peer_count(&server, &with_certificate), accepted[i / 2] == IDENTITY ? count : 0);
    csio_tls_release(tls);
    peer_stop(&server);
    SSL_CTX_free(ctx);
  }
}

/* All loops share the sessions of the default settings. */
static void shares_sessions_of_defaults(void)
{
  SSL_CTX *ctx = new_server(TLS1_3_VERSION);
  peer server;
  int with_certificate = 0;
  peer_start(&server, serve, ctx, &with_certificate);
  for (int i = 0; i < 3; i++) {
    csio_loop *own = test_loop();
    call call = {.loop = own, .url = peer_url(&server, "https", "localhost", "/")};
    call_run(&call);
    call_close(&call);
    CHECK_INT(call.error_code, CSIO_OK);
    call_free(&call);
    csio_loop_close(own);
  }
  CHECK_INT(peer_count(&server, &server.resumed), 2);
  peer_stop(&server);
  SSL_CTX_free(ctx);
}

/* --- through an https proxy --- */

static int by_proxy(const peer *server, csio_tls *tls, bool keep_alive)
{
  csio_proxy *proxy = proxy_of(server, "https", "");
  CHECK_INT(csio_proxy_set_tls(proxy, tls), CSIO_OK);
  call call = {.loop = loop, .url = "http://somewhere.test/", .proxy = proxy, .no_keep_alive = !keep_alive};
  call_run(&call);
  call_close(&call);
  call_free(&call);
  csio_proxy_release(proxy);
  return call.error_code;
}

static void treats_https_proxies_alike(void)
{
  for (kind one = 0; one < KINDS; one++)
    for (kind other = 0; other < KINDS; other++)
      for (int kept = 0; kept < 2; kept++) {
        SSL_CTX *ctx = new_server(TLS1_3_VERSION);
        peer server;
        proxy_plan plan = {0};
        peer_start(&server, http_proxy, ctx, &plan);
        csio_tls *before = settings(one), *after = settings(other);
        for (int i = 0; i < 3; i++)
          CHECK_INT(by_proxy(&server, before, kept), codes[one]);
        int resumed = codes[one] ? 0 : peer_count(&server, &server.handshakes) - 1;
        if (!codes[one] && !kept)
          CHECK_INT(resumed, 2); /* on a kept connection there are no handshakes at
                                  * all */
        CHECK_INT(peer_count(&server, &server.resumed), resumed);
        int code = by_proxy(&server, after, kept);
        if (code != codes[other])
          FAIL("after %s, %s gives %s", names[one], names[other], csio_err_name(code));
        CHECK_INT(peer_count(&server, &server.resumed), resumed);
        csio_tls_release(before);
        csio_tls_release(after);
        peer_stop(&server);
        SSL_CTX_free(ctx);
      }
}

/* Sets what counts as the system's authorities from now on. */
static void set_system_authority(const char *path, const identity *identity)
{
  FILE *file = fopen(path, "w");
  char *pem = identity_certificate_pem(identity);
  CHECK(file && fputs(pem, file) >= 0 && !fclose(file));
  free(pem);
}

int main(int argc, char **argv)
{
  authority = identity_make("Test Authority", NULL, NULL, -DAY, DAY);
  other_authority = identity_make("Other Authority", NULL, NULL, -DAY, DAY);
  good = identity_make("good", "DNS:localhost,IP:127.0.0.1", &authority, -DAY, DAY);
  own_client = identity_make("client", "DNS:client", &authority, -DAY, DAY);
  char path[] = "/tmp/csio-test-XXXXXX";
  close(mkstemp(path));
  setenv("SSL_CERT_FILE", path, 1);
  set_system_authority(path, &authority);
  loop = test_loop();
  RUN(shares_sessions_of_defaults); /* the default settings read it only once */
  set_system_authority(path, &other_authority);
  RUN(resumes_within_settings);
  RUN(keeps_settings_apart);
  RUN(treats_https_proxies_alike);
  csio_loop_close(loop);
  unlink(path);
  identity *all[] = {&authority, &other_authority, &good, &own_client};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    identity_free(all[i]);
}
