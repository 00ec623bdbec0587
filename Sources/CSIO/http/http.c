#include "http/http_internal.h"
#include "base/text.h"
#include "net/failure.h"

#include <stdlib.h>
#include <string.h>

enum {
  DEFAULT_MAX_BODY = 64 << 20,
  TOO_LARGE = 100, /* CURLE_TOO_LARGE, since libcurl 8.6; before, CURLE_OUT_OF_MEMORY */
};

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

/* --- failures --- */

/* Whether a proxy passes the request on, and so is the only peer. */
static bool is_handed(const csio_http *http)
{
  return csio__proxy_speaks_http(http->request.proxy) && !http->request.url.secure;
}

/* Whether a chunk was malformed, for which libcurl has no code: the connection itself has not failed. */
static bool is_bad_chunk(csio_http *http, CURLcode result)
{
  return result == CURLE_RECV_ERROR && !csio__errno_of(&http->transfer, result) &&
         csio_http_header(http, "Transfer-Encoding", 0) &&
         !(http->request.url.secure && http->transfer.user.ended);
}

/* False where the failure is not one of TLS. `host` is the peer's name. */
static bool tls_failure(csio_http *http, CURLcode result, const char *host, csio__failure *failure)
{
  const csio__tls_handshake *handshake = http->handshake;
  bool lost = csio__is_end(result);
  int code = http->shakes_with_proxy ? CSIO_EPROXY : CSIO_ETLS;
  if (handshake && csio__tls_failure(handshake, host, failure)) {
    if (failure->error.code == CSIO_ETLS) failure->error.code = code;
    return true;
  }
  if (!lost && result != CURLE_SSL_CONNECT_ERROR && result != CURLE_SSL_CERTPROBLEM &&
      result != CURLE_SSL_CIPHER && result != CURLE_PEER_FAILED_VERIFICATION)
    return false;
  if (handshake && !http->head_size && csio__tls_certificate_refused(handshake, host, failure)) return true;
  return !lost && csio__failure_set(failure, code, "the TLS handshake with %s failed: %s", host,
                      http->curl_error[0] ? http->curl_error : curl_easy_strerror(result));
}

static const char unreadable[] = "the answer from %s could not be read: %s";

static int explain(csio_http *http, CURLcode result, csio__failure *failure)
{
  csio__transfer *transfer = &http->transfer;
  bool handed = is_handed(http);
  csio__peer_name name =
      csio__peer_of(&transfer->route, http->request.proxy && (handed || !transfer->stands));
  const char *peer = name.text, *cause = csio__cause_of(transfer, result);
  if (http->repeated)
    return csio__failure_set(
        failure, CSIO_ELOST, "the connection to %s was lost before it brought an answer", peer);
  uint64_t whole = http->request.timeout, limit = http->connect_timeout;
  bool no_room = result == CURLE_OUT_OF_MEMORY || (int)result == TOO_LARGE;
  /* `peer` is the proxy then: nothing stands yet, or the proxy is the only peer */
  const char *host = http->shakes_with_proxy ? peer : http->request.url.host;
  if (!no_room &&
      (tls_failure(http, result, host, failure) || csio__connect_failure(transfer, result, failure)))
    return failure->error.code;
  switch ((int)result) {
  case CURLE_OUT_OF_MEMORY:
  case TOO_LARGE:
    if (transfer->stands && !http->answer.capacity && transfer->user.received > CSIO__MAX_ANSWER_HEAD)
      return csio__head_too_large(failure, peer); /* libcurl gave up on a long line */
    if (result == CURLE_OUT_OF_MEMORY) return csio__failure_code(failure, CSIO_ENOMEM);
    return csio__failure_set(failure, CSIO_ETOO_LARGE, "the head of the request to %s is too large", peer);
  case CURLE_ABORTED_BY_CALLBACK:
    return csio__failure_code(failure, CSIO_ENOMEM);
  case CURLE_URL_MALFORMAT:
    return csio__failure_set(failure, CSIO_EURL, "the URL is malformed: %s", cause);
  case CURLE_OPERATION_TIMEDOUT:
    if (!limit || (whole && whole < limit)) limit = whole;
    if (!transfer->stands && limit) return csio__connecting_took(&transfer->route, limit, failure);
    return csio__failure_set(failure, CSIO_ETIMEOUT, "the request to %s was not answered in time", peer);
  case CURLE_FILESIZE_EXCEEDED:
  case CURLE_WRITE_ERROR:
  case CURLE_BAD_CONTENT_ENCODING: /* refused by a function of ours, or not decodable */
    if (http->no_memory) return csio__failure_code(failure, CSIO_ENOMEM);
    if (http->head_size > CSIO__MAX_ANSWER_HEAD) return csio__head_too_large(failure, peer);
    if (!http->too_large && result != CURLE_FILESIZE_EXCEEDED)
      return csio__failure_set(failure, CSIO_EPROTOCOL, unreadable, peer, curl_easy_strerror(result));
    return csio__failure_set(failure, CSIO_ETOO_LARGE, "the answer from %s is larger than %zu bytes", peer,
        http->request.max_size);
  case CURLE_UNSUPPORTED_PROTOCOL: /* taken for HTTP/0.9 */
  case CURLE_WEIRD_SERVER_REPLY:
    return csio__failure_set(failure, handed ? CSIO_EPROXY : CSIO_EPROTOCOL, "%s %s", peer,
        handed ? "does not speak HTTP" : "did not answer in HTTP");
  default:
    if (is_bad_chunk(http, result))
      return csio__failure_set(failure, CSIO_EPROTOCOL, unreadable, peer, "its chunks are malformed");
    if (handed && !http->head_size && csio__is_end(result)) return csio__proxy_lost(transfer, failure);
    return csio__failure_set(failure, CSIO_ELOST, "the connection to %s was lost: %s", peer, cause);
  }
}

/* --- transfers --- */

static void on_transfer_done(csio__transfer *transfer, CURLcode result)
{
  csio_http *http = csio__container_of(transfer, csio_http, transfer);
  csio__failure failure = {.error.code = CSIO_OK};
  /* where only a kept connection failed, of which there are fewer each time */
  bool again =
      (result && http->stale) || (csio__is_end(result) && http->transfer.user.fate == CSIO__FATE_UNREACHED);
  if (!again && result) {
    explain(http, result, &failure);
    if (!failure.error.http_status) failure.error.http_status = csio_http_status(http);
  } else if (!again && is_handed(http) && csio_http_status(http) == 407) {
    csio__refused_credentials(transfer, 407, &failure);
  } else if (!again) {
    const char *cookie;
    for (size_t i = 0; (cookie = csio_http_header(http, "Set-Cookie", i)); i++)
      csio__request_take_cookie(&http->request, cookie);
    again = csio__http_redirect(http, &failure);
  }
  if (again) {
    int err = csio__http_start_hop(http);
    if (!err) return;
    csio__failure_code(&failure, err);
  }
  http->on_done(http, failure.error.code ? &failure.error : NULL, http->data);
}

static void http_abort(csio__handle *handle)
{
  csio_http *http = (csio_http *)handle;
  if (http->transfer.curl) {
    csio__curl_cancel(&http->transfer);
    csio__failure failure;
    csio__failure_code(&failure, CSIO_ECANCELLED);
    http->on_done(http, &failure.error, http->data);
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

int csio_http_add_header(csio_http *http, const char *name, const char *value)
{
  return csio__request_add_header(&http->request, name, value);
}

int csio_http_set_body(csio_http *http, csio_buffer *body)
{
  csio_buffer_destroy(http->request.started ? body : http->body);
  return CSIO__REQUEST_SET(&http->request, http->body, body);
}

CSIO__COMMON_SETTERS(http)
CSIO__REQUEST_SETTER(http, set_proxy, csio_proxy *)
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
  if (!err) err = csio__http_start_hop(http);
  http->request.started = !err;
  return err;
}

void csio_http_close(csio_http *http, void (*on_closed)(void *data))
{
  csio__handle_closing(&http->handle, on_closed);
  csio__curl_cancel(&http->transfer);
  csio__task_queue(http->handle.loop, &http->close_task);
}
