#include "net/curl_multi.h"
#include "base/list.h"
#include "base/text.h"
#include "loop/descriptors.h"
#include "net/tls_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  MAX_KEPT_CONNECTIONS = 64, /* idle, for each loop */
  MAX_LOOK_UPS = 256,        /* at once, each in a thread of its own; before libcurl 8.20 there is no limit */
  MAX_NAME = 255,            /* bytes; no longer name can be resolved */
  NUDGE_INTERVAL = 200,      /* ms */
};

struct csio__curl {
  csio__guest guest;
  CURLM *multi;
  uv_timer_t timer;
  uv_timer_t nudge;          /* active while connections are being made */
  csio__transfer *transfers; /* under way */
  csio__sockets sockets;
  bool no_memory; /* a socket could not be watched */
};

/* One socket that libcurl wants watched. */
typedef struct watch {
  uv_poll_t poll;
  curl_socket_t socket;
  int events;
  struct csio__curl *curl;
} watch;

long csio__curl_ms(uint64_t ms)
{
  return ms < INT32_MAX ? (long)ms : INT32_MAX;
}

/* Reports every transfer that ended. A callback may start, close and end anything, so each message is fetched
 * anew. */
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

/* Ends all transfers, since libcurl does not say which one it had no memory for; but not those that callbacks
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

/* After a silent address, libcurl 7.88 tries the next one only when something calls it. Resuming a transfer
 * makes it run. */
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
  watch *watch = csio__container_of(poll, struct watch, poll);
  int flags = 0;
  /* CURL_CSELECT_ERR would make libcurl give up at once. If it tries, it learns the reason, such as a kept
   * connection that has ended. */
  if (status < 0) flags = CURL_CSELECT_IN | CURL_CSELECT_OUT;
  if (events & UV_READABLE) flags |= CURL_CSELECT_IN;
  if (events & UV_WRITABLE) flags |= CURL_CSELECT_OUT;
  act(watch->curl, watch->socket, flags);
}

static void on_watch_closed(uv_handle_t *poll)
{
  free(csio__container_of(poll, watch, poll));
}

static watch *watch_create(struct csio__curl *curl, curl_socket_t socket)
{
  watch *watch = calloc(1, sizeof *watch);
  if (!watch || uv_poll_init_socket(curl->timer.loop, &watch->poll, socket)) {
    free(watch);
    return NULL;
  }
  watch->socket = socket;
  watch->curl = curl;
  curl_multi_assign(curl->multi, socket, watch);
  return watch;
}

/* Called by libcurl. If it returned -1, libcurl would refuse new transfers until all others have ended. */
static int watch_socket(CURL *easy, curl_socket_t socket, int what, void *data, void *socket_data)
{
  (void)easy;
  struct csio__curl *curl = data;
  watch *watch = socket_data;
  void **place = watch && what != CURL_POLL_REMOVE ? NULL : csio__sockets_watch(&curl->sockets, socket);
  if (what == CURL_POLL_REMOVE) {
    if (place) *place = NULL;
    if (watch) uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
    return 0;
  }
  if (!watch) watch = watch_create(curl, socket);
  if (watch && place) *place = watch;
  if (watch)
    watch->events = (what != CURL_POLL_OUT ? UV_READABLE : 0) | (what != CURL_POLL_IN ? UV_WRITABLE : 0);
  if (!watch || uv_poll_start(&watch->poll, watch->events, on_ready)) curl->no_memory = true;
  return 0;
}

static curl_socket_t create_socket(csio__transfer *transfer, const struct curl_sockaddr *address)
{
  struct csio__curl *curl = transfer->curl;
  int created = csio__open_socket(address->family, address->socktype, address->protocol);
  if (created < 0) return CURL_SOCKET_BAD;
  if (!csio__sockets_add(&curl->sockets, created, &transfer->user)) {
    close(created);
    errno = ENOMEM;
    return CURL_SOCKET_BAD;
  }
  /* libcurl 7.88 closes the socket of a silent address unannounced. If the next one gets the same number,
   * the kernel no longer watches it. */
  watch *stale = *csio__sockets_watch(&curl->sockets, created);
  if (stale) uv_poll_start(&stale->poll, stale->events, on_ready);
  if (!uv_is_active((uv_handle_t *)&curl->nudge))
    uv_timer_start(&curl->nudge, on_nudge, NUDGE_INTERVAL, NUDGE_INTERVAL);
  return created;
}

static curl_socket_t open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
  (void)purpose;
  csio__transfer *transfer = data;
  const csio__route *route = &transfer->route;
  if (transfer->may_connect && !transfer->may_connect(transfer)) return CURL_SOCKET_BAD;
  if (route->proxy && route->proxy->kind != CSIO__PROXY_SOCKS5 && strlen(route->host) > MAX_NAME) {
    transfer->socket_errno = ENAMETOOLONG;
    return CURL_SOCKET_BAD;
  }
  curl_socket_t created = create_socket(transfer, address);
  transfer->connected = transfer->bare = true;
  transfer->socket_errno = created == CURL_SOCKET_BAD ? errno : 0;
  return created;
}

static int close_socket(void *data, curl_socket_t socket)
{
  struct csio__curl *curl = data;
  return csio__sockets_close(&curl->sockets, socket);
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
        failure, csio__has_descriptors(CSIO__CURL_DESCRIPTORS) ? CSIO_ENOMEM : CSIO_EFILES);
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
  transfer->sockets = &curl->sockets;
  transfer->curl = curl;
  CSIO__LIST_ADD(&curl->transfers, transfer);
  return CSIO_OK;
}

void csio__curl_cancel(csio__transfer *transfer)
{
  if (!transfer->curl) return;
  CSIO__LIST_REMOVE(transfer);
  csio__sockets_leave(&transfer->curl->sockets, &transfer->user);
  curl_multi_remove_handle(transfer->curl->multi, transfer->easy);
  transfer->curl = NULL;
}

/* --- the route --- */

static int prepare_proxy(csio__transfer *transfer)
{
  CURL *easy = transfer->easy;
  const csio_proxy *proxy = transfer->route.proxy;
  if (!proxy) /* not even the environment's */
    return curl_easy_setopt(easy, CURLOPT_PROXY, "") ? CSIO_ENOMEM : CSIO_OK;
  char host[300];
  bool v6 = strchr(proxy->host, ':');
  snprintf(host, sizeof host, v6 ? "[%s]" : "%s", proxy->host);
  curl_easy_setopt(easy, CURLOPT_PROXYPORT, (long)proxy->port);
  curl_easy_setopt(easy, CURLOPT_PROXYTYPE, (long)proxy->kind);
  curl_easy_setopt(easy, CURLOPT_SOCKS5_AUTH, (long)CURLAUTH_BASIC);
  curl_easy_setopt(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
  if (curl_easy_setopt(easy, CURLOPT_PROXY, host) ||
      curl_easy_setopt(easy, CURLOPT_NOPROXY, "") || /* nor the environment's exceptions */
      curl_easy_setopt(easy, CURLOPT_PROXYUSERNAME, proxy->user) ||
      curl_easy_setopt(easy, CURLOPT_PROXYPASSWORD, proxy->password))
    return CSIO_ENOMEM;
  if (!transfer->route.proxy_authorization) return CSIO_OK;
  curl_slist_free_all(transfer->proxy_headers); /* of an earlier hop */
  transfer->proxy_headers = NULL;
  int err =
      csio__add_header(&transfer->proxy_headers, "Proxy-Authorization", transfer->route.proxy_authorization);
  curl_easy_setopt(easy, CURLOPT_PROXYHEADER, transfer->proxy_headers);
  return err;
}

int csio__route_prepare(csio__transfer *transfer)
{
  CURL *easy = transfer->easy;
  char interface[80];
  const char *address = transfer->route.local_address;
  uint64_t timeout = transfer->route.timeout;
  /* 0 would be libcurl's default limit */
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, csio__curl_ms(timeout ? timeout : UINT64_MAX));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* does not wait for a name's resolution when it ends */
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
  int err = prepare_proxy(transfer);
  if (err || !address) return err;
  snprintf(interface, sizeof interface, "host!%s", address);
  if (curl_easy_setopt(easy, CURLOPT_INTERFACE, interface)) return CSIO_ENOMEM;
  curl_easy_setopt(
      easy, CURLOPT_IPRESOLVE, (long)(strchr(address, ':') ? CURL_IPRESOLVE_V6 : CURL_IPRESOLVE_V4));
  return CSIO_OK;
}

/* Errors quote the line, so only printable ASCII stays. */
static void read_status_line(csio__transfer *transfer, const char *line, size_t size)
{
  unsigned status = 0;
  char *text = transfer->proxy_line;
  snprintf(text, sizeof transfer->proxy_line, "%.*s", (int)size, line);
  text[strcspn(text, "\r\n")] = '\0';
  for (char *c = text; *c; c++)
    if (*c < ' ' || *c > '~') *c = '?';
  sscanf(text, "HTTP/1.%*1[01] %3u", &status);
  transfer->proxy_status = (int)status;
}

size_t csio__proxy_header(char *line, size_t unit, size_t count, void *data)
{
  csio__transfer *transfer = data;
  size_t size = unit * count;
  int kind = transfer->proxy_status / 100;
  bool begins = !transfer->proxy_line[0] || (kind == 1 && size > 5 && !memcmp(line, "HTTP/", 5));
  if (begins) read_status_line(transfer, line, size);
  transfer->proxy_head += size;
  kind = transfer->proxy_status / 100;
  bool ends = *line == '\r' || *line == '\n';
  if (!kind || transfer->proxy_head > CSIO__MAX_ANSWER_HEAD || (ends && kind > 2))
    return CURL_WRITEFUNC_ERROR;
  return size;
}

void csio__transfer_free(csio__transfer *transfer)
{
  if (transfer->easy) curl_easy_cleanup(transfer->easy);
  curl_slist_free_all(transfer->proxy_headers);
}
