#include "net/curl_multi.h"

#include "loop/descriptors.h"
#include "net/tls_internal.h"

#include <csio/error.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Idle connections kept per loop. */
enum { MAX_KEPT_CONNECTIONS = 64 };

#if LIBCURL_VERSION_NUM >= 0x081400
/* At once, each in a thread of its own; before libcurl 8.20 there is no limit. */
enum { MAX_LOOK_UPS = 256 };
#endif

/* In ms. */
enum { NUDGE_INTERVAL = 200 };

struct csio__curl {
  csio__guest guest;
  csio_loop *loop;
  CURLM *multi;
  uv_timer_t timer;
  uv_timer_t nudge;          /* active while connections are being made */
  csio__transfer *transfers; /* under way */
  csio__sockets sockets;
  bool no_memory; /* a socket could not be watched */
};

/* One socket that libcurl wants watched. */
typedef struct watch {
  uv_poll_t poll;  /* once `polled` */
  csio__task task; /* to look whether it is connected already */
  curl_socket_t socket;
  int events;
  bool polled;
  bool removed; /* the task is to free it */
  struct csio__curl *curl;
} watch;

static void global_init(void)
{
  csio__tls_init();
  curl_global_init(CURL_GLOBAL_DEFAULT);
}

void csio__curl_global_init(void)
{
  static uv_once_t once = UV_ONCE_INIT;
  uv_once(&once, global_init);
}

long csio__curl_ms(uint64_t ms)
{
  return ms < INT32_MAX ? (long)ms : INT32_MAX;
}

/* Tells of every transfer that ended. A callback may start, close and end anything, so each message is looked
 * up anew. */
static void report_ended(struct csio__curl *curl)
{
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(curl->multi, &left))) {
    if (message->msg != CURLMSG_DONE) continue;
    CURLcode result = message->data.result;
    csio__transfer *transfer = NULL;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    csio__curl_cancel(transfer);
    transfer->on_done(transfer, result);
  }
}

/* Ends all transfers, since libcurl does not say which of them it had no memory for. Not those that callbacks
 * start meanwhile. */
static void give_up(struct csio__curl *curl)
{
  csio__transfer *doomed = curl->transfers;
  if (doomed) doomed->link = &doomed;
  curl->transfers = NULL;
  while (doomed) {
    csio__transfer *transfer = doomed;
    csio__curl_cancel(transfer);
    transfer->on_done(transfer, CURLE_ABORTED_BY_CALLBACK);
  }
}

static void act(struct csio__curl *curl, curl_socket_t socket, int flags)
{
  int running;
  curl->no_memory = false;
  bool failed = curl_multi_socket_action(curl->multi, socket, flags, &running);
  failed |= curl->no_memory;
  report_ended(curl);
  if (failed) give_up(curl);
}

static void on_timer(uv_timer_t *timer)
{
  act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

/* Where an address leads nowhere, libcurl 7.88 goes on to the next one only when it comes by again. To resume
 * a transfer has it come by. */
static void on_nudge(uv_timer_t *timer)
{
  struct csio__curl *curl = timer->data;
  bool any = false;
  for (csio__transfer *transfer = curl->transfers; transfer; transfer = transfer->next) {
    if (!transfer->connected || transfer->stands) continue;
    curl_easy_pause(transfer->easy, CURLPAUSE_RECV);
    curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
    any = true;
  }
  if (!any) uv_timer_stop(timer);
}

static int set_timer(CURLM *multi, long ms, void *data)
{
  (void)multi;
  struct csio__curl *curl = data;
  if (uv_is_closing((uv_handle_t *)&curl->timer)) return 0;
  if (ms < 0)
    uv_timer_stop(&curl->timer);
  else
    uv_timer_start(&curl->timer, on_timer, (uint64_t)ms, 0);
  return 0;
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
  watch *watch = poll->data;
  int flags = 0;
  /* libcurl gives up at once on CURL_CSELECT_ERR; by trying it learns the reason, which can be that a kept
   * connection has gone. */
  if (status < 0) flags = CURL_CSELECT_IN | CURL_CSELECT_OUT;
  if (events & UV_READABLE) flags |= CURL_CSELECT_IN;
  if (events & UV_WRITABLE) flags |= CURL_CSELECT_OUT;
  act(watch->curl, watch->socket, flags);
}

static void on_watch_closed(uv_handle_t *handle)
{
  free(handle->data);
}

static void watch_remove(watch *watch)
{
  if (watch->polled)
    uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
  else if (watch->task.queued)
    watch->removed = true;
  else
    free(watch);
}

/* False where it cannot be watched. */
static bool start_poll(watch *watch)
{
  if (!watch->polled && uv_poll_init_socket(watch->curl->timer.loop, &watch->poll, watch->socket))
    return false;
  watch->polled = true;
  watch->poll.data = watch;
  return !uv_poll_start(&watch->poll, watch->events, on_ready);
}

/* A server on this machine has accepted by the end of the turn, and need not be watched for: that takes the
 * kernel more than the connection. */
static void look(csio__task *task)
{
  watch *watch = csio__container_of(task, struct watch, task);
  struct csio__curl *curl = watch->curl;
  struct pollfd wanted = {.fd = watch->socket, .events = POLLOUT};
  if (watch->removed)
    free(watch);
  else if (!watch->polled && poll(&wanted, 1, 0) > 0)
    act(curl, watch->socket, CURL_CSELECT_OUT);
  else if (!watch->polled && !start_poll(watch))
    give_up(curl);
}

static watch *watch_create(struct csio__curl *curl, curl_socket_t socket)
{
  watch *watch = calloc(1, sizeof *watch);
  if (!watch) return NULL;
  watch->task.run = look;
  watch->socket = socket;
  watch->curl = curl;
  curl_multi_assign(curl->multi, socket, watch);
  return watch;
}

static int watch_socket(CURL *easy, curl_socket_t socket, int what, void *data, void *socket_data)
{
  (void)easy;
  struct csio__curl *curl = data;
  watch *watch = socket_data;
  void **place = csio__sockets_watch(&curl->sockets, socket);
  if (what == CURL_POLL_REMOVE) {
    if (place) *place = NULL;
    if (watch) watch_remove(watch);
    return 0;
  }
  bool connecting = !watch && place && what == CURL_POLL_OUT;
  if (!watch) watch = watch_create(curl, socket);
  if (watch) {
    if (place) *place = watch;
    watch->events = (what != CURL_POLL_OUT ? UV_READABLE : 0) | (what != CURL_POLL_IN ? UV_WRITABLE : 0);
    if (connecting) csio__task_queue(curl->loop, &watch->task);
  }
  /* told by -1, libcurl would refuse whatever is started until all has ended */
  if (!watch || (!connecting && !start_poll(watch))) curl->no_memory = true;
  return 0;
}

/* libcurl's own sockets would be inherited by every program that the process starts, and stay open there. */
static int make_socket(const struct curl_sockaddr *address)
{
#ifdef SOCK_CLOEXEC
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
#else
  int made = socket(address->family, address->socktype, address->protocol);
  if (made >= 0) fcntl(made, F_SETFD, FD_CLOEXEC);
  return made;
#endif
}

curl_socket_t csio__curl_open_socket(csio__transfer *transfer, const struct curl_sockaddr *address)
{
  struct csio__curl *curl = transfer->curl;
  int created = make_socket(address);
  if (created < 0) return CURL_SOCKET_BAD;
  if (!csio__sockets_add(&curl->sockets, created, &transfer->user)) {
    close(created);
    errno = ENOMEM;
    return CURL_SOCKET_BAD;
  }
  /* libcurl 7.88 closes by itself the socket of an address that leads nowhere. Where the next one gets the
   * same number it does not say so, and the kernel has forgotten the old one. */
  watch *stale = *csio__sockets_watch(&curl->sockets, created);
  if (stale && stale->polled) start_poll(stale);
  if (!uv_is_active((uv_handle_t *)&curl->nudge))
    uv_timer_start(&curl->nudge, on_nudge, NUDGE_INTERVAL, NUDGE_INTERVAL);
  return created;
}

static int close_socket(void *data, curl_socket_t socket)
{
  struct csio__curl *curl = data;
  return csio__sockets_close(&curl->sockets, socket);
}

bool csio__curl_use(csio__transfer *transfer, csio__ends ends)
{
  return csio__sockets_use(&transfer->curl->sockets, ends, &transfer->user);
}

static void stop(csio__guest *guest)
{
  struct csio__curl *curl = (struct csio__curl *)guest;
  uv_close((uv_handle_t *)&curl->timer, NULL);
  uv_close((uv_handle_t *)&curl->nudge, NULL);
  curl_multi_cleanup(curl->multi); /* takes every socket out of `watch_socket` */
}

static void free_guest(csio__guest *guest)
{
  csio__sockets_free(&((struct csio__curl *)guest)->sockets);
}

static int start(csio__guest *guest, csio_loop *loop, csio__failure *failure)
{
  struct csio__curl *curl = (struct csio__curl *)guest;
  csio__curl_global_init();
  curl->multi = curl_multi_init();
  if (!curl->multi)
    return csio__failure_code(
        failure, csio__has_descriptors(CSIO__CURL_DESCRIPTORS) ? CSIO_ENOMEM : CSIO_ESYSTEM);
  curl->loop = loop;
  uv_timer_init(&loop->uv, &curl->timer);
  uv_timer_init(&loop->uv, &curl->nudge);
  curl->timer.data = curl->nudge.data = curl;
  curl_multi_setopt(curl->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
  curl_multi_setopt(curl->multi, CURLMOPT_SOCKETDATA, curl);
  curl_multi_setopt(curl->multi, CURLMOPT_TIMERFUNCTION, set_timer);
  curl_multi_setopt(curl->multi, CURLMOPT_TIMERDATA, curl);
  curl_multi_setopt(curl->multi, CURLMOPT_MAXCONNECTS, (long)MAX_KEPT_CONNECTIONS);
#if LIBCURL_VERSION_NUM >= 0x081400
  curl_multi_setopt(curl->multi, CURLMOPT_RESOLVE_THREADS_MAX, (long)MAX_LOOK_UPS);
  curl_multi_setopt(curl->multi, CURLMOPT_QUICK_EXIT, 1L);
#endif
  return CSIO_OK;
}

static const csio__guest_kind curl_guest = {
    .size = sizeof(struct csio__curl), .start = start, .stop = stop, .free = free_guest};

int csio__curl_start(csio_loop *loop, csio__transfer *transfer)
{
  csio__failure failure;
  struct csio__curl *curl = csio__guest_of(loop, &curl_guest, &failure);
  if (!curl) return failure.error.code;
  curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
  curl_easy_setopt(transfer->easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
  curl_easy_setopt(transfer->easy, CURLOPT_CLOSESOCKETDATA, curl);
  if (curl_multi_add_handle(curl->multi, transfer->easy)) return CSIO_ENOMEM;
  transfer->user = (csio__socket_user){.key = transfer->user.key};
  transfer->connected = transfer->stands = false;
  transfer->socket_errno = transfer->proxy_status = 0;
  transfer->proxy_head = 0;
  transfer->proxy_line[0] = '\0';
  transfer->curl = curl;
  transfer->next = curl->transfers;
  if (transfer->next) transfer->next->link = &transfer->next;
  transfer->link = &curl->transfers;
  curl->transfers = transfer;
  return CSIO_OK;
}

void csio__curl_cancel(csio__transfer *transfer)
{
  if (!transfer->curl) return;
  *transfer->link = transfer->next;
  if (transfer->next) transfer->next->link = transfer->link;
  csio__sockets_leave(&transfer->user);
  curl_multi_remove_handle(transfer->curl->multi, transfer->easy);
  transfer->curl = NULL;
}
