/* URLs of requests, WebSockets and proxies: what is accepted can be sent in a request, and is read back
 * the same. */
#include "fuzz.h"

#include "base/text.h"
#include "net/proxy_internal.h"
#include "net/url.h"

static void check_place(const char *host, unsigned port)
{
  MUST(*host && port);
  MUST(csio__is_field_value(host) && !strpbrk(host, " \t/?#@\\") && *host != '.');
  MUST(!strstr(host, "..") || strchr(host, ':')); /* the zone of an IPv6 address may contain dots */
}

static void check_same(const char *text, const char *other)
{
  MUST(!text == !other && (!text || !strcmp(text, other)));
}

/* Both URL readers must agree: a fragment forces the reading by libcurl. */
static void check_by_libcurl(const char *text, const csio__url *plain, const char *http, const char *https)
{
  csio__url read;
  size_t size = strlen(text) + 2;
  char *longer = malloc(size);
  MUST(longer);
  snprintf(longer, size, "%s#", text);
  MUST(!csio__url_parse(&read, longer, http, https));
  check_same(plain->whole, read.whole);
  check_same(plain->host, read.host);
  check_same(plain->authority, read.authority);
  check_same(plain->target, read.target);
  check_same(plain->userinfo, read.userinfo);
  csio__url_free(&read);
  free(longer);
}

static void check_url(const char *text, const char *plain, const char *secure)
{
  csio__url url, again;
  if (csio__url_parse(&url, text, plain, secure)) return;
  MUST(csio__is_field_value(text) && !strpbrk(text, " \t\\"));
  check_place(url.host, url.port);
  MUST(csio__is_field_value(url.authority) && !strpbrk(url.authority, " \t/?#@"));
  MUST(*url.target == '/' && csio__is_field_value(url.target) && !strpbrk(url.target, " \t#"));
  if (!strchr(text, '#')) check_by_libcurl(text, &url, plain, secure);
  MUST(!csio__url_parse(&again, url.whole, plain, secure));
  check_same(url.whole, again.whole);
  check_same(url.host, again.host);
  check_same(url.authority, again.authority);
  check_same(url.target, again.target);
  check_same(url.userinfo, again.userinfo);
  MUST(url.port == again.port && url.secure == again.secure);
  csio__url_free(&url);
  csio__url_free(&again);
}

static void check_proxy(const char *text)
{
  csio_proxy *proxy;
  if (csio_proxy_create(text, &proxy)) return;
  check_place(proxy->host, proxy->port);
  MUST(!proxy->user == !proxy->password);
  csio_proxy_release(proxy);
}

/* The input is a URL; a second line is the list of hosts that bypass the proxy. */
static void check_environment(char *text)
{
  char *list = strchr(text, '\n');
  if (!list) return;
  *list = '\0';
  setenv("no_proxy", list + 1, 1);
  csio_proxy *proxy;
  if (!csio_proxy_from_environment(text, &proxy)) csio_proxy_release(proxy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
  setenv("all_proxy", "socks5://proxy.example", 1);
  char *text = fuzz_text(bytes, size);
  check_url(text, "ws", "wss");
  check_url(text, "http", "https");
  check_proxy(text);
  check_environment(text);
  free(text);
  return 0;
}
