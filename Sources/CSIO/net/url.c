#include "net/url.h"

#include "net/curl_multi.h"

#include <csio/error.h>

#include <curl/curl.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uv.h>

/* Joins `count` strings into one of its own; NULL when memory is short. */
static char *join(int count, ...)
{
  va_list args;
  size_t size = 1;
  va_start(args, count);
  for (int i = 0; i < count; i++)
    size += strlen(va_arg(args, const char *));
  va_end(args);
  char *text = malloc(size), *end = text;
  if (!text) return NULL;
  va_start(args, count);
  for (int i = 0; i < count; i++) {
    const char *part = va_arg(args, const char *);
    size_t length = strlen(part);
    memcpy(end, part, length);
    end += length;
  }
  va_end(args);
  *end = '\0';
  return text;
}

static int code_of(CURLUcode code)
{
  return code == CURLUE_OUT_OF_MEMORY ? CSIO_ENOMEM : CSIO_EURL;
}

static int read_scheme(csio__url *out, CURLU *parts, const char *plain, const char *secure)
{
  char *scheme;
  CURLUcode code = curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0);
  if (code) return code_of(code);
  out->secure = strcasecmp(scheme, secure) == 0;
  bool known = out->secure || strcasecmp(scheme, plain) == 0;
  curl_free(scheme);
  return known ? CSIO_OK : CSIO_EURL;
}

static bool is_ascii(const char *text)
{
  while (*text && !(*text & 0x80))
    text++;
  return !*text;
}

/* Turns the host of `parts`, which is an international name, into ASCII; a library built without that says
 * LACKS_IDN. By way of the whole URL, since 7.88 leaks the host where it is asked for that. */
static CURLUcode convert_host(CURLU *parts)
{
  char *text;
  CURLUcode code = curl_url_get(parts, CURLUPART_URL, &text, CURLU_PUNYCODE);
  if (code) return code;
  code = curl_url_set(parts, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME);
  curl_free(text);
  return code;
}

/* libcurl takes the name to be in the encoding of the thread's locale, which is ASCII unless the program has
 * set one. */
static CURLUcode convert_host_as_utf8(CURLU *parts)
{
  locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
  locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
  CURLUcode code = convert_host(parts);
  if (!utf8) return code;
  uselocale(before);
  freelocale(utf8);
  return code;
}

static CURLUcode make_host_ascii(CURLU *parts)
{
  char *host;
  CURLUcode code = curl_url_get(parts, CURLUPART_HOST, &host, 0);
  if (code) return code;
  bool ready = is_ascii(host);
  curl_free(host);
  return ready ? CURLUE_OK : convert_host_as_utf8(parts);
}

/* The zone of a scoped IPv6 address (RFC 6874, section 2), of which libcurl takes any character but a few. */
static bool is_zone(const char *text)
{
  static const char unreserved[] = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  return !text[strspn(text, unreserved)];
}

static int read_host(csio__url *out, CURLU *parts)
{
  char *host;
  CURLUcode code = curl_url_get(parts, CURLUPART_HOST, &host, 0);
  if (code) return code_of(code);
  size_t length = strlen(host);
  bool v6 = length > 2 && host[0] == '[';
  char port[8] = "";
  if (out->port != (out->secure ? 443 : 80)) snprintf(port, sizeof port, ":%u", (unsigned)out->port);
  out->authority = join(2, host, port);
  if (v6) {
    host[length - 1] = '\0';
    char *zone = NULL;
    curl_url_get(parts, CURLUPART_ZONEID, &zone, 0);
    if (zone && !is_zone(zone)) {
      curl_free(zone);
      curl_free(host);
      return CSIO_EURL;
    }
    out->host = zone ? join(3, host + 1, "%", zone) : join(1, host + 1);
    curl_free(zone);
  } else {
    out->host = join(1, host);
  }
  curl_free(host);
  return out->host && out->authority ? CSIO_OK : CSIO_ENOMEM;
}

static int read_port(csio__url *out, CURLU *parts)
{
  char *port;
  CURLUcode code = curl_url_get(parts, CURLUPART_PORT, &port, 0);
  if (code == CURLUE_NO_PORT) {
    out->port = out->secure ? 443 : 80;
    return CSIO_OK;
  }
  if (code) return code_of(code);
  out->has_port = true;
  out->port = (uint16_t)strtoul(port, NULL, 10);
  curl_free(port);
  return out->port ? CSIO_OK : CSIO_EURL;
}

/* libcurl leaves out a "?" with nothing behind it since 8.8, unless told not to. */
#ifdef CURLU_GET_EMPTY
enum { AS_IT_IS = CURLU_GET_EMPTY };
#else
enum { AS_IT_IS = 0 };
#endif

static int read_target(csio__url *out, CURLU *parts)
{
  char *path, *query = NULL;
  CURLUcode code = curl_url_get(parts, CURLUPART_PATH, &path, 0);
  if (code) return code_of(code);
  code = curl_url_get(parts, CURLUPART_QUERY, &query, AS_IT_IS);
  if (!code || code == CURLUE_NO_QUERY) out->target = join(3, path, query ? "?" : "", query ? query : "");
  curl_free(path);
  curl_free(query);
  return out->target ? CSIO_OK : CSIO_ENOMEM;
}

static int read_userinfo(csio__url *out, CURLU *parts)
{
  char *user = NULL, *password = NULL;
  CURLUcode code = curl_url_get(parts, CURLUPART_USER, &user, CURLU_URLDECODE);
  if (code == CURLUE_NO_USER) return CSIO_OK;
  if (!code) code = curl_url_get(parts, CURLUPART_PASSWORD, &password, CURLU_URLDECODE);
  if (!code || code == CURLUE_NO_PASSWORD) out->userinfo = join(3, user, ":", password ? password : "");
  curl_free(user);
  curl_free(password);
  if (code && code != CURLUE_NO_PASSWORD) return code_of(code);
  return out->userinfo ? CSIO_OK : CSIO_ENOMEM;
}

static int read_whole(csio__url *out, CURLU *parts)
{
  char *whole;
  CURLUcode code = curl_url_set(parts, CURLUPART_FRAGMENT, NULL, 0);
  if (!code) code = curl_url_get(parts, CURLUPART_URL, &whole, AS_IT_IS);
  if (code) return code_of(code);
  out->whole = join(1, whole);
  curl_free(whole);
  return out->whole ? CSIO_OK : CSIO_ENOMEM;
}

int csio__url_parse(csio__url *out, const char *text, const char *plain, const char *secure)
{
  *out = (csio__url){0};
  for (const char *at = text; *at; at++) /* newer libcurls would encode control characters */
    if ((unsigned char)*at < ' ' || *at == 127) return CSIO_EURL;
  csio__curl_global_init();
  CURLU *parts = curl_url();
  if (!parts) return CSIO_ENOMEM;
  /* NON_SUPPORT_SCHEME lets "ws" pass, URLENCODE what is not ASCII */
  CURLUcode code = curl_url_set(parts, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE);
  if (!code) code = make_host_ascii(parts);
  int err = code ? code_of(code) : read_scheme(out, parts, plain, secure);
  if (!err) err = read_port(out, parts);
  if (!err) err = read_host(out, parts);
  if (!err) err = read_target(out, parts);
  if (!err) err = read_userinfo(out, parts);
  if (!err) err = read_whole(out, parts);
  curl_url_cleanup(parts);
  if (err) csio__url_free(out);
  return err;
}

int csio__url_parse_any(csio__url *out, const char *text)
{
  int err = csio__url_parse(out, text, "http", "https");
  return err == CSIO_EURL ? csio__url_parse(out, text, "ws", "wss") : err;
}

bool csio__is_address(const char *host)
{
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
  return !uv_ip4_addr(host, 0, &v4) || !uv_ip6_addr(host, 0, &v6);
}

void csio__url_free(csio__url *url)
{
  free(url->whole);
  free(url->host);
  free(url->authority);
  free(url->target);
  free(url->userinfo);
  *url = (csio__url){0};
}
