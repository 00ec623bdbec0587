#include "net/dial_internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long an address has before the next one is tried besides (RFC 8305, "Connection Attempt Delay"), in ms.
 */
enum { ATTEMPT_DELAY = 250 };

/* --- the end --- */

static void unpend(csio__dial *dial)
{
  if (--dial->pending) return;
  void (*on_gone)(void *data) = dial->on_gone;
  void *data = dial->data;
  csio__bytes_free(&dial->question);
  csio__bytes_free(&dial->answer);
  free(dial->attempts);
  free(dial);
  on_gone(data);
}

static void on_timer_closed(uv_handle_t *handle)
{
  unpend(handle->data);
}

static void on_poll_closed(uv_handle_t *handle)
{
  csio__attempt *attempt = handle->data;
  unpend(attempt->dial);
}

/* Stops watching the attempt's socket, and closes it unless that is somebody else's now. */
static void attempt_end(csio__attempt *attempt, bool keep_socket)
{
  if (attempt->socket < 0) return;
  if (attempt->watched) uv_close((uv_handle_t *)&attempt->poll, on_poll_closed);
  if (!keep_socket) close(attempt->socket); /* uv_poll_t is stopped at once by uv_close */
  attempt->socket = -1;
  attempt->dial->running--;
}

static void end(csio__dial *dial)
{
  dial->ended = true;
  for (size_t i = 0; i < dial->attempt_next; i++)
    attempt_end(&dial->attempts[i], false);
  uv_cancel((uv_req_t *)&dial->resolve);
  uv_close((uv_handle_t *)&dial->timer, on_timer_closed);
}

void csio__dial_cancel(csio__dial *dial)
{
  end(dial);
}

static void report_failure(csio__dial *dial)
{
  end(dial);
  dial->on_done(dial->data, -1, &dial->failure);
}

void csio__dial_fail(csio__dial *dial, int code, const char *format, ...)
{
  char text[sizeof dial->failure.text];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  csio__failure_set(&dial->failure, code, "%s", text);
  dial->failure.error.http_status = dial->http_status;
  report_failure(dial);
}

void csio__dial_fail_for_memory(csio__dial *dial)
{
  csio__failure_code(&dial->failure, CSIO_ENOMEM);
  report_failure(dial);
}

void csio__dial_succeed(csio__dial *dial)
{
  int socket = dial->winner->socket;
  attempt_end(dial->winner, true);
  end(dial);
  dial->on_done(dial->data, socket, NULL);
}

/* --- attempts --- */

static const char *peer_host(const csio__dial *dial)
{
  return dial->target.proxy ? dial->target.proxy->host : dial->target.host;
}

static unsigned peer_port(const csio__dial *dial)
{
  return dial->target.proxy ? dial->target.proxy->port : dial->target.port;
}

static void note_failure(csio__dial *dial, const char *why)
{
  bool proxy = dial->target.proxy;
  csio__failure_set(&dial->failure, proxy ? CSIO_EPROXY : CSIO_ECONNECT,
      "could not connect to %s%s port %u: %s", proxy ? "the proxy " : "", peer_host(dial), peer_port(dial),
      why);
}

static void on_connected(csio__attempt *attempt)
{
  csio__dial *dial = attempt->dial;
  dial->winner = attempt;
  uv_timer_stop(&dial->timer);
  for (size_t i = 0; i < dial->attempt_next; i++)
    if (&dial->attempts[i] != attempt) attempt_end(&dial->attempts[i], false);
  if (dial->target.proxy)
    csio__dial_ask_proxy(dial);
  else
    csio__dial_succeed(dial);
}

bool csio__attempt_watch(csio__attempt *attempt, int events, uv_poll_cb on_ready)
{
  csio__dial *dial = attempt->dial;
  if (!attempt->watched) {
    int err = uv_poll_init_socket(&dial->loop->uv, &attempt->poll, attempt->socket);
    if (err) return errno = -err, false;
    attempt->poll.data = attempt;
    attempt->watched = true;
    dial->pending++;
  }
  uv_poll_start(&attempt->poll, events, on_ready);
  return true;
}

static void start_next(csio__dial *dial);

static void attempt_failed(csio__attempt *attempt, const char *why)
{
  note_failure(attempt->dial, why);
  attempt_end(attempt, false);
  start_next(attempt->dial);
}

/* What has become of an attempt whose socket is ready. */
static void conclude(csio__attempt *attempt, int status)
{
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(attempt->socket, SOL_SOCKET, SO_ERROR, &error, &size)) error = errno;
  if (!error && status >= 0)
    on_connected(attempt);
  else
    attempt_failed(attempt, error ? strerror(error) : uv_strerror(status));
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
  (void)events;
  conclude(poll->data, status);
}

static bool is_ready(int socket)
{
  struct pollfd wanted = {.fd = socket, .events = POLLOUT};
  return poll(&wanted, 1, 0) > 0;
}

/* A server on this machine has answered by the end of the turn, and need not be watched for. */
static void look(csio__task *task)
{
  csio__attempt *attempt = csio__container_of(task, csio__attempt, task);
  csio__dial *dial = attempt->dial;
  if (attempt->socket < 0)
    ; /* it has ended */
  else if (is_ready(attempt->socket))
    conclude(attempt, 0);
  else if (!csio__attempt_watch(attempt, UV_WRITABLE, on_ready))
    attempt_failed(attempt, strerror(errno));
  unpend(dial);
}

static socklen_t size_of(const struct sockaddr_storage *address)
{
  return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

bool csio__dial_read_address(const char *text, unsigned port, struct sockaddr_storage *out)
{
  return !uv_ip4_addr(text, (int)port, (struct sockaddr_in *)out) ||
         !uv_ip6_addr(text, (int)port, (struct sockaddr_in6 *)out);
}

/* Binds to the local address where there is one; false with errno set. */
static bool bind_socket(const csio__attempt *attempt, int socket)
{
  struct sockaddr_storage local;
  const char *address = attempt->dial->target.local_address;
  if (!address) return true;
  if (!csio__dial_read_address(address, 0, &local)) return errno = EINVAL, false;
  if (local.ss_family != attempt->address.ss_family) return errno = EAFNOSUPPORT, false;
#ifdef IP_BIND_ADDRESS_NO_PORT
  int yes = 1; /* the port is chosen when connecting, or two connections to two places could not share one */
  setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
#endif
  return !bind(socket, (struct sockaddr *)&local, size_of(&local));
}

/* False with errno set. */
static bool attempt_start(csio__attempt *attempt)
{
  csio__dial *dial = attempt->dial;
  const struct sockaddr *address = (struct sockaddr *)&attempt->address;
  int yes = 1, socket_fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_fd < 0) return false;
  setsockopt(socket_fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (bind_socket(attempt, socket_fd) &&
      (!connect(socket_fd, address, size_of(&attempt->address)) || errno == EINPROGRESS)) {
    attempt->socket = socket_fd;
    attempt->task.run = look;
    csio__task_queue(dial->loop, &attempt->task);
    dial->pending++;
    dial->running++;
    return true;
  }
  int error = errno;
  close(socket_fd);
  errno = error;
  return false;
}

static void on_timer(uv_timer_t *timer)
{
  start_next(timer->data);
}

/* Starts the next attempt, or, once all have failed, gives up. */
static void start_next(csio__dial *dial)
{
  while (dial->attempt_next < dial->attempt_count) {
    if (attempt_start(&dial->attempts[dial->attempt_next++])) {
      csio__timer_start(&dial->timer, on_timer, ATTEMPT_DELAY);
      return;
    }
    note_failure(dial, strerror(errno));
  }
  if (!dial->running) report_failure(dial);
}

/* --- addresses --- */

static bool is_usable(const struct addrinfo *found)
{
  return found->ai_family == AF_INET || found->ai_family == AF_INET6;
}

static void set_port(struct sockaddr_storage *address, unsigned port)
{
  if (address->ss_family == AF_INET6)
    ((struct sockaddr_in6 *)address)->sin6_port = htons((uint16_t)port);
  else
    ((struct sockaddr_in *)address)->sin_port = htons((uint16_t)port);
}

static void add_attempt(csio__dial *dial, const struct addrinfo *found)
{
  csio__attempt *attempt = &dial->attempts[dial->attempt_count++];
  attempt->dial = dial;
  attempt->socket = -1;
  memcpy(&attempt->address, found->ai_addr, found->ai_addrlen);
  set_port(&attempt->address, peer_port(dial));
}

/* The next one of the same family as `like` or, where `same` is false, of the other. */
static const struct addrinfo *next_of(const struct addrinfo *found, int like, bool same)
{
  while (found && (!is_usable(found) || (found->ai_family == like) != same))
    found = found->ai_next;
  return found;
}

/* Lists the addresses in the resolver's order, but the families in turns: where one of them leads nowhere, it
 * costs one attempt and not many. */
static void list_attempts(csio__dial *dial, const struct addrinfo *found)
{
  int family = found->ai_family;
  const struct addrinfo *first = next_of(found, family, true), *second = next_of(found, family, false);
  while (first || second) {
    if (first) add_attempt(dial, first);
    if (second) add_attempt(dial, second);
    first = first ? next_of(first->ai_next, family, true) : NULL;
    second = second ? next_of(second->ai_next, family, false) : NULL;
  }
}

static void resolve_next(csio__dial *dial);

static void on_found(csio__dial *dial, const struct addrinfo *found)
{
  const csio_proxy *proxy = dial->target.proxy;
  if (proxy && proxy->kind == CSIO__PROXY_SOCKS5 && !dial->destination.ss_family) {
    memcpy(&dial->destination, found->ai_addr, found->ai_addrlen);
    set_port(&dial->destination, dial->target.port);
    resolve_next(dial);
    return;
  }
  size_t count = 0;
  for (const struct addrinfo *each = found; each; each = each->ai_next)
    count++;
  dial->attempts = calloc(count, sizeof *dial->attempts);
  if (!dial->attempts) {
    csio__dial_fail_for_memory(dial);
    return;
  }
  list_attempts(dial, found);
  start_next(dial);
}

/* What is being resolved: the target, and for a proxy its own name. */
static const char *current_name(const csio__dial *dial)
{
  const csio_proxy *proxy = dial->target.proxy;
  bool target_first = proxy && proxy->kind == CSIO__PROXY_SOCKS5 && !dial->destination.ss_family;
  return target_first ? dial->target.host : peer_host(dial);
}

static void resolve_failed(csio__dial *dial, const char *why)
{
  const char *name = current_name(dial);
  bool proxy = name != dial->target.host;
  csio__dial_fail(dial, proxy ? CSIO_EPROXY : CSIO_ERESOLVE, "could not resolve the host name %s%s: %s",
      proxy ? "of the proxy, " : "", name, why);
}

static void on_resolved(uv_getaddrinfo_t *resolve, int status, struct addrinfo *found)
{
  csio__dial *dial = resolve->data;
  const struct addrinfo *usable = found;
  while (usable && !is_usable(usable))
    usable = usable->ai_next;
  if (!dial->ended && usable) {
    on_found(dial, usable);
  } else if (!dial->ended) {
    resolve_failed(dial, status ? uv_strerror(status) : "no address");
  }
  uv_freeaddrinfo(found);
  unpend(dial);
}

static void resolve_next(csio__dial *dial)
{
  const char *name = current_name(dial);
  struct sockaddr_storage address = {0};
  if (csio__dial_read_address(name, 0, &address)) {
    struct addrinfo found = {.ai_family = address.ss_family,
        .ai_addr = (struct sockaddr *)&address,
        .ai_addrlen = size_of(&address)};
    on_found(dial, &found);
    return;
  }
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  int err = uv_getaddrinfo(&dial->loop->uv, &dial->resolve, on_resolved, name, NULL, &hints);
  if (!err)
    dial->pending++;
  else if (err == UV_ENOMEM)
    csio__dial_fail_for_memory(dial);
  else
    resolve_failed(dial, uv_strerror(err)); /* it refuses names that are too long */
}

static void on_begin(uv_timer_t *timer)
{
  resolve_next(timer->data);
}

int csio__dial_start(csio_loop *loop, const csio__dial_target *target, csio__dial_done on_done,
    void (*on_gone)(void *data), void *data, csio__dial **out)
{
  csio__dial *dial = calloc(1, sizeof *dial);
  if (!dial) return CSIO_ENOMEM;
  dial->loop = loop;
  dial->target = *target;
  dial->on_done = on_done;
  dial->on_gone = on_gone;
  dial->data = data;
  dial->resolve.data = dial;
  dial->pending = 1; /* the timer */
  uv_timer_init(&loop->uv, &dial->timer);
  dial->timer.data = dial;
  uv_timer_start(&dial->timer, on_begin, 0, 0); /* in a later turn, for the sake of on_done */
  *out = dial;
  return CSIO_OK;
}
