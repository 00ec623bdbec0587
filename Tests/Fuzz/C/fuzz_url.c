/* URLs of requests, WebSockets and proxies: what is accepted can stand in a request, and is read again alike.
 */
#include "fuzz.h"

#include "base/header.h"
#include "net/proxy_internal.h"
#include "net/url.h"

static void check_place(const char *host, unsigned port)
{
  MUST(*host && port);
  MUST(csio__is_field_value(host) && !strpbrk(host, " \t/?#@\\") && *host != '.' && !strstr(host, ".."));
}

static void check_same(const char *text, const char *other)
{
  MUST(!text == !other && (!text || !strcmp(text, other)));
}

static void check_url(const char *text, const char *plain, const char *secure)
{
  csio__url url, again;
  if (csio__url_parse(&url, text, plain, secure)) return;
  MUST(csio__is_field_value(text) && !strpbrk(text, " \t\\"));
  check_place(url.host, url.port);
  MUST(csio__is_field_value(url.authority) && !strpbrk(url.authority, " \t/?#@"));
  MUST(*url.target == '/' && csio__is_field_value(url.target) && !strpbrk(url.target, " \t#"));
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

/* The input is a URL, and with a second line the list of hosts that are reached without a proxy. */
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
