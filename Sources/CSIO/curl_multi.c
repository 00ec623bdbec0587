#include "curl_multi.h"

#include <csio/error.h>

#include <stdlib.h>

/* Idle connections kept per loop. */
enum { MAX_KEPT_CONNECTIONS = 64 };

struct csio__curl {
  csio_loop *loop;
  CURLM *multi;
  uv_timer_t timer;
  csio__curl_done done;
};

/* One socket that libcurl wants watched. */
typedef struct watch {
  uv_poll_t poll;
  curl_socket_t socket;
  struct csio__curl *curl;
} watch;

static void global_init(void)
{
  curl_global_init(CURL_GLOBAL_DEFAULT);
}

void csio__curl_global_init(void)
{
  static uv_once_t once = UV_ONCE_INIT;
  uv_once(&once, global_init);
}

long csio__curl_ms(uint64_t ms)
{
  const long longest = INT32_MAX;
  return ms < (uint64_t)longest ? (long)ms : longest;
}

/* Tells of every transfer that ended. A callback may start, close and end anything, so each message is looked
 * up anew. */
static void report_ended(struct csio__curl *curl)
{
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(curl->multi, &left))) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL *easy = message->easy_handle;
    CURLcode result = message->data.result;
    void *transfer = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    curl_multi_remove_handle(curl->multi, easy);
    curl->done(transfer, result);
  }
}

static void on_timer(uv_timer_t *timer)
{
  struct csio__curl *curl = timer->data;
  int running;
  curl_multi_socket_action(curl->multi, CURL_SOCKET_TIMEOUT, 0, &running);
  report_ended(curl);
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
  struct csio__curl *curl = watch->curl;
  int flags = 0;
  /* libcurl gives up at once on CURL_CSELECT_ERR; by trying it learns the reason, which can be that a kept
   * connection has gone. */
  if (status < 0) flags = CURL_CSELECT_IN | CURL_CSELECT_OUT;
  if (events & UV_READABLE) flags |= CURL_CSELECT_IN;
  if (events & UV_WRITABLE) flags |= CURL_CSELECT_OUT;
  int running;
  curl_multi_socket_action(curl->multi, watch->socket, flags, &running);
  report_ended(curl);
}

static void on_watch_closed(uv_handle_t *handle)
{
  free(handle->data);
}

static watch *watch_create(struct csio__curl *curl, curl_socket_t socket)
{
  watch *watch = malloc(sizeof *watch);
  if (!watch) return NULL;
  if (uv_poll_init_socket(&curl->loop->uv, &watch->poll, socket)) {
    free(watch);
    return NULL;
  }
  watch->poll.data = watch;
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
  if (what == CURL_POLL_REMOVE) {
    if (watch) {
      curl_multi_assign(curl->multi, socket, NULL);
      uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
    }
    return 0;
  }
  if (!watch) watch = watch_create(curl, socket);
  if (!watch) return -1;
  int events = 0;
  if (what != CURL_POLL_OUT) events |= UV_READABLE;
  if (what != CURL_POLL_IN) events |= UV_WRITABLE;
  return uv_poll_start(&watch->poll, events, on_ready);
}

static struct csio__curl *curl_of(csio_loop *loop)
{
  if (loop->curl) return loop->curl;
  csio__curl_global_init();
  struct csio__curl *curl = calloc(1, sizeof *curl);
  if (!curl) return NULL;
  curl->multi = curl_multi_init();
  if (!curl->multi) {
    free(curl);
    return NULL;
  }
  curl->loop = loop;
  uv_timer_init(&loop->uv, &curl->timer);
  curl->timer.data = curl;
  curl_multi_setopt(curl->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
  curl_multi_setopt(curl->multi, CURLMOPT_SOCKETDATA, curl);
  curl_multi_setopt(curl->multi, CURLMOPT_TIMERFUNCTION, set_timer);
  curl_multi_setopt(curl->multi, CURLMOPT_TIMERDATA, curl);
  curl_multi_setopt(curl->multi, CURLMOPT_MAXCONNECTS, (long)MAX_KEPT_CONNECTIONS);
  loop->curl = curl;
  return curl;
}

int csio__curl_add(csio_loop *loop, CURL *easy, csio__curl_done done)
{
  struct csio__curl *curl = curl_of(loop);
  if (!curl) return CSIO_ENOMEM;
  curl->done = done;
  return curl_multi_add_handle(curl->multi, easy) ? CSIO_ENOMEM : CSIO_OK;
}

void csio__curl_remove(csio_loop *loop, CURL *easy)
{
  curl_multi_remove_handle(loop->curl->multi, easy);
}

void csio__curl_stop(csio_loop *loop)
{
  if (!loop->curl) return;
  uv_close((uv_handle_t *)&loop->curl->timer, NULL);
  curl_multi_cleanup(loop->curl->multi); /* takes every socket out of `watch_socket` */
}

void csio__curl_free(csio_loop *loop)
{
  free(loop->curl);
}
