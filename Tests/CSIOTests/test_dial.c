/* Dialing: directly to addresses, by libcurl to names, and what both leave behind. */
#include "net/dial.h"
#include "identities.h"
#include "peer.h"
#include "socket.h"
#include "tls_settings.h"
#include "ws_peer.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static csio_loop *loop;

/* --- what libcurl is asked for --- */

static atomic_int curl_uses, localhost_look_ups;

/* These replace the libraries' functions for the whole program. */
__attribute__((visibility("default"))) CURL *curl_easy_init(void)
{
  CURL *(*real)(void);
  *(void **)&real = dlsym(RTLD_NEXT, "curl_easy_init");
  curl_uses++;
  return real();
}

__attribute__((visibility("default"))) int getaddrinfo(
    const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
  int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
  if (node && !strcasecmp(node, "localhost")) localhost_look_ups++;
  if (node && !strcmp(node, "nowhere.test")) return EAI_NONAME;
  return real(node && !strcmp(node, "here.test") ? "127.0.0.1" : node, service, hints, out);
}

/* --- one dial --- */

typedef struct trial {
  monitor monitor;
  csio__route target;
  csio__dial *dial;
  int err;     /* of csio__dial_start */
  int ended;   /* under `monitor` */
  bool inside; /* csio__dial_start has not returned */
  bool called_too_soon;
  int code, socket;
  char message[512];
} trial;

static void on_dialed(void *data, int socket, const csio__failure *failure)
{
  trial *trial = data;
  trial->called_too_soon = trial->inside;
  trial->code = failure ? failure->error.code : CSIO_OK;
  trial->socket = socket;
  if (failure) strcpy(trial->message, failure->error.message);
  CHANGE(&trial->monitor, trial->ended++);
}

static void start(void *arg)
{
  trial *trial = arg;
  trial->inside = true;
  trial->err = csio__dial_start(loop, &trial->target, on_dialed, trial, &trial->dial);
  trial->inside = false;
}

static trial dial(const char *host, uint16_t port)
{
  trial trial = {.monitor = MONITOR, .target = {.host = host, .port = port}, .socket = -2};
  on_loop(loop, start, &trial);
  if (!trial.err) AWAIT(&trial.monitor, trial.ended);
  CHECK(!trial.called_too_soon);
  return trial;
}

/* Expects `uses` of libcurl, and that code. */
static void expect(const char *host, uint16_t port, int uses, int code, const char *part)
{
  int before = curl_uses;
  trial made = dial(host, port);
  CHECK_INT(made.err, CSIO_OK);
  if (made.code != code) FAIL("%s gives %s (%s)", host, csio_err_name(made.code), made.message);
  CHECK_INT(curl_uses - before, uses);
  if (code) {
    CHECK_CONTAINS(made.message, part);
    CHECK_INT(made.socket, -1);
    return;
  }
  int on = 0;
  socklen_t size = sizeof on;
  CHECK(!getsockopt(made.socket, IPPROTO_TCP, TCP_NODELAY, &on, &size) && on);
  CHECK(fcntl(made.socket, F_GETFL) & O_NONBLOCK);
  CHECK(fcntl(made.socket, F_GETFD) & FD_CLOEXEC);
  struct sockaddr_storage remote;
  size = sizeof remote;
  CHECK(!getpeername(made.socket, (void *)&remote, &size));
  close(made.socket);
}

/* A listener on 127.0.0.1 that accepts nothing. */
static int listen_on(uint16_t *port)
{
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof name;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(listener >= 0 && !bind(listener, (void *)&name, size) && !listen(listener, 10));
  CHECK(!getsockname(listener, (void *)&name, &size));
  *port = ntohs(name.sin_port);
  return listener;
}

/* --- the ends of dials --- */

static void connects_to_addresses_directly(void)
{
  peer v6;
  uint16_t port;
  int listener = listen_on(&port);
  expect("127.0.0.1", port, 0, CSIO_OK, "");
  close(listener);
  if (!peer_start_v6(&v6, client_drain, NULL, NULL)) {
    printf("  no IPv6 here\n");
    return;
  }
  expect("::1", v6.port, 0, CSIO_OK, "");
  peer_stop(&v6);
}

/* Plain and with TLS, a WebSocket opens without libcurl. */
static void opens_websockets_directly(void)
{
  identities_make();
  SSL_CTX *server_tls = server_context(&by_address, NULL);
  for (int i = 0; i < 4; i++) {
    bool secure = i % 2;
    peer server;
    if (i < 2)
      peer_start(&server, ws_echo, secure ? server_tls : NULL, NULL);
    else if (!peer_start_v6(&server, ws_echo, secure ? server_tls : NULL, NULL))
      break;
    int before = curl_uses;
    socket_test socket = {.loop = loop,
        .url = peer_url(&server, secure ? "wss" : "ws", NULL, "/"),
        .tls = secure ? tls_trusting(&authority) : NULL};
    socket_open(&socket);
    socket_send(&socket, CSIO_WS_TEXT, "hello", 5);
    AWAIT(&socket.monitor, socket.messages);
    socket_close(&socket);
    csio_tls_release(socket.tls);
    CHECK_INT(curl_uses, before);
    CHECK_INT(peer_count(&server, &server.accepted), 1);
    peer_stop(&server);
  }
  SSL_CTX_free(server_tls);
  identities_free();
}

static void says_why_it_could_not_connect(void)
{
  char message[100];
  uint16_t port = free_port();
  snprintf(message, sizeof message, "could not connect to 127.0.0.1 port %u: Connection refused", port);
  expect("127.0.0.1", port, 0, CSIO_ECONNECT, message);
  peer v6;
  if (peer_start_v6(&v6, client_drain, NULL, NULL)) {
    peer_stop(&v6);
    snprintf(message, sizeof message, "could not connect to ::1 port %u: Connection refused", v6.port);
    expect("::1", v6.port, 0, CSIO_ECONNECT, message);
  }
  /* the system refuses even to try, so libcurl does and explains it */
  expect("255.255.255.255", 9, 1, CSIO_ECONNECT, "could not connect to 255.255.255.255 port 9: ");
}

/* Either address will do. Where neither answers, libcurl says so, which knows the name as well. */
static void knows_localhost(void)
{
  peer v6;
  char message[100];
  uint16_t port;
  int listener = listen_on(&port);
  expect("localhost", port, 0, CSIO_OK, "");
  expect("LOCALHOST", port, 0, CSIO_OK, "");
  close(listener);
  if (peer_start_v6(&v6, client_drain, NULL, NULL)) {
    expect("localhost", v6.port, 0, CSIO_OK, "");
    peer_stop(&v6);
  }
  port = free_port();
  snprintf(message, sizeof message, "could not connect to localhost port %u: Connection refused", port);
  expect("localhost", port, 1, CSIO_ECONNECT, message);
  CHECK_INT(localhost_look_ups, 0);
}

static void leaves_names_to_libcurl(void)
{
  uint16_t port;
  int listener = listen_on(&port);
  expect("here.test", port, 1, CSIO_OK, "");
  close(listener);
  expect("nowhere.test", free_port(), 1, CSIO_ERESOLVE, "could not resolve the host name nowhere.test");
}

/* --- dials that do not end --- */

static int open_descriptors(void)
{
  int count = 0;
  for (int fd = 0; fd < 1024; fd++)
    count += fcntl(fd, F_GETFD) >= 0;
  return count;
}

static void cancel(void *arg)
{
  csio__dial_cancel(((trial *)arg)->dial);
}

static void start_and_cancel(void *arg)
{
  start(arg);
  cancel(arg);
}

static void do_nothing(void *arg)
{
  (void)arg;
}

/* At once, with the connection made or not, and later. */
static void can_be_cancelled(void)
{
  silence silence = make_silence(0);
  uint16_t port;
  int listener = listen_on(&port), before = open_descriptors();
  for (int i = 0; i < 3; i++) {
    trial trial = {.monitor = MONITOR,
        .target = {.host = i ? "127.0.0.2" : "127.0.0.1", .port = i ? silence.port : port}};
    on_loop(loop, i < 2 ? start_and_cancel : start, &trial);
    for (int turn = 0; turn < 10; turn++)
      on_loop(loop, do_nothing, NULL);
    if (i == 2) on_loop(loop, cancel, &trial);
    on_loop(loop, do_nothing, NULL);
    CHECK_INT(trial.err, CSIO_OK);
    CHECK_INT(trial.ended, 0);
    CHECK_INT(open_descriptors(), before);
  }
  close(listener);
  end_silence(&silence);
}

/* A WebSocket to an address that does not answer: its time limit, its close, and the loop's. */
static void ends_with_the_websocket(void)
{
  char url[64];
  silence silence = make_silence(0);
  snprintf(url, sizeof url, "ws://127.0.0.2:%u/", (unsigned)silence.port);
  int before = open_descriptors();
  socket_test slow = {.loop = loop, .url = url, .timeout = 200};
  socket_expect_error(&slow, CSIO_ETIMEOUT, "connecting to 127.0.0.2 port");
  socket_end_early(loop, url);
  CHECK_INT(open_descriptors(), before);
  end_silence(&silence);
}

/* --- too few file descriptors --- */

static void needs_one_descriptor(void)
{
  static int taken[1024];
  struct rlimit before, low;
  uint16_t port;
  int listener = listen_on(&port);
  CHECK(!getrlimit(RLIMIT_NOFILE, &before));
  low = (struct rlimit){.rlim_cur = 200, .rlim_max = before.rlim_max};
  CHECK(!setrlimit(RLIMIT_NOFILE, &low));
  for (int spare = 0; spare < 2; spare++) {
    int count = take_descriptors(taken, 1024, spare);
    trial made = dial("127.0.0.1", port);
    while (count)
      close(taken[--count]);
    CHECK_INT(made.err, CSIO_OK);
    CHECK_INT(made.code, spare ? CSIO_OK : CSIO_EFILES);
    if (spare)
      close(made.socket);
    else
      CHECK_CONTAINS(made.message, "Too many open files");
  }
  CHECK(!setrlimit(RLIMIT_NOFILE, &before));
  close(listener);
}

int main(int argc, char **argv)
{
  loop = test_loop();
  dial("here.test", free_port()); /* makes the loop's own handles of libcurl */
  RUN(connects_to_addresses_directly);
  RUN(opens_websockets_directly);
  RUN(says_why_it_could_not_connect);
  RUN(knows_localhost);
  RUN(leaves_names_to_libcurl);
  RUN(can_be_cancelled);
  RUN(ends_with_the_websocket);
  RUN(needs_one_descriptor);
  csio_loop_close(loop);
}
