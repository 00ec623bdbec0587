#include "http/http_internal.h"

#include "base/header.h"
#include "net/route.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_MAX_BODY = 64 << 20 };

static void http_free(csio_http *http)
{
  csio__transfer_free(&http->transfer);
  curl_slist_free_all(http->headers);
  curl_slist_free_all(http->hop_headers);
  csio__tls_handshake_release(http->handshake);
  csio_tls_release(http->tls);
  csio_cookies_release(http->cookies);
  csio_proxy_release(http->proxy);
  free(http->local_address);
  csio__bytes_free(&http->key);
  csio_buffer_destroy(http->body);
  csio__bytes_free(&http->answer);
  csio__url_free(&http->url);
  free(http->method);
  free(http);
}

static void finish(csio_http *http, const csio_error *error)
{
  http->state = CSIO__HTTP_DONE;
  http->on_done(http, error, http->data);
}

static int start_hop(csio_http *http);

/* Whether it was but a kept connection that failed. */
static bool may_start_again(const csio_http *http, CURLcode result)
{
  bool ended = result == CURLE_SEND_ERROR || result == CURLE_RECV_ERROR || result == CURLE_GOT_NOTHING;
  return (result && http->stale) || (ended && csio__http_is_undone(http));
}

static void on_transfer_done(csio__transfer *transfer, CURLcode result)
{
  csio_http *http = csio__container_of(transfer, csio_http, transfer);
  csio__failure failure;
  int err = CSIO_OK;
  bool failed = true;
  if (may_start_again(http, result)) { /* there are fewer kept connections each time */
    err = start_hop(http);
    if (!err) return;
    csio__failure_code(&failure, err);
  } else if (result) {
    csio__http_failure(http, result, &failure);
  } else if (!csio__http_proxy_refused(http, &failure)) {
    csio__http_take_cookies(http);
    if (csio__http_redirect(http, &err, &failure)) {
      err = start_hop(http);
      if (!err) return;
      csio__failure_code(&failure, err);
    }
    failed = err;
  }
  finish(http, failed ? &failure.error : NULL);
}

static int start_hop(csio_http *http)
{
  int err = csio__http_prepare_hop(http);
  return err ? err : csio__curl_start(http->handle.loop, &http->transfer);
}

static void http_abort(csio__handle *handle)
{
  csio_http *http = (csio_http *)handle;
  if (http->state == CSIO__HTTP_RUNNING) {
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
  if (http->on_closed) http->on_closed(http->data);
  csio__handle_closed(&http->handle);
  http_free(http);
}

int csio_http_create(csio_loop *loop, const char *method, const char *url, csio_http **out)
{
  if (!csio__is_token(method)) return CSIO_EINVALID;
  csio_http *http = calloc(1, sizeof *http);
  if (!http) return CSIO_ENOMEM;
  http->close_task.run = run_close;
  http->max_body = DEFAULT_MAX_BODY;
  http->keep_alive = true;
  int err = csio__url_parse(&http->url, url, "http", "https");
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
  if (http->state != CSIO__HTTP_NEW) return CSIO_ESTATE;
  if (!csio__is_token(name) || csio__is_framing_header(name) || !csio__is_field_value(value))
    return CSIO_EINVALID;
  char *line = csio__header_line(name, value);
  if (!line) return CSIO_ENOMEM;
  struct curl_slist *headers = curl_slist_append(http->headers, line);
  free(line);
  if (!headers) return CSIO_ENOMEM;
  http->headers = headers;
  return CSIO_OK;
}

int csio_http_set_body(csio_http *http, csio_buffer *body)
{
  if (http->state != CSIO__HTTP_NEW) {
    csio_buffer_destroy(body);
    return CSIO_ESTATE;
  }
  csio_buffer_destroy(http->body);
  http->body = body;
  return CSIO_OK;
}

int csio_http_set_tls(csio_http *http, csio_tls *tls)
{
  if (http->state != CSIO__HTTP_NEW) return CSIO_ESTATE;
  csio_tls *before = http->tls;
  http->tls = csio__tls_use(tls);
  csio_tls_release(before);
  return CSIO_OK;
}

int csio_http_set_cookies(csio_http *http, csio_cookies *cookies)
{
  if (http->state != CSIO__HTTP_NEW) return CSIO_ESTATE;
  csio_cookies *before = http->cookies;
  http->cookies = cookies ? csio_cookies_retain(cookies) : NULL;
  csio_cookies_release(before);
  return CSIO_OK;
}

int csio_http_set_proxy(csio_http *http, csio_proxy *proxy)
{
  if (http->state != CSIO__HTTP_NEW) return CSIO_ESTATE;
  csio_proxy *before = http->proxy;
  http->proxy = csio__proxy_use(proxy);
  csio_proxy_release(before);
  return CSIO_OK;
}

int csio_http_set_local_address(csio_http *http, const char *address)
{
  if (http->state != CSIO__HTTP_NEW) return CSIO_ESTATE;
  if (address && !csio__is_address(address)) return CSIO_EINVALID;
  char *copy = address ? strdup(address) : NULL;
  if (address && !copy) return CSIO_ENOMEM;
  free(http->local_address);
  http->local_address = copy;
  return CSIO_OK;
}

int csio_http_set_keep_alive(csio_http *http, bool keep_alive)
{
  if (http->state != CSIO__HTTP_NEW) return CSIO_ESTATE;
  http->keep_alive = keep_alive;
  return CSIO_OK;
}

int csio_http_set_timeout(csio_http *http, uint64_t ms)
{
  if (http->state != CSIO__HTTP_NEW) return CSIO_ESTATE;
  http->timeout = ms;
  return CSIO_OK;
}

int csio_http_set_connect_timeout(csio_http *http, uint64_t ms)
{
  if (http->state != CSIO__HTTP_NEW) return CSIO_ESTATE;
  /* 0 is libcurl's own default, and not no limit */
  curl_easy_setopt(http->transfer.easy, CURLOPT_CONNECTTIMEOUT_MS, csio__curl_ms(ms ? ms : UINT64_MAX));
  return CSIO_OK;
}

int csio_http_set_max_body(csio_http *http, size_t bytes)
{
  if (http->state != CSIO__HTTP_NEW) return CSIO_ESTATE;
  http->max_body = bytes;
  return CSIO_OK;
}

int csio_http_set_redirects(csio_http *http, unsigned count)
{
  if (http->state != CSIO__HTTP_NEW) return CSIO_ESTATE;
  http->may_redirect = count && strcmp(http->method, "GET") == 0;
  http->redirects_left = count;
  return CSIO_OK;
}

int csio_http_start(csio_http *http, csio_http_done_cb on_done)
{
  if (http->state != CSIO__HTTP_NEW) return CSIO_ESTATE;
  http->on_done = on_done;
  uint64_t now = csio_loop_now(http->handle.loop);
  http->deadline = http->timeout && http->timeout < UINT64_MAX - now ? now + http->timeout : 0;
  int err = csio__http_prepare(http);
  if (!err) err = start_hop(http);
  if (!err) http->state = CSIO__HTTP_RUNNING;
  return err;
}

int csio_http_status(const csio_http *http)
{
  long status = 0;
  curl_easy_getinfo(http->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
  return (int)status;
}

const uint8_t *csio_http_body(const csio_http *http, size_t *size)
{
  *size = http->answer.size;
  return http->answer.data ? http->answer.data : (const uint8_t *)"";
}

const char *csio_http_header(const csio_http *http, const char *name, size_t index)
{
  struct curl_header *header;
  const int last_answer = -1;
  if (curl_easy_header(http->transfer.easy, name, index, CURLH_HEADER, last_answer, &header)) return NULL;
  /* of an empty value libcurl leaves the line's end */
  return header->value[strspn(header->value, " \t\r\n")] ? header->value : "";
}

uint64_t csio_http_bytes_sent(const csio_http *http)
{
  long head = 0;
  curl_off_t body = 0;
  curl_easy_getinfo(http->transfer.easy, CURLINFO_REQUEST_SIZE, &head);
  curl_easy_getinfo(http->transfer.easy, CURLINFO_SIZE_UPLOAD_T, &body);
  return http->sent_before + (uint64_t)head + (uint64_t)body;
}

uint64_t csio_http_bytes_received(const csio_http *http)
{
  long head = 0;
  curl_off_t body = 0;
  curl_easy_getinfo(http->transfer.easy, CURLINFO_HEADER_SIZE, &head);
  curl_easy_getinfo(http->transfer.easy, CURLINFO_SIZE_DOWNLOAD_T, &body);
  return http->received_before + (uint64_t)head + (uint64_t)body;
}

void csio_http_close(csio_http *http, void (*on_closed)(void *data))
{
  csio__handle_closing(&http->handle);
  csio__curl_cancel(&http->transfer);
  http->state = CSIO__HTTP_DONE;
  http->on_closed = on_closed;
  csio__task_queue(http->handle.loop, &http->close_task);
}
