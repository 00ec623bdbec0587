#include "net/route.h"

#include "base/header.h"

#include <csio/error.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In bytes; no name that can be resolved is longer. */
enum { MAX_NAME = 255 };

static curl_socket_t open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
  (void)purpose;
  csio__transfer *transfer = data;
  const csio__route *route = &transfer->route;
  if (transfer->may_connect && !transfer->may_connect(transfer)) return CURL_SOCKET_BAD;
  if (route->proxy && route->proxy->kind != CSIO__PROXY_SOCKS5 && strlen(route->host) > MAX_NAME) {
    transfer->socket_errno = ENAMETOOLONG;
    return CURL_SOCKET_BAD;
  }
  curl_socket_t created = csio__curl_open_socket(transfer, address);
  transfer->connected = transfer->bare = true;
  transfer->socket_errno = created == CURL_SOCKET_BAD ? errno : 0;
  return created;
}

static int prepare_proxy(csio__transfer *transfer)
{
  CURL *easy = transfer->easy;
  const csio_proxy *proxy = transfer->route.proxy;
  if (!proxy) /* not even the environment's */
    return curl_easy_setopt(easy, CURLOPT_PROXY, "") ? CSIO_ENOMEM : CSIO_OK;
  char host[300];
  bool v6 = strchr(proxy->host, ':');
  snprintf(host, sizeof host, v6 ? "[%s]" : "%s", proxy->host);
  curl_easy_setopt(easy, CURLOPT_PROXYPORT, (long)proxy->port);
  curl_easy_setopt(easy, CURLOPT_PROXYTYPE, (long)proxy->kind);
  curl_easy_setopt(easy, CURLOPT_SOCKS5_AUTH, (long)CURLAUTH_BASIC);
  curl_easy_setopt(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
  if (curl_easy_setopt(easy, CURLOPT_PROXY, host) ||
      curl_easy_setopt(easy, CURLOPT_NOPROXY, "") || /* nor the environment's exceptions */
      curl_easy_setopt(easy, CURLOPT_PROXYUSERNAME, proxy->user) ||
      curl_easy_setopt(easy, CURLOPT_PROXYPASSWORD, proxy->password))
    return CSIO_ENOMEM;
  if (!transfer->route.proxy_authorization) return CSIO_OK;
  curl_slist_free_all(transfer->proxy_headers); /* of an earlier hop */
  transfer->proxy_headers = NULL;
  int err =
      csio__add_header(&transfer->proxy_headers, "Proxy-Authorization", transfer->route.proxy_authorization);
  curl_easy_setopt(easy, CURLOPT_PROXYHEADER, transfer->proxy_headers);
  return err;
}

static int prepare_local_address(csio__transfer *transfer)
{
  char interface[80];
  const char *address = transfer->route.local_address;
  if (!address) return CSIO_OK;
  snprintf(interface, sizeof interface, "host!%s", address);
  if (curl_easy_setopt(transfer->easy, CURLOPT_INTERFACE, interface)) return CSIO_ENOMEM;
  long family = strchr(address, ':') ? CURL_IPRESOLVE_V6 : CURL_IPRESOLVE_V4;
  curl_easy_setopt(transfer->easy, CURLOPT_IPRESOLVE, family);
  return CSIO_OK;
}

int csio__route_prepare(csio__transfer *transfer)
{
  CURL *easy = transfer->easy;
  uint64_t timeout = transfer->route.timeout;
  /* 0 is libcurl's own default, and not no limit */
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, csio__curl_ms(timeout ? timeout : UINT64_MAX));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* one under resolution can be ended without waiting */
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
  int err = prepare_proxy(transfer);
  return err ? err : prepare_local_address(transfer);
}

/* Errors quote it: what could steer a terminal, or is no UTF-8, does not get there. */
static void read_status_line(csio__transfer *transfer, const char *line, size_t size)
{
  unsigned status = 0;
  char *text = transfer->proxy_line;
  snprintf(text, sizeof transfer->proxy_line, "%.*s", (int)size, line);
  text[strcspn(text, "\r\n")] = '\0';
  for (char *c = text; *c; c++)
    if (*c < ' ' || *c > '~') *c = '?';
  sscanf(text, "HTTP/1.%*1[01] %3u", &status);
  transfer->proxy_status = (int)status;
}

size_t csio__route_hear(csio__transfer *transfer, const char *line, size_t size)
{
  int kind = transfer->proxy_status / 100;
  bool begins = !transfer->proxy_line[0] || (kind == 1 && size > 5 && !memcmp(line, "HTTP/", 5));
  if (begins) read_status_line(transfer, line, size);
  transfer->proxy_head += size;
  kind = transfer->proxy_status / 100;
  bool ends = *line == '\r' || *line == '\n';
  if (!kind || transfer->proxy_head > CSIO__MAX_ANSWER_HEAD || (ends && kind > 2))
    return CURL_WRITEFUNC_ERROR;
  return size;
}

void csio__transfer_free(csio__transfer *transfer)
{
  if (transfer->easy) curl_easy_cleanup(transfer->easy);
  curl_slist_free_all(transfer->proxy_headers);
}
