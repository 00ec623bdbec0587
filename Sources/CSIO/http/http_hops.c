/* A request takes a hop for every redirect. libcurl would follow redirects by itself, but send the cookies of
 * the first place to the others, and none that came on the way. */
#include "http/http_internal.h"

#include "base/header.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- headers --- */

/* The value of a header line made by csio__header_line, when it is that of `name`. */
static const char *value_of(const char *line, const char *name)
{
  size_t length = strlen(name);
  if (strncasecmp(line, name, length)) return NULL;
  if (line[length] == ';') return "";
  return line[length] == ':' ? line + length + strspn(line + length, ": ") : NULL;
}

const char *csio__http_own_header(const csio_http *http, const char *name)
{
  const char *value = NULL;
  for (const struct curl_slist *header = http->headers; header && !value; header = header->next)
    value = value_of(header->data, name);
  return value;
}

static bool has_header(const csio_http *http, const char *name)
{
  return csio__http_own_header(http, name);
}

static int add_line(csio_http *http, const char *line)
{
  struct curl_slist *headers = curl_slist_append(http->hop_headers, line);
  if (!headers) return CSIO_ENOMEM;
  http->hop_headers = headers;
  return CSIO_OK;
}

/* Whether a header of the user's goes out in this hop as it is. */
static bool goes_out(const csio_http *http, const char *line)
{
  if (value_of(line, "Cookie")) return !http->cookies && !http->foreign;
  if (http->proxy && value_of(line, "Proxy-Authorization")) return false; /* it goes to the proxy alone */
  static const char *const at_home[] = {"Host", "Authorization", "Proxy-Authorization"};
  for (size_t i = 0; http->foreign && i < sizeof at_home / sizeof *at_home; i++)
    if (value_of(line, at_home[i])) return false;
  return true;
}

/* The user's cookies, joined; nothing where there are none. */
static int own_cookies(const csio_http *http, csio__bytes *own)
{
  for (const struct curl_slist *header = http->headers; header; header = header->next) {
    const char *value = value_of(header->data, "Cookie");
    if (!value || !*value) continue;
    if (own->size) own->size--; /* the terminator */
    if ((own->size && !csio__bytes_append(own, "; ", 2)) ||
        !csio__bytes_append(own, value, strlen(value) + 1))
      return CSIO_ENOMEM;
  }
  return CSIO_OK;
}

static int add_cookies(csio_http *http)
{
  csio__bytes own = {0}, header = {0};
  int err = http->foreign ? CSIO_OK : own_cookies(http, &own);
  if (!err)
    err =
        csio__cookies_header(http->cookies, &http->url, (const char *)own.data, csio__cookies_now(), &header);
  if (!err && header.size) {
    char *line = csio__header_line("Cookie", (const char *)header.data);
    err = line ? add_line(http, line) : CSIO_ENOMEM;
    free(line);
  }
  csio__bytes_free(&own);
  csio__bytes_free(&header);
  return err;
}

static int prepare_headers(csio_http *http)
{
  int err = CSIO_OK;
  curl_slist_free_all(http->hop_headers);
  http->hop_headers = NULL;
  for (const struct curl_slist *header = http->headers; header && !err; header = header->next)
    if (goes_out(http, header->data)) err = add_line(http, header->data);
  if (!err && http->cookies) err = add_cookies(http);
  /* what libcurl would add by itself */
  if (!err && !has_header(http, "Expect")) err = add_line(http, "Expect:");
  if (!err && !has_header(http, "Content-Type")) err = add_line(http, "Content-Type:");
  if (!err && !http->keep_alive && !has_header(http, "Connection")) err = add_line(http, "Connection: close");
  return err;
}

/* --- hops --- */

/* libcurl reuses connections by its own settings, and knows little of ours. */
static int prepare_key(csio_http *http)
{
  csio__bytes *key = &http->key;
  const csio_proxy *proxy = http->proxy;
  const csio_tls *tls = http->url.secure ? http->tls : NULL, *proxy_tls = proxy ? proxy->tls : NULL;
  const char *parts[] = {http->local_address, http->transfer.route.proxy_authorization,
      proxy ? proxy->user : NULL, proxy ? proxy->password : NULL};
  char ids[32];
  snprintf(ids, sizeof ids, "%u %u", tls ? tls->id : 0, proxy_tls ? proxy_tls->id : 0);
  key->size = 0;
  bool whole = csio__bytes_append(key, ids, strlen(ids));
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    whole = whole && csio__bytes_append(key, "\n", 1);
    if (parts[i]) whole = whole && csio__bytes_append(key, parts[i], strlen(parts[i]));
  }
  whole = whole && csio__bytes_append(key, "", 1);
  http->transfer.user.key = (const char *)key->data;
  return whole ? CSIO_OK : CSIO_ENOMEM;
}

int csio__http_prepare_hop(csio_http *http)
{
  CURL *easy = http->transfer.easy;
  int err = prepare_headers(http);
  if (!err) err = prepare_key(http);
  if (err) return err;
  http->transfer.route.host = http->url.host;
  http->transfer.route.port = http->url.port;
  http->transfer.route.tunnels = http->url.secure;
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, !http->keep_alive || http->stale ? 1L : 0L);
  if (http->deadline) {
    uint64_t now = csio_loop_now(http->handle.loop);
    curl_easy_setopt(
        easy, CURLOPT_TIMEOUT_MS, csio__curl_ms(now < http->deadline ? http->deadline - now : 1));
  }
  http->stale = http->repeated = false;
  http->body_sent = 0;
  http->head_size = 0;
  http->answer.size = 0;
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, http->hop_headers);
  if (curl_easy_setopt(easy, CURLOPT_URL, http->url.whole) ||
      curl_easy_setopt(easy, CURLOPT_USERPWD, http->url.userinfo))
    return CSIO_ENOMEM;
  bool proxy_tls = http->proxy && http->proxy->kind == CSIO__PROXY_HTTPS;
  return http->url.secure || proxy_tls ? csio__http_prepare_tls(http) : CSIO_OK;
}

void csio__http_take_cookies(csio_http *http)
{
  struct curl_header *header;
  const int last_answer = -1;
  for (size_t i = 0; http->cookies; i++) {
    if (curl_easy_header(http->transfer.easy, "Set-Cookie", i, CURLH_HEADER, last_answer, &header)) return;
    /* one that is refused is no failure of the request */
    csio__cookies_store(http->cookies, &http->url, header->value, csio__cookies_now());
  }
}

static bool same_place(const csio__url *a, const csio__url *b)
{
  return a->secure == b->secure && a->port == b->port && !strcasecmp(a->host, b->host);
}

static void refuse_redirect(csio_http *http, int *err, csio__failure *failure, const char *why)
{
  *err = CSIO_EREDIRECT;
  csio__failure_set(failure, *err, "the redirect of %s was not followed: %s", http->url.host, why);
  failure->error.http_status = csio_http_status(http);
}

/* libcurl takes every 3xx with a Location for one, a 304 too. */
static bool is_redirect(int status)
{
  return (status >= 301 && status <= 303) || status == 307 || status == 308;
}

bool csio__http_redirect(csio_http *http, int *err, csio__failure *failure)
{
  char *place = NULL;
  curl_easy_getinfo(http->transfer.easy, CURLINFO_REDIRECT_URL, &place);
  if (!place || !http->may_redirect || !is_redirect(csio_http_status(http))) return false;
  if (!http->redirects_left) {
    refuse_redirect(http, err, failure, "there were too many before");
    return false;
  }
  csio__url next;
  *err = csio__url_parse(&next, place, "http", "https");
  if (*err == CSIO_ENOMEM)
    csio__failure_code(failure, *err);
  else if (*err)
    refuse_redirect(http, err, failure, "it leads to no http or https URL");
  if (!*err && http->url.secure && !next.secure) {
    csio__url_free(&next);
    refuse_redirect(http, err, failure, "it leads from https to http");
  }
  if (*err) return false;
  if (!same_place(&http->url, &next)) {
    http->foreign = true;
  } else if (!next.userinfo) {
    next.userinfo = http->url.userinfo;
    http->url.userinfo = NULL;
  }
  http->sent_before = csio_http_bytes_sent(http);
  http->received_before = csio_http_bytes_received(http);
  http->redirects_left--;
  csio__url_free(&http->url);
  http->url = next;
  return true;
}
