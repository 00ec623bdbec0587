#ifndef CSIO_PROXY_INTERNAL_H
#define CSIO_PROXY_INTERNAL_H

#include <csio/proxy.h>

#include <curl/curl.h>
#include <stdatomic.h>

typedef enum csio__proxy_kind {
  CSIO__PROXY_HTTP = CURLPROXY_HTTP,
  CSIO__PROXY_HTTPS = CURLPROXY_HTTPS,
  CSIO__PROXY_SOCKS5 = CURLPROXY_SOCKS5,
  CSIO__PROXY_SOCKS5H = CURLPROXY_SOCKS5_HOSTNAME,
} csio__proxy_kind;

struct csio_proxy {
  atomic_int references;
  atomic_bool used;
  csio__proxy_kind kind;
  char *host; /* a name, or an address without brackets */
  uint16_t port;
  char *name;            /* "HOST port N" */
  char *user, *password; /* both NULL where there is none */
  csio_tls *tls;         /* NULL for the default settings */
};

/* NULL is none. */
static inline bool csio__proxy_speaks_http(const csio_proxy *proxy)
{
  return proxy && (proxy->kind == CSIO__PROXY_HTTP || proxy->kind == CSIO__PROXY_HTTPS);
}
static inline bool csio__proxy_speaks_tls(const csio_proxy *proxy)
{
  return proxy && proxy->kind == CSIO__PROXY_HTTPS;
}

/* Marks the proxy as constant and retains it; NULL is allowed. */
void csio__proxy_use(csio_proxy *proxy);

#endif
