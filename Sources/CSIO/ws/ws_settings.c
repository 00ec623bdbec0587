/* What is set on a WebSocket before it connects. */
#include "ws/ws_internal.h"

#include "base/header.h"

#include <string.h>
#include <strings.h>

int csio_ws_add_header(csio_ws *ws, const char *name, const char *value)
{
  static const char prefix[] = "Sec-WebSocket-";
  if (!strcasecmp(name, "Connection") || !strcasecmp(name, "Upgrade") ||
      !strncasecmp(name, prefix, strlen(prefix)))
    return CSIO_EINVALID;
  return csio__request_add_header(&ws->request, name, value);
}

int csio_ws_add_protocol(csio_ws *ws, const char *name)
{
  csio__bytes *list = &ws->protocols;
  size_t size = strlen(name) + 1;
  if (ws->request.started) return CSIO_ESTATE;
  if (!csio__is_token(name)) return CSIO_EINVALID;
  if (!csio__bytes_reserve(list, size + 2)) return CSIO_ENOMEM;
  if (list->size) memcpy(list->data + list->size++ - 1, ", ", 2); /* in the terminator's place */
  csio__bytes_append(list, name, size);
  return CSIO_OK;
}

int csio_ws_set_tls(csio_ws *ws, csio_tls *tls)
{
  return csio__request_set_tls(&ws->request, tls);
}

int csio_ws_set_cookies(csio_ws *ws, csio_cookies *cookies)
{
  return csio__request_set_cookies(&ws->request, cookies);
}

int csio_ws_set_proxy(csio_ws *ws, csio_proxy *proxy)
{
  bool https = proxy && proxy->kind == CSIO__PROXY_HTTPS;
  return https ? CSIO_EUNSUPPORTED : csio__request_set_proxy(&ws->request, proxy);
}

int csio_ws_set_local_address(csio_ws *ws, const char *address)
{
  return csio__request_set_local_address(&ws->request, address);
}

int csio_ws_set_timeout(csio_ws *ws, uint64_t ms)
{
  return csio__request_set_timeout(&ws->request, ms);
}

int csio_ws_set_max_message(csio_ws *ws, size_t bytes)
{
  return csio__request_set_max_size(&ws->request, bytes);
}

int csio_ws_set_deflate(csio_ws *ws, bool deflate)
{
  if (ws->request.started) return CSIO_ESTATE;
  ws->deflate = deflate;
  return CSIO_OK;
}

int csio_ws_set_deflate_threshold(csio_ws *ws, size_t bytes)
{
  if (ws->request.started) return CSIO_ESTATE;
  ws->deflate_threshold = bytes;
  return CSIO_OK;
}
