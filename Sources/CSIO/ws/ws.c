#include "ws/ws_internal.h"

#include "base/header.h"

#include <csio/error.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
  DEFAULT_MAX_MESSAGE = 64 << 20,
  DEFAULT_DEFLATE_THRESHOLD = 1024,
  DEFAULT_TIMEOUT = 60 * 1000, /* ms, as the next one */
  CLOSE_TIMEOUT = 5000,
};

/* --- the end --- */

static void on_timer_closed(uv_handle_t *timer)
{
  csio__ws_unpend(timer->data);
}

void csio_ws_close(csio_ws *ws, void (*on_closed)(void *data))
{
  csio__handle_closing(&ws->handle, on_closed);
  csio__ws_end(ws);
  uv_close((uv_handle_t *)&ws->timer, on_timer_closed);
}

static void ws_abort(csio__handle *handle)
{
  csio_ws *ws = (csio_ws *)handle;
  if (ws->state != CSIO__WS_NEW) csio__ws_fail_with(ws, CSIO_ECANCELLED);
  if (handle->link) csio_ws_close(ws, NULL);
}

/* --- the beginning --- */

static void on_timer(uv_timer_t *timer)
{
  csio_ws *ws = timer->data;
  if (ws->handshake.state == CSIO__HANDSHAKE_REFUSED) {
    csio__ws_refused(ws);
  } else if (ws->state == CSIO__WS_CONNECTING) {
    csio__failure failure;
    csio__failure_set(&failure, CSIO_ETIMEOUT, "connecting to %s port %u took longer than %llu ms",
        ws->request.url.host, (unsigned)ws->request.url.port, (unsigned long long)ws->request.timeout);
    csio__ws_fail(ws, &failure);
  } else {
    csio__ws_closed(ws, 1006, NULL, 0);
  }
}

int csio_ws_create(csio_loop *loop, const char *url, csio_ws **out)
{
  csio_ws *ws = calloc(1, sizeof *ws);
  if (!ws) return CSIO_ENOMEM;
  int err = csio__url_parse(&ws->request.url, url, "ws", "wss");
  if (!err) err = csio__handle_open(&ws->handle, loop, ws_abort);
  if (err) {
    csio__request_free(&ws->request);
    free(ws);
    return err;
  }
  uv_timer_init(&loop->uv, &ws->timer);
  ws->timer.data = ws;
  ws->last = &ws->first;
  ws->drained = true;
  ws->pending = 1; /* the timer */
  ws->request.timeout = DEFAULT_TIMEOUT;
  ws->request.max_size = DEFAULT_MAX_MESSAGE;
  ws->deflate_threshold = DEFAULT_DEFLATE_THRESHOLD;
  *out = ws;
  return CSIO_OK;
}

void csio_ws_set_data(csio_ws *ws, void *data)
{
  ws->data = data;
}

#define CALLBACK_SETTER(event)                                                                               \
  void csio_ws_on_##event(csio_ws *ws, csio_ws_##event##_cb callback)                                        \
  {                                                                                                          \
    ws->on_##event = callback;                                                                               \
  }
CALLBACK_SETTER(open)
CALLBACK_SETTER(message)
CALLBACK_SETTER(pong)
CALLBACK_SETTER(drain)
CALLBACK_SETTER(close)
CALLBACK_SETTER(error)

/* --- settings --- */

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
  if (ws->request.started) return CSIO_ESTATE;
  if (!csio__is_token(name)) return CSIO_EINVALID;
  return csio__bytes_append_texts(list, list->size ? ", " : "", name) ? CSIO_OK : CSIO_ENOMEM;
}

int csio_ws_set_proxy(csio_ws *ws, csio_proxy *proxy)
{
  return csio__proxy_speaks_tls(proxy) ? CSIO_EUNSUPPORTED : csio__request_set_proxy(&ws->request, proxy);
}

CSIO__REQUEST_SETTER(ws, set_tls, csio_tls *)
CSIO__REQUEST_SETTER(ws, set_cookies, csio_cookies *)
CSIO__REQUEST_SETTER(ws, set_local_address, const char *)
CSIO__VALUE_SETTER(ws, set_timeout, uint64_t, request.timeout)
CSIO__VALUE_SETTER(ws, set_max_message, size_t, request.max_size)
CSIO__VALUE_SETTER(ws, set_deflate, bool, deflate)
CSIO__VALUE_SETTER(ws, set_deflate_threshold, size_t, deflate_threshold)

/* --- connecting --- */

int csio_ws_connect(csio_ws *ws)
{
  if (ws->state != CSIO__WS_NEW) return CSIO_ESTATE;
  int err = csio__ws_dial(ws);
  if (err) return err;
  ws->state = CSIO__WS_CONNECTING;
  ws->request.started = true;
  if (ws->request.timeout) csio__timer_start(&ws->timer, on_timer, ws->request.timeout);
  return CSIO_OK;
}

/* --- what there is to see --- */

size_t csio_ws_queued_bytes(const csio_ws *ws)
{
  return ws->queued + ws->rest.payload;
}

const char *csio_ws_header(const csio_ws *ws, const char *name, size_t index)
{
  return csio__handshake_header(&ws->handshake, name, index);
}

const uint8_t *csio_ws_body(const csio_ws *ws, size_t *size)
{
  return csio__handshake_body(&ws->handshake, size);
}

const char *csio_ws_protocol(const csio_ws *ws)
{
  const char *protocol = csio_ws_header(ws, "Sec-WebSocket-Protocol", 0);
  return protocol ? protocol : "";
}

/* --- the closing handshake --- */

int csio_ws_shutdown(csio_ws *ws, uint16_t code, const char *reason)
{
  size_t size = reason ? strlen(reason) : 0;
  if (ws->state != CSIO__WS_OPEN) return CSIO_ESTATE;
  if (size > CSIO__WS_MAX_REASON || (code ? !csio__is_close_code(code) : size > 0)) return CSIO_EINVALID;
  ws->close_code = code;
  if (size) csio__bytes_append(&ws->close_reason, reason, size); /* or the frame goes without it */
  ws->state = CSIO__WS_CLOSING;
  csio__timer_start(&ws->timer, on_timer, CLOSE_TIMEOUT);
  csio_ws_read_start(ws);
  csio__carrier_send_last(ws->carrier);
  return CSIO_OK;
}
