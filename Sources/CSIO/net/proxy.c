#include "net/proxy_internal.h"

#include "base/buffer_internal.h"
#include "net/tls_internal.h"
#include "net/url.h"

#include <csio/error.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
  const char *scheme;
  uint16_t port;
} kinds[] = {
    [CSIO__PROXY_HTTP] = {"http", 80},
    [CSIO__PROXY_HTTPS] = {"https", 443},
    [CSIO__PROXY_SOCKS5] = {"socks5", 1080},
    [CSIO__PROXY_SOCKS5H] = {"socks5h", 1080},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

/* In bytes; no name that can be resolved is longer. */
enum { MAX_HOST = 255 };

/* Takes the host and the credentials out of `url`. */
static int fill(csio_proxy *proxy, csio__url *url)
{
  proxy->port = url->has_port ? url->port : kinds[proxy->kind].port;
  proxy->host = url->host;
  url->host = NULL;
  if (strlen(proxy->host) > MAX_HOST) return CSIO_EURL;
  if (!url->userinfo) return CSIO_OK;
  char *colon = strchr(url->userinfo, ':');
  proxy->password = strdup(colon + 1);
  *colon = '\0';
  proxy->user = url->userinfo;
  url->userinfo = NULL;
  return proxy->password ? CSIO_OK : CSIO_ENOMEM;
}

static int parse(csio_proxy *proxy, const char *text)
{
  size_t length = strcspn(text, ":");
  for (int kind = 0; kind < KINDS; kind++) {
    const char *scheme = kinds[kind].scheme;
    if (strlen(scheme) != length || strncasecmp(text, scheme, length)) continue;
    csio__url url;
    int err = csio__url_parse(&url, text, scheme, "https");
    if (err) return err;
    proxy->kind = (csio__proxy_kind)kind;
    err = fill(proxy, &url);
    csio__url_free(&url);
    return err;
  }
  return CSIO_EUNSUPPORTED;
}

static int parse_without_scheme(csio_proxy *proxy, const char *text)
{
  char *whole = csio__join("http://", text);
  int err = whole ? parse(proxy, whole) : CSIO_ENOMEM;
  free(whole);
  return err;
}

int csio_proxy_create(const char *url, csio_proxy **out)
{
  csio_proxy *proxy = calloc(1, sizeof *proxy);
  if (!proxy) return CSIO_ENOMEM;
  atomic_init(&proxy->references, 1);
  atomic_init(&proxy->used, false);
  int err = strstr(url, "://") ? parse(proxy, url) : parse_without_scheme(proxy, url);
  if (err)
    csio_proxy_release(proxy);
  else
    *out = proxy;
  return err;
}

csio_proxy *csio_proxy_retain(csio_proxy *proxy)
{
  atomic_fetch_add(&proxy->references, 1);
  return proxy;
}

void csio_proxy_release(csio_proxy *proxy)
{
  if (!proxy || atomic_fetch_sub(&proxy->references, 1) > 1) return;
  csio_tls_release(proxy->tls);
  free(proxy->host);
  free(proxy->user);
  free(proxy->password);
  free(proxy);
}

int csio_proxy_set_tls(csio_proxy *proxy, csio_tls *tls)
{
  if (atomic_load(&proxy->used)) return CSIO_ESTATE;
  csio_tls *before = proxy->tls;
  proxy->tls = csio__tls_use(tls);
  csio_tls_release(before);
  return CSIO_OK;
}

csio_proxy *csio__proxy_use(csio_proxy *proxy)
{
  if (!proxy) return NULL;
  atomic_store(&proxy->used, true);
  return csio_proxy_retain(proxy);
}
