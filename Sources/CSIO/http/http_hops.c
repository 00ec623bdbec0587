/* A request takes a hop for every redirect. libcurl would follow redirects by itself, but send the cookies of
 * the first place to the others, and none that came on the way. */
#include "http/http_internal.h"

#include "net/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

/* libcurl reuses connections by its own settings, and knows little of ours. */
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

int csio__http_prepare_hop(csio_http *http)
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
  http->stale = http->repeated = false;
  http->head_size = 0;
  http->answer.size = 0;
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, http->hop_headers);
  if (curl_easy_setopt(easy, CURLOPT_URL, request->url.whole)) return CSIO_ENOMEM;
  bool speaks_tls = request->url.secure || csio__proxy_speaks_tls(request->proxy);
  return speaks_tls ? csio__http_prepare_tls(http) : CSIO_OK;
}

static bool same_place(const csio__url *a, const csio__url *b)
{
  return a->secure == b->secure && a->port == b->port && !strcasecmp(a->host, b->host);
}

static bool refuse_redirect(const csio_http *http, csio__failure *failure, const char *why)
{
  csio__failure_set(
      failure, CSIO_EREDIRECT, "the redirect of %s was not followed: %s", http->request.url.host, why);
  failure->error.http_status = csio_http_status(http);
  return false;
}

/* libcurl takes every 3xx with a Location for one, a 304 too. */
static bool is_redirect(int status)
{
  return (status >= 301 && status <= 303) || status == 307 || status == 308;
}

bool csio__http_redirect(csio_http *http, csio__failure *failure)
{
  char *place = NULL;
  csio__url next, *url = &http->request.url;
  curl_easy_getinfo(http->transfer.easy, CURLINFO_REDIRECT_URL, &place);
  if (!place || !http->may_redirect || !is_redirect(csio_http_status(http))) return false;
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
  if (!same_place(url, &next)) {
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
