#include "http/http_internal.h"

#include "base/header.h"
#include "net/failure.h"
#include "net/route.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_MAX_BODY = 64 << 20 };

static void http_free(csio_http *http)
{
  csio__transfer_free(&http->transfer);
  csio__request_free(&http->request);
  curl_slist_free_all(http->hop_headers);
  csio__tls_handshake_release(http->handshake);
  free(http->key);
  csio_buffer_destroy(http->body);
  csio__bytes_free(&http->answer);
  free(http->method);
  free(http);
}

static void finish(csio_http *http, const csio_error *error)
{
  http->running = false;
  http->on_done(http, error, http->data);
}

/* Whether it was but a kept connection that failed. */
static bool may_start_again(const csio_http *http, CURLcode result)
{
  return (result && http->stale) || (csio__is_end(result) && csio__http_is_undone(http));
}

static void take_cookies(csio_http *http)
{
  const char *cookie;
  for (size_t i = 0; http->request.cookies && (cookie = csio_http_header(http, "Set-Cookie", i)); i++)
    csio__request_take_cookie(&http->request, cookie);
}

static int start_hop(csio_http *http)
{
  int err = csio__http_prepare_hop(http);
  return err ? err : csio__curl_start(http->handle.loop, &http->transfer);
}

static void on_transfer_done(csio__transfer *transfer, CURLcode result)
{
  csio_http *http = csio__container_of(transfer, csio_http, transfer);
  csio__failure failure = {.error.code = CSIO_OK};
  bool again = may_start_again(http, result); /* there are fewer kept connections each time */
  if (!again && result) {
    csio__http_failure(http, result, &failure);
  } else if (!again && !csio__http_proxy_refused(http, &failure)) {
    take_cookies(http);
    again = csio__http_redirect(http, &failure);
  }
  if (again) {
    int err = start_hop(http);
    if (!err) return;
    csio__failure_code(&failure, err);
  }
  finish(http, failure.error.code ? &failure.error : NULL);
}

static void http_abort(csio__handle *handle)
{
  csio_http *http = (csio_http *)handle;
  if (http->running) {
    csio__curl_cancel(&http->transfer);
    csio__failure failure;
    csio__failure_code(&failure, CSIO_ECANCELLED);
    finish(http, &failure.error);
  }
  if (handle->link) csio_http_close(http, NULL);
}

static void run_close(csio__task *task)
{
  csio_http *http = csio__container_of(task, csio_http, close_task);
  csio__handle_closed(&http->handle, http->data);
  http_free(http);
}

int csio_http_create(csio_loop *loop, const char *method, const char *url, csio_http **out)
{
  if (!csio__is_token(method)) return CSIO_EINVALID;
  csio_http *http = calloc(1, sizeof *http);
  if (!http) return CSIO_ENOMEM;
  http->close_task.run = run_close;
  http->request.max_size = DEFAULT_MAX_BODY;
  http->keep_alive = true;
  int err = csio__url_parse(&http->request.url, url, "http", "https");
  if (!err) {
    http->method = strdup(method);
    http->transfer.easy = curl_easy_init();
    http->transfer.on_done = on_transfer_done;
    if (!http->method || !http->transfer.easy) err = CSIO_ENOMEM;
  }
  if (!err) err = csio__handle_open(&http->handle, loop, http_abort);
  if (err)
    http_free(http);
  else
    *out = http;
  return err;
}

void csio_http_set_data(csio_http *http, void *data)
{
  http->data = data;
}

int csio_http_add_header(csio_http *http, const char *name, const char *value)
{
  return csio__request_add_header(&http->request, name, value);
}

int csio_http_set_body(csio_http *http, csio_buffer *body)
{
  csio_buffer_destroy(http->request.started ? body : http->body);
  return CSIO__REQUEST_SET(&http->request, http->body, body);
}

CSIO__REQUEST_SETTER(http, set_tls, csio_tls *)
CSIO__REQUEST_SETTER(http, set_cookies, csio_cookies *)
CSIO__REQUEST_SETTER(http, set_proxy, csio_proxy *)
CSIO__REQUEST_SETTER(http, set_local_address, const char *)
CSIO__VALUE_SETTER(http, set_timeout, uint64_t, request.timeout)
CSIO__VALUE_SETTER(http, set_max_body, size_t, request.max_size)
CSIO__VALUE_SETTER(http, set_keep_alive, bool, keep_alive)
CSIO__VALUE_SETTER(http, set_connect_timeout, uint64_t, connect_timeout)

int csio_http_set_redirects(csio_http *http, unsigned count)
{
  if (http->request.started) return CSIO_ESTATE;
  http->may_redirect = count && strcmp(http->method, "GET") == 0;
  http->redirects_left = count;
  return CSIO_OK;
}

int csio_http_start(csio_http *http, csio_http_done_cb on_done)
{
  if (http->request.started) return CSIO_ESTATE;
  http->on_done = on_done;
  uint64_t now = csio_loop_now(http->handle.loop), timeout = http->request.timeout;
  http->deadline = timeout && timeout < UINT64_MAX - now ? now + timeout : 0;
  int err = csio__http_prepare(http);
  if (!err) err = start_hop(http);
  http->request.started = http->running = !err;
  return err;
}

void csio_http_close(csio_http *http, void (*on_closed)(void *data))
{
  csio__handle_closing(&http->handle, on_closed);
  csio__curl_cancel(&http->transfer);
  http->running = false;
  csio__task_queue(http->handle.loop, &http->close_task);
}
