/* A request in libcurl's terms, from hop to hop, and what libcurl makes of the answer. */
#include "http/http_internal.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* How long a kept connection may have been idle, in whole seconds. Servers end it after 2 s (Gunicorn), 5 s
 * (Node.js) or more, and lose a POST that is sent just then. */
enum { MOST_IDLE = 1 };

/* False where libcurl is about to repeat the request: it does so when a kept connection ends before the first
 * byte of an answer, but the server may have handled the request. */
static bool may_request(csio__transfer *transfer)
{
  csio_http *http = csio__container_of(transfer, csio_http, transfer);
  long sent = 0;
  curl_easy_getinfo(http->transfer.easy, CURLINFO_REQUEST_SIZE, &sent);
  bool was_sent = http->transfer.stands && sent > http->sent_before_asking;
  http->repeated = was_sent && http->transfer.user.fate != CSIO__FATE_UNREACHED;
  if (http->repeated) return false;
  http->transfer.stands = false;
  http->sent_before_asking = sent;
  http->transfer.user.fate = CSIO__FATE_OPEN;
  return true;
}

/* The connection stands, and the request is sent next, unless the server has closed it meanwhile. */
static int on_request(void *data, char *remote, char *local, int remote_port, int local_port)
{
  csio_http *http = data;
  csio__ends ends = {local, remote, local_port, remote_port};
  if (!may_request(&http->transfer)) return CURL_PREREQFUNC_ABORT;
  bool usable = csio__sockets_use(http->transfer.sockets, ends, &http->transfer.user);
  http->stale = !http->transfer.connected && !usable;
  if (http->stale) return CURL_PREREQFUNC_ABORT;
  /* why other addresses refused is no reason for what fails from now on */
  curl_easy_getinfo(http->transfer.easy, CURLINFO_OS_ERRNO, &http->transfer.old_errno);
  http->transfer.socket_errno = 0;
  http->transfer.stands = true;
  return CURL_PREREQFUNC_OK;
}

/* libcurl keeps all headers, and its own limit is ten times higher. */
static size_t count_head(char *line, size_t unit, size_t count, void *data)
{
  csio_http *http = data;
  size_t size = unit * count;
  if (!http->transfer.stands) return csio__proxy_header(line, unit, count, &http->transfer);
  http->head_size += size;
  return http->head_size > CSIO__MAX_ANSWER_HEAD ? CURL_WRITEFUNC_ERROR : size;
}

static size_t write_body(char *from, size_t unit, size_t count, void *data)
{
  csio_http *http = data;
  const curl_off_t most = 16 << 20; /* an announced size alone costs no more */
  curl_off_t announced = -1;
  size_t size = unit * count;
  if (http->request.max_size && size > http->request.max_size - http->answer.size) {
    http->too_large = true;
    return CURL_WRITEFUNC_ERROR;
  }
  if (!http->answer.capacity)
    curl_easy_getinfo(http->transfer.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
  if (announced > 0) csio__bytes_reserve(&http->answer, (size_t)(announced < most ? announced : most));
  if (!csio__bytes_append(&http->answer, from, size)) {
    http->no_memory = true;
    return CURL_WRITEFUNC_ERROR;
  }
  return size;
}

static int prepare_method(csio_http *http)
{
  CURL *easy = http->transfer.easy;
  size_t size = http->body ? csio_buffer_size(http->body) : 0;
  if (!strcmp(http->method, "HEAD")) {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (!strcmp(http->method, "POST") || size) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, size ? (char *)csio_buffer_bytes(http->body) : "");
  }
  return curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, http->method) ? CSIO_ENOMEM : CSIO_OK;
}

int csio__http_prepare(csio_http *http)
{
  CURL *easy = http->transfer.easy;
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, http->curl_error);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, http);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, count_head);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, http);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, write_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, http);
  if (http->request.max_size)
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)http->request.max_size);
  if (!http->keep_alive) curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)MOST_IDLE);
  http->transfer.may_connect = may_request;
  return prepare_method(http);
}

/* --- the answer --- */

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

static uint64_t bytes_of(const csio_http *http, CURLINFO head_info, CURLINFO body_info)
{
  long head = 0;
  curl_off_t body = 0;
  curl_easy_getinfo(http->transfer.easy, head_info, &head);
  curl_easy_getinfo(http->transfer.easy, body_info, &body);
  return (uint64_t)head + (uint64_t)body;
}

uint64_t csio_http_bytes_sent(const csio_http *http)
{
  return http->sent_before + bytes_of(http, CURLINFO_REQUEST_SIZE, CURLINFO_SIZE_UPLOAD_T);
}

uint64_t csio_http_bytes_received(const csio_http *http)
{
  return http->received_before + bytes_of(http, CURLINFO_HEADER_SIZE, CURLINFO_SIZE_DOWNLOAD_T);
}

static int follow(csio_http *http, csio_tls *settings, const char *host, uint16_t port, SSL_CTX *ctx)
{
  csio_tls *tls;
  csio__tls_handshake_release(http->handshake);
  http->handshake = NULL;
  int err = csio__tls_or_default(settings, &tls);
  if (!err) err = csio__tls_configure(tls, ctx);
  if (err) return err;
  http->handshake = csio__tls_handshake_create(tls, host, port);
  return http->handshake ? csio__tls_follow_ctx(http->handshake, ctx) : CSIO_ENOMEM;
}

/* libcurl does not say which session it sets up. The first one of a new connection to an https proxy is the
 * proxy's. */
static CURLcode on_ssl_ctx(CURL *easy, void *ctx, void *data)
{
  (void)easy;
  csio_http *http = data;
  const csio_proxy *proxy = http->request.proxy;
  http->shakes_with_proxy = http->transfer.bare && csio__proxy_speaks_tls(proxy);
  int err = http->shakes_with_proxy
                ? follow(http, proxy->tls, proxy->host, proxy->port, ctx)
                : follow(http, http->request.tls, http->request.url.host, http->request.url.port, ctx);
  http->transfer.bare = false;
  if (err == CSIO_ENOMEM) return CURLE_OUT_OF_MEMORY;
  return err ? CURLE_SSL_CERTPROBLEM : CURLE_OK;
}

static int prepare_tls(csio_http *http)
{
  CURL *easy = http->transfer.easy;
  csio_tls *tls, *proxy_tls;
  csio__tls_handshake_release(http->handshake);
  http->handshake = NULL;
  int err = csio__tls_or_default(http->request.tls, &tls);
  const csio_proxy *proxy = http->request.proxy;
  if (!err) err = csio__tls_or_default(csio__proxy_speaks_tls(proxy) ? proxy->tls : tls, &proxy_tls);
  if (err) return err;
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls->verify ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls->verify ? 2L : 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYPEER, proxy_tls->verify ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYHOST, proxy_tls->verify ? 2L : 0L);
  /* libcurl reads no authorities from files; those of the settings come with on_ssl_ctx */
  curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
  curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, NULL);
  curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, NULL);
  curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L); /* it would mix the sessions of all settings */
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx);
  return curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, http) ? CSIO_EUNSUPPORTED : CSIO_OK;
}

/* --- hops: the request, and one more for every redirect ---
 *
 * libcurl would follow redirects too, but send the first host's cookies to the others, and no new ones. */

static int prepare_headers(csio_http *http)
{
  struct curl_slist **list = &http->hop_headers;
  const csio__request *request = &http->request;
  curl_slist_free_all(*list);
  *list = NULL;
  int err = csio__request_lines(request, list);
  /* what libcurl would add by itself */
  if (!err && !csio__request_header(request, "Expect")) err = csio__add_line(list, "Expect:");
  if (!err && !csio__request_header(request, "Content-Type")) err = csio__add_line(list, "Content-Type:");
  if (!err && !http->keep_alive && !csio__request_header(request, "Connection"))
    err = csio__add_line(list, "Connection: close");
  return err;
}

/* libcurl compares its own settings before it reuses a connection; the key has ours. */
static int prepare_key(csio_http *http)
{
  const csio__route *route = &http->transfer.route;
  const csio_proxy *proxy = route->proxy;
  const csio_tls *tls = http->request.url.secure ? http->request.tls : NULL,
                 *proxy_tls = proxy ? proxy->tls : NULL;
  char ids[32];
  snprintf(ids, sizeof ids, "%u %u", tls ? tls->id : 0, proxy_tls ? proxy_tls->id : 0);
  free(http->key);
  http->key = csio__join(ids, "\n", csio__or_empty(route->local_address), "\n",
      csio__or_empty(route->proxy_authorization), "\n", csio__or_empty(proxy ? proxy->user : NULL), "\n",
      csio__or_empty(proxy ? proxy->password : NULL));
  http->transfer.user.key = http->key;
  return http->key ? CSIO_OK : CSIO_ENOMEM;
}

int csio__http_start_hop(csio_http *http)
{
  CURL *easy = http->transfer.easy;
  const csio__request *request = &http->request;
  http->transfer.route = csio__request_route(request);
  http->transfer.route.timeout = http->connect_timeout;
  int err = csio__route_prepare(&http->transfer);
  if (!err) err = prepare_headers(http);
  if (!err) err = prepare_key(http);
  if (err) return err;
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, !http->keep_alive || http->stale ? 1L : 0L);
  if (http->deadline) {
    uint64_t now = csio_loop_now(http->handle.loop);
    curl_easy_setopt(
        easy, CURLOPT_TIMEOUT_MS, csio__curl_ms(now < http->deadline ? http->deadline - now : 1));
  }
  http->stale = http->repeated = http->shakes_with_proxy = false;
  http->head_size = 0;
  http->answer.size = 0;
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, http->hop_headers);
  if (curl_easy_setopt(easy, CURLOPT_URL, request->url.whole)) return CSIO_ENOMEM;
  if (request->url.secure || csio__proxy_speaks_tls(request->proxy)) err = prepare_tls(http);
  return err ? err : csio__curl_start(http->handle.loop, &http->transfer);
}

static bool refuse_redirect(const csio_http *http, csio__failure *failure, const char *why)
{
  csio__failure_set(
      failure, CSIO_EREDIRECT, "the redirect of %s was not followed: %s", http->request.url.host, why);
  failure->error.http_status = csio_http_status(http);
  return false;
}

bool csio__http_redirect(csio_http *http, csio__failure *failure)
{
  char *place = NULL;
  int status = csio_http_status(http);
  csio__url next, *url = &http->request.url;
  curl_easy_getinfo(http->transfer.easy, CURLINFO_REDIRECT_URL, &place);
  /* libcurl names a place for every 3xx with a Location, even for 304 */
  bool redirects = (status >= 301 && status <= 303) || status == 307 || status == 308;
  if (!place || !http->may_redirect || !redirects) return false;
  if (!http->redirects_left) return refuse_redirect(http, failure, "there were too many before");
  int err = csio__url_parse(&next, place, "http", "https");
  if (err == CSIO_EURL) return refuse_redirect(http, failure, "it leads to no http or https URL");
  if (err) {
    csio__failure_code(failure, err);
    return false;
  }
  if (url->secure && !next.secure) {
    csio__url_free(&next);
    return refuse_redirect(http, failure, "it leads from https to http");
  }
  if (url->secure != next.secure || url->port != next.port || strcasecmp(url->host, next.host)) {
    http->request.foreign = true;
  } else if (!next.userinfo) {
    next.userinfo = url->userinfo;
    url->userinfo = NULL;
  }
  http->sent_before = csio_http_bytes_sent(http);
  http->received_before = csio_http_bytes_received(http);
  http->redirects_left--;
  csio__url_free(url);
  *url = next;
  return true;
}
