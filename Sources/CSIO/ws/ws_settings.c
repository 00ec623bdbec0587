/* What is set on a WebSocket before it connects, and the headers of its request. */
#include "ws/ws_internal.h"

#include "base/header.h"
#include "net/tls_internal.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool belongs_to_handshake(const char *name)
{
  return !strcasecmp(name, "Connection") || !strcasecmp(name, "Upgrade") || csio__is_framing_header(name) ||
         !strncasecmp(name, "Sec-WebSocket-", strlen("Sec-WebSocket-"));
}

static int set_text(char **place, const char *text)
{
  char *copy = text ? strdup(text) : NULL;
  if (text && !copy) return CSIO_ENOMEM;
  free(*place);
  *place = copy;
  return CSIO_OK;
}

static int append_header(csio_ws *ws, const char *name, const char *value)
{
  size_t before = ws->headers.size;
  if (csio__bytes_append(&ws->headers, name, strlen(name)) && csio__bytes_append(&ws->headers, ": ", 2) &&
      csio__bytes_append(&ws->headers, value, strlen(value)) && csio__bytes_append(&ws->headers, "\r\n", 2))
    return CSIO_OK;
  ws->headers.size = before;
  return CSIO_ENOMEM;
}

/* Adds to a list that is terminated once it holds anything. */
static int append_to_list(csio__bytes *list, const char *separator, const char *text)
{
  size_t size = strlen(text) + 1;
  if (!csio__bytes_reserve(list, size + strlen(separator))) return CSIO_ENOMEM;
  if (list->size) {
    list->size--; /* the terminator */
    csio__bytes_append(list, separator, strlen(separator));
  }
  csio__bytes_append(list, text, size);
  return CSIO_OK;
}

int csio_ws_add_header(csio_ws *ws, const char *name, const char *value)
{
  if (ws->state != CSIO__WS_NEW) return CSIO_ESTATE;
  if (!csio__is_token(name) || !csio__is_field_value(value) || belongs_to_handshake(name))
    return CSIO_EINVALID;
  if (!strcasecmp(name, "Cookie")) return append_to_list(&ws->own_cookies, "; ", value);
  if (!strcasecmp(name, "Host")) return set_text(&ws->host_header, value);
  if (!strcasecmp(name, "Proxy-Authorization")) return set_text(&ws->proxy_authorization, value);
  /* the user's own takes the place of what the URL says */
  if (!strcasecmp(name, "Authorization")) {
    free(ws->url.userinfo);
    ws->url.userinfo = NULL;
  }
  return append_header(ws, name, value);
}

int csio_ws_add_protocol(csio_ws *ws, const char *name)
{
  if (ws->state != CSIO__WS_NEW) return CSIO_ESTATE;
  if (!csio__is_token(name)) return CSIO_EINVALID;
  return append_to_list(&ws->protocols, ", ", name);
}

int csio_ws_set_tls(csio_ws *ws, csio_tls *tls)
{
  if (ws->state != CSIO__WS_NEW) return CSIO_ESTATE;
  csio_tls *before = ws->tls;
  ws->tls = csio__tls_use(tls);
  csio_tls_release(before);
  return CSIO_OK;
}

int csio_ws_set_cookies(csio_ws *ws, csio_cookies *cookies)
{
  if (ws->state != CSIO__WS_NEW) return CSIO_ESTATE;
  csio_cookies *before = ws->jar;
  ws->jar = cookies ? csio_cookies_retain(cookies) : NULL;
  csio_cookies_release(before);
  return CSIO_OK;
}

int csio_ws_set_proxy(csio_ws *ws, csio_proxy *proxy)
{
  if (ws->state != CSIO__WS_NEW) return CSIO_ESTATE;
  if (proxy && proxy->kind == CSIO__PROXY_HTTPS) return CSIO_EUNSUPPORTED;
  csio_proxy *before = ws->proxy;
  ws->proxy = csio__proxy_use(proxy);
  csio_proxy_release(before);
  return CSIO_OK;
}

int csio_ws_set_local_address(csio_ws *ws, const char *address)
{
  if (ws->state != CSIO__WS_NEW) return CSIO_ESTATE;
  if (address && !csio__is_address(address)) return CSIO_EINVALID;
  return set_text(&ws->local_address, address);
}

int csio_ws_set_deflate(csio_ws *ws, bool deflate)
{
  if (ws->state != CSIO__WS_NEW) return CSIO_ESTATE;
  ws->deflate = deflate;
  return CSIO_OK;
}

int csio_ws_set_deflate_threshold(csio_ws *ws, size_t bytes)
{
  if (ws->state != CSIO__WS_NEW) return CSIO_ESTATE;
  ws->deflate_threshold = bytes;
  return CSIO_OK;
}

int csio_ws_set_timeout(csio_ws *ws, uint64_t ms)
{
  if (ws->state != CSIO__WS_NEW) return CSIO_ESTATE;
  ws->timeout = ms;
  return CSIO_OK;
}

int csio_ws_set_max_message(csio_ws *ws, size_t bytes)
{
  if (ws->state != CSIO__WS_NEW) return CSIO_ESTATE;
  ws->max_message = bytes;
  return CSIO_OK;
}

/* The URL's user and password as libcurl would send them. */
static int add_authorization(csio_ws *ws)
{
  size_t size = strlen(ws->url.userinfo);
  const char scheme[] = "Basic ";
  if (size > INT32_MAX) return CSIO_EINVALID;
  char *value = malloc(sizeof scheme + (size + 2) / 3 * 4);
  if (!value) return CSIO_ENOMEM;
  memcpy(value, scheme, sizeof scheme);
  EVP_EncodeBlock(
      (unsigned char *)value + sizeof scheme - 1, (const unsigned char *)ws->url.userinfo, (int)size);
  int err = append_header(ws, "Authorization", value);
  free(value);
  return err;
}

static int add_cookies(csio_ws *ws)
{
  csio__bytes cookies = {0};
  const char *own = (const char *)ws->own_cookies.data;
  int err = CSIO_OK;
  if (ws->jar) err = csio__cookies_header(ws->jar, &ws->url, own, csio__cookies_now(), &cookies);
  const char *value = ws->jar ? (const char *)cookies.data : own;
  if (!err && value) err = append_header(ws, "Cookie", value);
  csio__bytes_free(&cookies);
  return err;
}

int csio__ws_complete_request(csio_ws *ws)
{
  int err = ws->url.userinfo ? add_authorization(ws) : CSIO_OK;
  if (!err) err = add_cookies(ws);
  /* without a proxy it is a header like any other */
  if (!err && ws->proxy_authorization && !ws->proxy)
    err = append_header(ws, "Proxy-Authorization", ws->proxy_authorization);
  return err;
}
