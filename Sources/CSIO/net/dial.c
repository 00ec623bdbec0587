#include "net/dial.h"
#include "loop/descriptors.h"
#include "net/failure.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct csio__dial {
  csio__transfer transfer;
  csio__task task; /* ends a direct dial; queued if the result was there at once */
  bool polls;      /* `poll` waits for the result */
  uv_poll_t poll;
  int socket;              /* -1 for none; libcurl's is set once it is connected */
  csio__dial_done on_done; /* NULL once it is called or never will be */
  void *data;
};

static void on_poll_closed(uv_handle_t *poll)
{
  free(csio__container_of(poll, csio__dial, poll));
}

void csio__dial_cancel(csio__dial *dial)
{
  int socket = dial->socket;
  csio__curl_cancel(&dial->transfer);
  csio__transfer_free(&dial->transfer);
  dial->on_done = NULL;
  if (dial->polls)
    uv_close((uv_handle_t *)&dial->poll, on_poll_closed);
  else if (!dial->task.queued) /* else the task does it */
    free(dial);
  if (socket >= 0) close(socket);
}

static void finish(csio__dial *dial, const csio__failure *failure)
{
  csio__dial ended = *dial;
  if (!failure) dial->socket = -1; /* the callee's from now on */
  csio__dial_cancel(dial);
  ended.on_done(ended.data, failure ? -1 : ended.socket, failure);
}

/* --- directly, to an address or to this machine --- */

/* The socket has the result, unless the dial was cancelled. */
static void end_direct(csio__task *task)
{
  csio__dial *dial = csio__container_of(task, csio__dial, task);
  csio__failure failure;
  int error = 0;
  socklen_t size = sizeof error;
  if (!dial->on_done) {
    free(dial);
    return;
  }
  if (getsockopt(dial->socket, SOL_SOCKET, SO_ERROR, &error, &size)) error = errno;
  dial->transfer.socket_errno = error;
  if (error) csio__connect_failure(&dial->transfer, CURLE_COULDNT_CONNECT, &failure);
  finish(dial, error ? &failure : NULL);
}

static void on_polled(uv_poll_t *poll, int status, int events)
{
  (void)status, (void)events;
  end_direct(&csio__container_of(poll, csio__dial, poll)->task);
}

/* With `at_once`, only if that takes no time: within a machine, connect() mostly returns after the answer. */
static bool connect_to(csio__dial *dial, csio_loop *loop, const char *host, bool at_once)
{
  struct sockaddr_storage address = {0};
  const int on = 1, port = dial->transfer.route.port;
  bool v4 = !uv_ip4_addr(host, port, (struct sockaddr_in *)&address);
  bool v6 = !v4 && !uv_ip6_addr(host, port, (struct sockaddr_in6 *)&address);
  socklen_t size = v4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
  int made = v4 || v6 ? csio__open_socket(address.ss_family, SOCK_STREAM, IPPROTO_TCP) : -1;
  if (made < 0) return false;
  setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct pollfd state = {.fd = made, .events = POLLOUT};
  bool begun = !fcntl(made, F_SETFL, O_NONBLOCK) &&
               (!connect(made, (struct sockaddr *)&address, size) || errno == EINPROGRESS) &&
               poll(&state, 1, 0) >= 0;
  if (!begun || (at_once ? state.revents != POLLOUT
                         : !state.revents && uv_poll_init_socket(&loop->uv, &dial->poll, made))) {
    close(made);
    return false;
  }
  dial->socket = made;
  dial->polls = !state.revents;
  if (state.revents) csio__task_queue(loop, &dial->task);
  return true;
}

/* Saves nine tenths of the instructions that libcurl takes. False where libcurl has to connect, or to explain
 * a failure. */
static bool connect_directly(csio__dial *dial, csio_loop *loop)
{
  const csio__route *route = &dial->transfer.route;
  if (route->proxy || route->local_address) return false;
  if (strcasecmp(route->host, "localhost")) return connect_to(dial, loop, route->host, false);
  /* nor does libcurl look this name up (RFC 6761) */
  return connect_to(dial, loop, "::1", true) || connect_to(dial, loop, "127.0.0.1", true);
}

/* --- by libcurl --- */

/* libcurl lets go of the socket without touching it: what comes later is no failure of the dial. */
static int on_connected(void *data, char *remote, char *local, int remote_port, int local_port)
{
  csio__dial *dial = data;
  csio__ends ends = {local, remote, local_port, remote_port};
  dial->transfer.stands = true;
  dial->socket = csio__sockets_take(dial->transfer.sockets, ends, &dial->transfer.user);
  return CURL_PREREQFUNC_OK;
}

static void on_transfer_done(csio__transfer *transfer, CURLcode result)
{
  csio__dial *dial = csio__container_of(transfer, csio__dial, transfer);
  csio__failure failure;
  bool failed = dial->socket < 0;
  if (failed && !csio__connect_failure(transfer, result, &failure))
    csio__could_not_connect(transfer,
        transfer->route.proxy && !transfer->stands ? CSIO_EPROXY : CSIO_ECONNECT,
        csio__cause_of(transfer, result), &failure);
  finish(dial, failed ? &failure : NULL);
}

/* "http://HOST:PORT/", an address in brackets, its zone percent-encoded. */
static int prepare_url(csio__dial *dial)
{
  const csio__route *route = &dial->transfer.route;
  const char *zone = strchr(route->host, '%'), *v6 = strchr(route->host, ':');
  char *url;
  if (asprintf(&url, "http://%s%.*s%s%s%s:%u/", v6 ? "[" : "", (int)strcspn(route->host, "%"), route->host,
          zone ? "%25" : "", zone ? zone + 1 : "", v6 ? "]" : "", (unsigned)route->port) < 0)
    return CSIO_ENOMEM;
  CURLcode result = curl_easy_setopt(dial->transfer.easy, CURLOPT_URL, url);
  free(url);
  return result ? CSIO_ENOMEM : CSIO_OK;
}

static int connect_by_libcurl(csio__dial *dial, csio_loop *loop)
{
  enum { SMALLEST_BUFFER = 1024, MARGIN = 1000 };
  uint64_t *timeout = &dial->transfer.route.timeout;
  CURL *easy = dial->transfer.easy = curl_easy_init();
  if (!easy) return CSIO_ENOMEM;
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)SMALLEST_BUFFER);
  curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, csio__proxy_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &dial->transfer);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, dial);
  /* the caller's own limit comes first */
  if (*timeout && *timeout < UINT64_MAX - MARGIN) *timeout += MARGIN;
  int err = csio__route_prepare(&dial->transfer);
  if (!err) err = prepare_url(dial);
  return err ? err : csio__curl_start(loop, &dial->transfer);
}

/* --- both --- */

int csio__dial_start(
    csio_loop *loop, const csio__route *route, csio__dial_done on_done, void *data, csio__dial **out)
{
  csio__dial *dial = malloc(sizeof *dial);
  if (!dial) return CSIO_ENOMEM;
  *dial = (csio__dial){.transfer = {.route = *route, .on_done = on_transfer_done},
      .task.run = end_direct,
      .socket = -1,
      .on_done = on_done,
      .data = data};
  dial->transfer.route.tunnels = true;
  int err = CSIO_OK;
  if (!connect_directly(dial, loop))
    err = connect_by_libcurl(dial, loop);
  else if (dial->polls && uv_poll_start(&dial->poll, UV_WRITABLE, on_polled))
    err = CSIO_ENOMEM;
  if (err)
    csio__dial_cancel(dial);
  else
    *out = dial;
  return err;
}
