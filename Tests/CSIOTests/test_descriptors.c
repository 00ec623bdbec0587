/* Connecting with too few file descriptors. */
#include "call.h"
#include "loop/descriptors.h"
#include "net/dial.h"
#include "socket.h"
#include "ws_peer.h"

#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static csio_loop *loop;

/* As in versions of libcurl that need a descriptor for it. */
__attribute__((visibility("default"))) CURLM *curl_multi_init(void)
{
  CURLM *(*real)(void);
  *(void **)&real = dlsym(RTLD_NEXT, "curl_multi_init");
  return csio__has_descriptors(2) ? real() : NULL;
}

typedef struct trial {
  monitor monitor;
  csio__route target;
  int code, gone;
  char message[512];
} trial;

static void on_dialed(void *data, int socket, const csio__failure *failure)
{
  trial *trial = data;
  trial->code = failure ? failure->error.code : CSIO_OK;
  if (failure) strcpy(trial->message, failure->error.message);
  if (!failure) close(socket);
  CHANGE(&trial->monitor, trial->gone++);
}

static void start_dial(void *arg)
{
  trial *trial = arg;
  csio__dial *dial;
  CHECK_INT(csio__dial_start(loop, &trial->target, on_dialed, trial, &dial), CSIO_OK);
}

/* Connects on both transports, the request to a listener that never answers, with that many descriptors
 * left. Returns whether each got that far. */
static void try_with(int spare, bool by_name, uint16_t port, bool connected[2])
{
  static int taken[1024];
  char host[32] = "127.0.0.1", url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%u/", (unsigned)port);
  if (by_name) { /* each name only once, since lookups are cached */
    snprintf(host, sizeof host, "w%d.here.test", spare);
    snprintf(url, sizeof url, "http://h%d.here.test:%u/", spare, (unsigned)port);
  }
  trial dial = {.monitor = MONITOR, .target = {.host = host, .port = port}};
  call call = {.loop = loop, .url = url, .timeout = 200};
  int count = take_descriptors(taken, 1024, spare);
  on_loop(loop, start_dial, &dial);
  AWAIT(&dial.monitor, dial.gone);
  call_run(&call);
  call_close(&call);
  while (count)
    close(taken[--count]);
  const int codes[] = {dial.code, call.error_code};
  const char *const messages[] = {dial.message, call.message};
  for (int i = 0; i < 2; i++) {
    connected[i] = codes[i] == (i ? CSIO_ETIMEOUT : CSIO_OK);
    if (connected[i]) continue;
    if (codes[i] != CSIO_EFILES) FAIL("%s (%s)", csio_err_name(codes[i]), messages[i]);
    CHECK_CONTAINS(messages[i], "Too many open files");
  }
  call_free(&call);
}

static void try_to_start(void *own)
{
  csio_http *http;
  csio_ws *ws;
  CHECK_INT(csio_http_create(own, "GET", "http://a.here.test:1/", &http), CSIO_OK);
  CHECK_INT(csio_http_start(http, NULL), CSIO_EFILES);
  CHECK_INT(csio_ws_create(own, "ws://a.here.test:1/", &ws), CSIO_OK);
  CHECK_INT(csio_ws_connect(ws), CSIO_EFILES);
  csio_http_close(http, NULL);
  csio_ws_close(ws, NULL);
}

/* The first request and WebSocket of a loop, for which libcurl takes descriptors of its own. */
static void says_that_libcurl_lacks_descriptors(void)
{
  static int taken[1024];
  struct rlimit before, low;
  CHECK(!getrlimit(RLIMIT_NOFILE, &before));
  low = (struct rlimit){.rlim_cur = 200, .rlim_max = before.rlim_max};
  CHECK(!setrlimit(RLIMIT_NOFILE, &low));
  csio_loop *own = test_loop();
  call later = {.loop = own, .url = "http://a.here.test:1/"};
  int count = take_descriptors(taken, 1024, 0);
  on_loop(own, try_to_start, own);
  CHECK_CONTAINS(csio_err_message(CSIO_EFILES), "too many open files");
  while (count)
    close(taken[--count]);
  call_expect_error(&later, CSIO_ECONNECT, "could not connect to a.here.test port 1: Connection refused");
  csio_loop_close(own);
  CHECK(!setrlimit(RLIMIT_NOFILE, &before));
}

/* A connection that lacks a descriptor fails with an error that says so. With a few left, one connection
 * at a time works. */
static void survives_without_descriptors(void)
{
  struct rlimit before, low = {.rlim_cur = 200, .rlim_max = 200};
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  CHECK(listener >= 0 && !bind(listener, (void *)&address, size) && !listen(listener, 100));
  CHECK(!getsockname(listener, (void *)&address, &size));
  CHECK(!getrlimit(RLIMIT_NOFILE, &before));
  low.rlim_max = before.rlim_max;
  bool connected[2];
  CHECK(!setrlimit(RLIMIT_NOFILE, &low));
  try_with(50, false, ntohs(address.sin_port), connected); /* creates what every loop keeps */
  for (int spare = 0; spare < 6; spare++) {
    for (int i = 0; i < 2; i++) {
      try_with(spare, i, ntohs(address.sin_port), connected);
      if (!spare) CHECK(!connected[0] && !connected[1]);
      if (spare >= (i ? 4 : 1)) CHECK(connected[0] && connected[1]);
    }
  }
  CHECK(!setrlimit(RLIMIT_NOFILE, &before));
  close(listener);
  peer server;
  peer_start(&server, ws_echo, NULL, NULL);
  socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/")};
  socket_open(&socket);
  socket_close(&socket);
  peer_stop(&server);
}

int main(int argc, char **argv)
{
  loop = test_loop();
  RUN(says_that_libcurl_lacks_descriptors);
  RUN(survives_without_descriptors);
  csio_loop_close(loop);
}
