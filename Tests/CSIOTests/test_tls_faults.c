/* TLS handshakes that fail, hang or are repeated, on both transports. */
#include "both_transports.h"
#include "call.h"
#include "identities.h"
#include "socket.h"
#include "tls_settings.h"
#include "ws_peer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static csio_loop *loop;

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

/* Handshakes that fail at the same time, each for its own reason. */
enum { SERVERS = 5, AT_ONCE = 4 * SERVERS };

static const int reasons[SERVERS] = {
    CSIO_ETLS_UNTRUSTED, CSIO_ETLS_EXPIRED, CSIO_ETLS_HOST, CSIO_ETLS, CSIO_OK};

static void start_servers(peer servers[SERVERS], SSL_CTX *contexts[SERVERS])
{
  const identity *const identities[SERVERS] = {&unknown, &expired, &by_address, NULL, &good};
  for (int i = 0; i < SERVERS; i++) {
    contexts[i] = identities[i] ? server_context(identities[i], NULL) : NULL;
    peer_start(&servers[i], contexts[i] ? both_serve : close_at_once, contexts[i], NULL);
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
  csio_tls *tls = tls_trusting(&authority);
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
  csio_tls *tls = tls_trusting(&authority);
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

/* --- renegotiation (TLS 1.2) --- */

/* Asks for a renegotiation and stops in the middle of it. */
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

/* What is sent during a renegotiation counts as queued until it goes out. */
static void queues_while_it_renegotiates(void)
{
  enum { SIZE = 300000 };
  peer server;
  SSL_CTX *ctx = server_context(&good, NULL);
  SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
  peer_start(&server, ask_again, ctx, NULL);
  socket_test socket = {
      .loop = loop, .url = peer_url(&server, "wss", "localhost", "/"), .tls = tls_trusting(&authority)};
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

/* --- too few file descriptors --- */

static int taken[1024], taken_count;
static struct rlimit limit;
static pthread_mutex_t descriptors = PTHREAD_MUTEX_INITIALIZER;

static void take_all_but(int spare)
{
  pthread_mutex_lock(&descriptors);
  CHECK(!getrlimit(RLIMIT_NOFILE, &limit));
  struct rlimit low = {.rlim_cur = 200, .rlim_max = limit.rlim_max};
  CHECK(!setrlimit(RLIMIT_NOFILE, &low));
  taken_count = take_descriptors(taken, 1024, spare);
  pthread_mutex_unlock(&descriptors);
}

static void give_back(void)
{
  pthread_mutex_lock(&descriptors);
  while (taken_count)
    close(taken[--taken_count]);
  CHECK(!setrlimit(RLIMIT_NOFILE, &limit));
  pthread_mutex_unlock(&descriptors);
}

/* Takes all from the server's thread, while the client waits for its certificate. */
static int take_all(SSL *ssl, int *alert, void *arg)
{
  (void)ssl, (void)alert;
  if (atomic_exchange((atomic_bool *)arg, false)) take_all_but(0);
  return SSL_CLIENT_HELLO_SUCCESS;
}

/* Until the server has closed the connections that have ended. */
static void await_ends(peer *server)
{
  AWAIT(&server->monitor, server->ended == server->accepted);
}

static void write_file(const char *path, const char *text)
{
  FILE *file = fopen(path, "w");
  CHECK(file && fputs(text, file) >= 0 && !fclose(file));
}

static void expect_by_request(const peer *server, csio_tls *tls, int code, const char *part)
{
  call call = {
      .loop = loop, .url = peer_url(server, "https", "localhost", "/"), .tls = tls, .no_keep_alive = true};
  call_start(&call);
  if (!call.err) AWAIT(&call.monitor, call.done);
  call_close(&call);
  const char *message = call.err ? csio_err_message(call.err) : call.message;
  CHECK_INT(call.err ? call.err : call.error_code, code);
  if (code) CHECK_CONTAINS(message, part);
  call_free(&call);
}

static void expect_by_socket(const peer *server, csio_tls *tls, int code, const char *part)
{
  socket_test socket = {.loop = loop, .url = peer_url(server, "wss", "localhost", "/"), .tls = tls};
  if (code) {
    socket_expect_error(&socket, code, part);
    return;
  }
  socket_open(&socket);
  socket_close(&socket);
}

/* The system's authorities in one file, which is read with the first connection. A connection that could not
 * read it says so, and the next one reads it. */
static void reads_the_authorities_when_it_can(void)
{
  char path[] = "/tmp/csio-authorities-XXXXXX", *pem = identity_certificate_pem(&authority);
  close(mkstemp(path));
  write_file(path, pem);
  free(pem);
  setenv("SSL_CERT_FILE", path, 1);
  SSL_CTX *ctx = server_context(&good, NULL);
  peer server;
  peer_start(&server, both_serve, ctx, NULL);
  for (int i = 0; i < 3; i++) {
    csio_tls *tls = i < 2 ? tls_new() : NULL; /* the default ones live as long as the process */
    await_ends(&server);
    take_all_but(i % 2);
    if (i % 2) /* takes the connection's socket, but nothing is left for the file */
      expect_by_socket(&server, tls, CSIO_EFILES, "too many open files");
    else
      expect_by_request(&server, tls, CSIO_EFILES, "too many open files");
    give_back();
    expect_by_request(&server, tls, CSIO_OK, "");
    expect_by_socket(&server, tls, CSIO_OK, "");
    csio_tls_release(tls);
  }
  peer_stop(&server);
  SSL_CTX_free(ctx);
  unsetenv("SSL_CERT_FILE");
  unlink(path);
}

/* The system's authorities in a folder, where OpenSSL looks for a file while it verifies. */
static void looks_for_an_authority_when_it_can(void)
{
  char folder[] = "/tmp/csio-authorities-XXXXXX", path[64], *pem = identity_certificate_pem(&authority);
  CHECK(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/%08lx.0", folder, X509_subject_name_hash(authority.certificate));
  write_file(path, pem);
  free(pem);
  setenv("SSL_CERT_DIR", folder, 1);
  SSL_CTX *ctx = server_context(&good, NULL), *other = server_context(&unknown, NULL);
  atomic_bool takes = false;
  SSL_CTX_set_client_hello_cb(ctx, take_all, &takes);
  peer server, strange;
  peer_start(&server, both_serve, ctx, NULL);
  peer_start(&strange, both_serve, other, NULL);
  for (int i = 0; i < 2; i++) {
    csio_tls *tls = tls_new();
    expect_by_request(&strange, tls, CSIO_ETLS_UNTRUSTED, "");
    await_ends(&strange);
    await_ends(&server);
    atomic_store(&takes, true);
    (i ? expect_by_socket : expect_by_request)(&server, tls, CSIO_EFILES,
        "the certificate of localhost could not be verified: the process or the system has too many open "
        "files");
    give_back();
    (i ? expect_by_socket : expect_by_request)(&server, tls, CSIO_OK, "");
    csio_tls_release(tls);
  }
  peer_stop(&server);
  peer_stop(&strange);
  SSL_CTX_free(ctx);
  SSL_CTX_free(other);
  unsetenv("SSL_CERT_DIR");
  unlink(path);
  rmdir(folder);
}

/* Makes what every loop keeps, and OpenSSL's random numbers. */
static void warm_up(void)
{
  SSL_CTX *ctx = server_context(&good, NULL);
  peer server;
  csio_tls *tls = tls_trusting(&authority);
  peer_start(&server, both_serve, ctx, NULL);
  expect_by_request(&server, tls, CSIO_OK, "");
  expect_by_socket(&server, tls, CSIO_OK, "");
  peer_stop(&server);
  csio_tls_release(tls);
  SSL_CTX_free(ctx);
}

int main(int argc, char **argv)
{
  identities_make();
  loop = test_loop();
  warm_up();
  RUN(reads_the_authorities_when_it_can);
  RUN(looks_for_an_authority_when_it_can);
  RUN(reports_broken_handshakes);
  RUN(keeps_failures_of_requests_apart);
  RUN(keeps_failures_of_websockets_apart);
  RUN(limits_and_closes_handshakes);
  RUN(queues_while_it_renegotiates);
  csio_loop_close(loop);
  identities_free();
}
