#include "net/url.h"

#include "base/buffer_internal.h"
#include "loop/descriptors.h"
#include "net/curl_multi.h"

#include <csio/error.h>

#include <curl/curl.h>
#include <locale.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <uv.h>

static int code_of(CURLUcode code)
{
  return code == CURLUE_OUT_OF_MEMORY ? CSIO_ENOMEM : CSIO_EURL;
}

/* Fetches a part, which curl_free frees; NULL where the URL has none. */
static int get(CURLU *parts, CURLUPart part, unsigned flags, char **out)
{
  CURLUcode code = curl_url_get(parts, part, out, flags);
  if (!code) return CSIO_OK;
  *out = NULL;
  bool absent = code == CURLUE_NO_USER || code == CURLUE_NO_PASSWORD || code == CURLUE_NO_PORT ||
                code == CURLUE_NO_QUERY || code == CURLUE_NO_ZONEID;
  return absent ? CSIO_OK : code_of(code);
}

static int read_scheme(csio__url *out, CURLU *parts, const char *plain, const char *secure)
{
  char *scheme;
  int err = get(parts, CURLUPART_SCHEME, 0, &scheme);
  if (err) return err;
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
  if (host[strcspn(host, "/?#@:\\%") + 1]) return CURLUE_MALFORMED_INPUT;
  CURLUcode code = curl_url_set(alone, CURLUPART_URL, text, 0);
  if (!code) code = curl_url_get(alone, CURLUPART_HOST, &read, 0);
  if (!code) code = curl_url_set(parts, CURLUPART_HOST, read, 0);
  curl_free(read);
  return code;
}

/* Converts an international name to ASCII. */
static int convert_host(CURLU *parts, const char *host)
{
  char *text = NULL;
  CURLU *alone = curl_url();
  if (!alone) return CSIO_ENOMEM;
  CURLUcode code = curl_url_set(alone, CURLUPART_SCHEME, "http", 0);
  if (!code) code = curl_url_set(alone, CURLUPART_HOST, host, 0);
  /* not the host alone, which libcurl 7.88 leaks; it calls every failure a lack of memory */
  if (!code && curl_url_get(alone, CURLUPART_URL, &text, CURLU_PUNYCODE)) code = CURLUE_MALFORMED_INPUT;
  if (!code) code = take_host(parts, alone, text);
  curl_free(text);
  curl_url_cleanup(alone);
  return code ? code_of(code) : CSIO_OK;
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
static int convert_host_as_utf8(CURLU *parts, const char *host)
{
  locale_t utf8 = utf8_locale();
  /* a locale is a file, but newlocale does not tell why there is none */
  if (!utf8 && !csio__has_descriptors(1)) return CSIO_ESYSTEM;
  locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
  int err = convert_host(parts, host);
  if (utf8) {
    uselocale(before);
    freelocale(utf8);
  }
  return err;
}

/* A name that was percent-encoded is read again, too: libcurl has not looked whether it is an address. */
static int make_host_ascii(CURLU *parts, bool encoded)
{
  char *host;
  int err = get(parts, CURLUPART_HOST, 0, &host);
  if (!err && *host != '[' && strchr(host, '%'))
    err = CSIO_EURL; /* encoded twice */
  else if (!err && !is_ascii(host))
    err = convert_host_as_utf8(parts, host);
  else if (!err && encoded && *host != '[')
    err = convert_host(parts, host);
  curl_free(host);
  return err;
}

/* No label of a name is empty, but for the last one. */
static bool is_name(const char *host)
{
  return *host != '.' && !strstr(host, "..") && is_ascii(host);
}

/* The zone of a scoped IPv6 address (RFC 6874, section 2), of which libcurl takes any character but a few. */
static bool is_zone(const char *text)
{
  static const char unreserved[] = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  return !text[strspn(text, unreserved)];
}

static int read_host(csio__url *out, CURLU *parts)
{
  char *host, *zone = NULL, port[8] = "";
  int err = get(parts, CURLUPART_HOST, 0, &host);
  if (!err) err = get(parts, CURLUPART_ZONEID, 0, &zone);
  bool v6 = !err && *host == '[';
  if (!err && !(v6 ? !zone || is_zone(zone) : is_name(host))) err = CSIO_EURL;
  if (!err) {
    if (out->port != (out->secure ? 443 : 80)) snprintf(port, sizeof port, ":%u", (unsigned)out->port);
    out->authority = csio__join(host, port);
    if (v6) host[strlen(host) - 1] = '\0';
    out->host = csio__join(host + v6, zone ? "%" : "", zone ? zone : "");
    if (!out->host || !out->authority) err = CSIO_ENOMEM;
  }
  curl_free(zone);
  curl_free(host);
  return err;
}

static int read_port(csio__url *out, CURLU *parts)
{
  char *port;
  int err = get(parts, CURLUPART_PORT, 0, &port);
  if (err) return err;
  out->has_port = port;
  out->port = port ? (uint16_t)strtoul(port, NULL, 10) : out->secure ? 443 : 80;
  curl_free(port);
  return out->port ? CSIO_OK : CSIO_EURL;
}

/* libcurl's versions differ in whether they tell of an empty query. */
static int read_target(csio__url *out, CURLU *parts, bool has_query)
{
  char *path, *query = NULL;
  int err = get(parts, CURLUPART_PATH, 0, &path);
  if (!err) err = get(parts, CURLUPART_QUERY, 0, &query);
  if (!err) out->target = csio__join(path, has_query ? "?" : "", query ? query : "");
  curl_free(path);
  curl_free(query);
  return err || out->target ? err : CSIO_ENOMEM;
}

/* A user's name with a colon would be taken for another one with another password. Where both are empty there
 * are none. */
static int read_userinfo(csio__url *out, CURLU *parts)
{
  char *user, *password = NULL;
  int err = get(parts, CURLUPART_USER, CURLU_URLDECODE, &user);
  if (!err) err = get(parts, CURLUPART_PASSWORD, CURLU_URLDECODE, &password);
  if (!err && user && strchr(user, ':')) err = CSIO_EURL;
  if (!err && ((user && *user) || (password && *password))) {
    out->userinfo = csio__join(user ? user : "", ":", password ? password : "");
    if (!out->userinfo) err = CSIO_ENOMEM;
  } else if (!err) {
    curl_url_set(parts, CURLUPART_USER, NULL, 0);
    curl_url_set(parts, CURLUPART_PASSWORD, NULL, 0);
  }
  curl_free(user);
  curl_free(password);
  return err;
}

static int read_whole(csio__url *out, CURLU *parts, bool has_query)
{
  char *whole;
  CURLUcode code = curl_url_set(parts, CURLUPART_FRAGMENT, NULL, 0);
  int err = code ? code_of(code) : get(parts, CURLUPART_URL, 0, &whole);
  if (err) return err;
  out->whole = csio__join(whole, has_query && !strchr(whole, '?') ? "?" : "");
  curl_free(whole);
  return out->whole ? CSIO_OK : CSIO_ENOMEM;
}

int csio__url_parse(csio__url *out, const char *text, const char *plain, const char *secure)
{
  *out = (csio__url){0};
  if (!is_unambiguous(text)) return CSIO_EURL;
  bool has_query = text[strcspn(text, "?#")] == '?';
  const char *authority = strchr(text, ':') + strlen("://");
  bool encoded = memchr(authority, '%', strcspn(authority, "/?#"));
  csio__curl_global_init();
  CURLU *parts = curl_url();
  if (!parts) return CSIO_ENOMEM;
  /* NON_SUPPORT_SCHEME lets "ws" pass, URLENCODE what is not ASCII */
  CURLUcode code = curl_url_set(parts, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE);
  int err = code ? code_of(code) : make_host_ascii(parts, encoded);
  if (!err) err = read_scheme(out, parts, plain, secure);
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

bool csio__is_within(const char *host, size_t length, const char *domain, size_t size)
{
  if (length < size || strncasecmp(host + length - size, domain, size)) return false;
  return length == size || (host[length - size - 1] == '.' && !csio__is_address(host));
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
