#include "net/url.h"
#include "base/buffer_internal.h"
#include "loop/descriptors.h"
#include "net/tls_internal.h"

#include <curl/curl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uv.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

#define ALPHANUMERIC "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

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

/* libcurl is lenient: it connects "ws:/host" and "ws:///host" to host, and "ws://a\@b" to b, while browsers
 * connect to a. A URL that others may read differently is refused. */
static bool is_unambiguous(const char *text)
{
  for (const char *c = text; *c; c++)
    if ((unsigned char)*c <= ' ' || *c == 127 || *c == '\\') return false;
  const char *colon = strchr(text, ':');
  return colon && colon[1] == '/' && colon[2] == '/' && colon[3] != '/';
}

/* Converts an international name to ASCII. */
static int convert_host(CURLU *curlu, const char *host)
{
  const size_t start = strlen("http://");
  char *text = NULL, *read = NULL;
  CURLU *alone = curl_url();
  if (!alone) return CSIO_ENOMEM;
  CURLUcode code = curl_url_set(alone, CURLUPART_SCHEME, "http", 0);
  if (!code) code = curl_url_set(alone, CURLUPART_HOST, host, 0);
  /* not the host alone, which libcurl 7.88 leaks; it calls every failure a lack of memory */
  if (!code && curl_url_get(alone, CURLUPART_URL, &text, CURLU_PUNYCODE)) code = CURLUE_MALFORMED_INPUT;
  /* "http://HOST/" is read again: a converted character may have become a "/", or a digit of an address */
  if (!code && text[start + strcspn(text + start, "/?#@:\\%") + 1]) code = CURLUE_MALFORMED_INPUT;
  if (!code) code = curl_url_set(alone, CURLUPART_URL, text, 0);
  if (!code) code = curl_url_get(alone, CURLUPART_HOST, &read, 0);
  if (!code) code = curl_url_set(curlu, CURLUPART_HOST, read, 0);
  curl_free(text);
  curl_free(read);
  curl_url_cleanup(alone);
  return code ? code_of(code) : CSIO_OK;
}

/* libcurl takes the name to be in the encoding of the thread's locale: ASCII, unless the program set one. */
static int convert_host_as_utf8(CURLU *curlu, const char *host)
{
  static const char *const names[] = {"C.UTF-8", "UTF-8", "en_US.UTF-8"}; /* depending on the system */
  locale_t utf8 = (locale_t)0;
  for (size_t i = 0; i < sizeof names / sizeof *names && !utf8; i++)
    utf8 = newlocale(LC_CTYPE_MASK, names[i], (locale_t)0);
  /* a locale is a file, but newlocale does not say why there is none */
  if (!utf8) return csio__has_descriptors(1) ? convert_host(curlu, host) : CSIO_EFILES;
  locale_t before = uselocale(utf8);
  int err = convert_host(curlu, host);
  uselocale(before);
  freelocale(utf8);
  return err;
}

/* A percent-encoded name is read again too: libcurl has not checked whether it is an address. */
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

static int read_host(csio__url *out, char *parts[PARTS])
{
  char *host = parts[HOST], port[8] = "";
  bool v6 = *host == '[';
  const char *zone = csio__or_empty(parts[ZONE]);
  if (zone[strspn(zone, ALPHANUMERIC "-._~")]) return CSIO_EURL; /* RFC 6874, section 2 */
  /* only the last label of a name may be empty */
  if (!v6 && (*host == '.' || strstr(host, "..") || !is_ascii(host))) return CSIO_EURL;
  if (out->port != (out->secure ? 443 : 80)) snprintf(port, sizeof port, ":%u", (unsigned)out->port);
  out->authority = csio__join(host, port);
  if (v6) host[strlen(host) - 1] = '\0';
  out->host = csio__join(host + v6, *zone ? "%" : "", zone);
  return out->host && out->authority ? CSIO_OK : CSIO_ENOMEM;
}

/* A user name with a colon would be read as another name and password. If both are empty, there are none. */
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

/* Not all versions of libcurl report an empty query. */
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

/* By libcurl. */
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

/* --- plain URLs --- */

/* A name that cannot be an address, or an address as libcurl writes it. */
static bool is_plain_host(const char *host)
{
  struct sockaddr_in v4;
  size_t size = strlen(host);
  if (!size || size > 255 || host[size - 1] == '.') return false;
  if (*host >= '0' && *host <= '9') return !uv_ip4_addr(host, 0, &v4);
  return *host != '.' && *host != '-' && !strstr(host, "..");
}

/* The digits behind `colon`; 0 where they are not a port as libcurl writes it. */
static unsigned plain_port(const char *colon, size_t *size)
{
  *size = 1 + strspn(colon + 1, "0123456789");
  unsigned long port = colon[1] == '0' || *size > 6 ? 0 : strtoul(colon + 1, NULL, 10);
  return port <= UINT16_MAX ? (unsigned)port : 0;
}

bool csio__url_read_plain(csio__url *out, const char *text, const char *plain, const char *secure, int *err)
{
  size_t scheme = strcspn(text, ":"), port_size = 0;
  out->secure = !strncmp(text, secure, scheme) && !secure[scheme];
  if (!out->secure && (strncmp(text, plain, scheme) || plain[scheme])) return false;
  if (strncmp(text + scheme, "://", strlen("://"))) return false;
  const char *host = text + scheme + strlen("://");
  size_t host_size = strspn(host, ALPHANUMERIC "-.");
  const char *rest = host + host_size;
  unsigned usual = out->secure ? 443 : 80, port = *rest == ':' ? plain_port(rest, &port_size) : usual;
  rest += port_size;
  if (!port || (*rest && *rest != '/' && *rest != '?')) return false;
  if (rest[strspn(rest, ALPHANUMERIC "-._~/?&=:@+,;!$")] || strstr(rest, "/.")) return false;
  out->port = (uint16_t)port;
  out->has_port = port_size;
  out->host = strndup(host, host_size);
  out->authority = strndup(host, port == usual ? host_size : (size_t)(rest - host));
  out->target = csio__join(*rest == '/' ? "" : "/", rest);
  char *place = strndup(text, (size_t)(rest - text));
  out->whole = place && out->target ? csio__join(place, out->target) : NULL;
  free(place);
  *err = out->host && out->authority && out->whole ? CSIO_OK : CSIO_ENOMEM;
  if (*err || is_plain_host(out->host)) return true;
  csio__url_free(out);
  return false;
}

/* --- any URL --- */

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

bool csio__is_within(csio__text host, csio__text domain)
{
  size_t before = host.size - domain.size;
  if (host.size < domain.size || strncasecmp(host.start + before, domain.start, domain.size)) return false;
  return !before || (host.start[before - 1] == '.' && !csio__is_address(host.start));
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
