#include "net/url.h"

#include "net/curl_multi.h"

#include <csio/error.h>

#include <curl/curl.h>
#include <locale.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif
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

/* libcurl is lenient: it connects "ws:/host" and "ws:///host" to host, and "ws://a\@b" to b where browsers
 * connect to a. A URL that others may read in another way is refused. */
static bool is_unambiguous(const char *text)
{
  for (const char *c = text; *c; c++)
    if ((unsigned char)*c <= ' ' || *c == 127 || *c == '\\') return false;
  const char *colon = strchr(text, ':');
  return colon && colon[1] == '/' && colon[2] == '/' && colon[3] != '/';
}

/* The host of `parts` becomes that of `text`, "http://HOST/". What an international character stands for may
 * be a "/", or a digit of an address. */
static CURLUcode take_host(CURLU *parts, CURLU *alone, const char *text)
{
  const char *host = text + strlen("http://");
  char *read = NULL;
  if (host[strcspn(host, "/?#@:\\") + 1]) return CURLUE_MALFORMED_INPUT;
  CURLUcode code = curl_url_set(alone, CURLUPART_URL, text, 0);
  if (!code) code = curl_url_get(alone, CURLUPART_HOST, &read, 0);
  if (!code) code = curl_url_set(parts, CURLUPART_HOST, read, 0);
  curl_free(read);
  return code;
}

/* Converts an international name to ASCII. */
static CURLUcode convert_host(CURLU *parts, const char *host)
{
  char *text = NULL;
  CURLU *alone = curl_url();
  if (!alone) return CURLUE_OUT_OF_MEMORY;
  CURLUcode code = curl_url_set(alone, CURLUPART_SCHEME, "http", 0);
  if (!code) code = curl_url_set(alone, CURLUPART_HOST, host, 0);
  /* not the host alone, which libcurl 7.88 leaks; it calls a name that cannot be converted a lack of memory
   */
  if (!code && curl_url_get(alone, CURLUPART_URL, &text, CURLU_PUNYCODE)) code = CURLUE_MALFORMED_INPUT;
  if (!code) code = take_host(parts, alone, text);
  curl_free(text);
  curl_url_cleanup(alone);
  return code;
}

/* A locale whose encoding is UTF-8; their names depend on the system. */
static locale_t utf8_locale(void)
{
  static const char *const names[] = {"C.UTF-8", "UTF-8", "en_US.UTF-8"};
  locale_t found = (locale_t)0;
  for (size_t i = 0; i < sizeof names / sizeof *names && !found; i++)
    found = newlocale(LC_CTYPE_MASK, names[i], (locale_t)0);
  return found;
}

/* libcurl takes the name to be in the encoding of the thread's locale, which is ASCII unless the program has
 * set one. */
static CURLUcode convert_host_as_utf8(CURLU *parts, const char *host)
{
  locale_t utf8 = utf8_locale();
  locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
  CURLUcode code = convert_host(parts, host);
  if (!utf8) return code;
  uselocale(before);
  freelocale(utf8);
  return code;
}

static CURLUcode make_host_ascii(CURLU *parts)
{
  char *host = NULL;
  CURLUcode code = curl_url_get(parts, CURLUPART_HOST, &host, 0);
  if (!code && !is_ascii(host)) code = convert_host_as_utf8(parts, host);
  curl_free(host);
  return code;
}

/* No label of a name is empty, but for the last one. What is still encoded was encoded twice. */
static bool is_name(const char *host)
{
  return *host != '.' && !strstr(host, "..") && !strchr(host, '%') && is_ascii(host);
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
  if (!v6 && !is_name(host)) {
    curl_free(host);
    return CSIO_EURL;
  }
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

/* libcurl's versions differ in whether they tell of an empty query. */
static int read_target(csio__url *out, CURLU *parts, bool has_query)
{
  char *path, *query = NULL;
  CURLUcode code = curl_url_get(parts, CURLUPART_PATH, &path, 0);
  if (code) return code_of(code);
  code = curl_url_get(parts, CURLUPART_QUERY, &query, 0);
  if (!code || code == CURLUE_NO_QUERY) out->target = join(3, path, has_query ? "?" : "", query ? query : "");
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
  if (code == CURLUE_NO_PASSWORD) code = CURLUE_OK;
  /* a user's name with a colon would be taken for another one with another password */
  if (!code && strchr(user, ':')) code = CURLUE_MALFORMED_INPUT;
  bool empty = !code && !*user && !(password && *password);
  if (!code && !empty) out->userinfo = join(3, user, ":", password ? password : "");
  curl_free(user);
  curl_free(password);
  if (code) return code_of(code);
  return out->userinfo || empty ? CSIO_OK : CSIO_ENOMEM;
}

static int read_whole(csio__url *out, CURLU *parts, bool has_query)
{
  char *whole;
  CURLUcode code = curl_url_set(parts, CURLUPART_FRAGMENT, NULL, 0);
  if (!code) code = curl_url_get(parts, CURLUPART_URL, &whole, 0);
  if (code) return code_of(code);
  out->whole = join(2, whole, has_query && !strchr(whole, '?') ? "?" : "");
  curl_free(whole);
  return out->whole ? CSIO_OK : CSIO_ENOMEM;
}

int csio__url_parse(csio__url *out, const char *text, const char *plain, const char *secure)
{
  *out = (csio__url){0};
  if (!is_unambiguous(text)) return CSIO_EURL;
  bool has_query = text[strcspn(text, "?#")] == '?';
  csio__curl_global_init();
  CURLU *parts = curl_url();
  if (!parts) return CSIO_ENOMEM;
  /* NON_SUPPORT_SCHEME lets "ws" pass, URLENCODE what is not ASCII */
  CURLUcode code = curl_url_set(parts, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE);
  if (!code) code = make_host_ascii(parts);
  int err = code ? code_of(code) : read_scheme(out, parts, plain, secure);
  if (!err) err = read_port(out, parts);
  if (!err) err = read_host(out, parts);
  if (!err) err = read_target(out, parts, has_query);
  if (!err) err = read_userinfo(out, parts);
  if (!err) err = read_whole(out, parts, has_query);
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
