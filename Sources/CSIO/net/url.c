#include "net/url_plain.h"

#include "base/buffer_internal.h"
#include "base/text.h"
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

enum { SCHEME, HOST, ZONE, PORT, PATH, QUERY, USER, PASSWORD, PARTS };

static int code_of(CURLUcode code)
{
  return code == CURLUE_OUT_OF_MEMORY ? CSIO_ENOMEM : CSIO_EURL;
}

/* Fetches a part, which curl_free frees; NULL where the URL has none. */
static int get(CURLU *curlu, CURLUPart part, unsigned flags, char **out)
{
  CURLUcode code = curl_url_get(curlu, part, out, flags);
  if (!code) return CSIO_OK;
  *out = NULL;
  bool absent = code == CURLUE_NO_USER || code == CURLUE_NO_PASSWORD || code == CURLUE_NO_PORT ||
                code == CURLUE_NO_QUERY || code == CURLUE_NO_ZONEID;
  return absent ? CSIO_OK : code_of(code);
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

/* The host of `curlu` becomes that of `text`, "http://HOST/". What an international character stands for may
 * be a "/", or a digit of an address. */
static CURLUcode take_host(CURLU *curlu, CURLU *alone, const char *text)
{
  const char *host = text + strlen("http://");
  char *read = NULL;
  if (host[strcspn(host, "/?#@:\\%") + 1]) return CURLUE_MALFORMED_INPUT;
  CURLUcode code = curl_url_set(alone, CURLUPART_URL, text, 0);
  if (!code) code = curl_url_get(alone, CURLUPART_HOST, &read, 0);
  if (!code) code = curl_url_set(curlu, CURLUPART_HOST, read, 0);
  curl_free(read);
  return code;
}

/* Converts an international name to ASCII. */
static int convert_host(CURLU *curlu, const char *host)
{
  char *text = NULL;
  CURLU *alone = curl_url();
  if (!alone) return CSIO_ENOMEM;
  CURLUcode code = curl_url_set(alone, CURLUPART_SCHEME, "http", 0);
  if (!code) code = curl_url_set(alone, CURLUPART_HOST, host, 0);
  /* not the host alone, which libcurl 7.88 leaks; it calls every failure a lack of memory */
  if (!code && curl_url_get(alone, CURLUPART_URL, &text, CURLU_PUNYCODE)) code = CURLUE_MALFORMED_INPUT;
  if (!code) code = take_host(curlu, alone, text);
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
static int convert_host_as_utf8(CURLU *curlu, const char *host)
{
  locale_t utf8 = utf8_locale();
  /* a locale is a file, but newlocale does not tell why there is none */
  if (!utf8 && !csio__has_descriptors(1)) return CSIO_ESYSTEM;
  locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
  int err = convert_host(curlu, host);
  if (utf8) {
    uselocale(before);
    freelocale(utf8);
  }
  return err;
}

/* A name that was percent-encoded is read again, too: libcurl has not looked whether it is an address. */
static int make_host_ascii(CURLU *curlu, bool encoded)
{
  char *host;
  int err = get(curlu, CURLUPART_HOST, 0, &host);
  if (!err && *host != '[' && strchr(host, '%'))
    err = CSIO_EURL; /* encoded twice */
  else if (!err && !is_ascii(host))
    err = convert_host_as_utf8(curlu, host);
  else if (!err && encoded && *host != '[')
    err = convert_host(curlu, host);
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

static int read_host(csio__url *out, char *parts[PARTS])
{
  char *host = parts[HOST], port[8] = "";
  bool v6 = *host == '[';
  if (!(v6 ? is_zone(csio__or_empty(parts[ZONE])) : is_name(host))) return CSIO_EURL;
  if (out->port != (out->secure ? 443 : 80)) snprintf(port, sizeof port, ":%u", (unsigned)out->port);
  out->authority = csio__join(host, port);
  if (v6) host[strlen(host) - 1] = '\0';
  out->host = csio__join(host + v6, parts[ZONE] ? "%" : "", csio__or_empty(parts[ZONE]));
  return out->host && out->authority ? CSIO_OK : CSIO_ENOMEM;
}

/* A user's name with a colon would be taken for another one with another password. Where both are empty there
 * are none. */
static int read_userinfo(csio__url *out, CURLU *curlu, char *parts[PARTS])
{
  const char *user = csio__or_empty(parts[USER]), *password = csio__or_empty(parts[PASSWORD]);
  if (strchr(user, ':')) return CSIO_EURL;
  if (*user || *password) {
    out->userinfo = csio__join(user, ":", password);
    return out->userinfo ? CSIO_OK : CSIO_ENOMEM;
  }
  curl_url_set(curlu, CURLUPART_USER, NULL, 0);
  curl_url_set(curlu, CURLUPART_PASSWORD, NULL, 0);
  return CSIO_OK;
}

/* libcurl's versions differ in whether they tell of an empty query. */
static int read_whole(csio__url *out, CURLU *curlu, char *parts[PARTS], bool has_query)
{
  char *whole;
  CURLUcode code = curl_url_set(curlu, CURLUPART_FRAGMENT, NULL, 0);
  int err = code ? code_of(code) : get(curlu, CURLUPART_URL, 0, &whole);
  if (err) return err;
  out->target = csio__join(parts[PATH], has_query ? "?" : "", csio__or_empty(parts[QUERY]));
  out->whole = csio__join(whole, has_query && !strchr(whole, '?') ? "?" : "");
  curl_free(whole);
  return out->target && out->whole ? CSIO_OK : CSIO_ENOMEM;
}

static int read_url(csio__url *out, CURLU *curlu, char *parts[PARTS], const char *plain, const char *secure)
{
  static const CURLUPart wanted[PARTS] = {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_ZONEID, CURLUPART_PORT,
      CURLUPART_PATH, CURLUPART_QUERY, CURLUPART_USER, CURLUPART_PASSWORD};
  for (int i = 0; i < PARTS; i++) {
    int err = get(curlu, wanted[i], i >= USER ? CURLU_URLDECODE : 0, &parts[i]);
    if (err) return err;
  }
  out->secure = strcasecmp(parts[SCHEME], secure) == 0;
  if (!out->secure && strcasecmp(parts[SCHEME], plain) != 0) return CSIO_EURL;
  out->has_port = parts[PORT];
  out->port = parts[PORT] ? (uint16_t)strtoul(parts[PORT], NULL, 10) : out->secure ? 443 : 80;
  return out->port ? read_host(out, parts) : CSIO_EURL;
}

/* By libcurl, of whose reading only what is unambiguous is accepted. */
static int read_any(csio__url *out, const char *text, const char *plain, const char *secure)
{
  char *parts[PARTS] = {NULL};
  bool has_query = text[strcspn(text, "?#")] == '?';
  const char *authority = strchr(text, ':') + strlen("://");
  bool encoded = memchr(authority, '%', strcspn(authority, "/?#"));
  CURLU *curlu = curl_url();
  if (!curlu) return CSIO_ENOMEM;
  /* NON_SUPPORT_SCHEME lets "ws" pass, URLENCODE what is not ASCII */
  CURLUcode code = curl_url_set(curlu, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE);
  int err = code ? code_of(code) : make_host_ascii(curlu, encoded);
  if (!err) err = read_url(out, curlu, parts, plain, secure);
  if (!err) err = read_userinfo(out, curlu, parts);
  if (!err) err = read_whole(out, curlu, parts, has_query);
  for (int i = 0; i < PARTS; i++)
    curl_free(parts[i]);
  curl_url_cleanup(curlu);
  return err;
}

int csio__url_parse(csio__url *out, const char *text, const char *plain, const char *secure)
{
  int err;
  *out = (csio__url){0};
  if (!is_unambiguous(text)) return CSIO_EURL;
  csio__curl_global_init();
  if (!csio__url_read_plain(out, text, plain, secure, &err)) err = read_any(out, text, plain, secure);
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
