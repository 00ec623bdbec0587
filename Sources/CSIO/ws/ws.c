#include "ws/ws_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
  DEFAULT_MAX_MESSAGE = 64 << 20,
  DEFAULT_DEFLATE_THRESHOLD = 1024,
  CLOSE_TIMEOUT = 5000, /* ms */
};

/* --- the end --- */

static void ws_free(csio_ws *ws)
{
  csio__ws_drop_queue(ws);
  csio__bytes_free(&ws->message);
  csio__inflater_free(ws->inflater);
  csio__bytes_free(&ws->headers);
  csio__bytes_free(&ws->protocols);
  csio__bytes_free(&ws->cookies);
  csio__bytes_free(&ws->own_cookies);
  csio__url_free(&ws->url);
  csio_tls_release(ws->tls);
  csio_proxy_release(ws->proxy);
  csio_cookies_release(ws->jar);
  free(ws->local_address);
  free(ws->host_header);
  free(ws->extensions);
  free(ws->protocol);
  free(ws);
}

void csio__ws_unpend(csio_ws *ws)
{
  if (--ws->pending) return;
  if (ws->on_closed) ws->on_closed(ws->data);
  csio__handle_closed(&ws->handle);
  ws_free(ws);
}

static void on_timer_closed(uv_handle_t *timer)
{
  csio__ws_unpend(timer->data);
}

static void end(csio_ws *ws)
{
  ws->state = CSIO__WS_ENDED;
  uv_timer_stop(&ws->timer);
  csio__ws_drop_queue(ws);
  if (ws->dial) csio__dial_cancel(ws->dial);
  ws->dial = NULL;
  if (ws->conn && !ws->lingering) csio__conn_kill(ws->conn);
}

void csio__ws_fail(csio_ws *ws, const csio__failure *failure)
{
  if (ws->state == CSIO__WS_ENDED) return;
  end(ws);
  if (ws->on_error) ws->on_error(ws, &failure->error, ws->data);
}

void csio__ws_closed(csio_ws *ws, uint16_t code, const char *reason, size_t size)
{
  if (ws->state == CSIO__WS_ENDED) return;
  end(ws);
  if (ws->on_close) ws->on_close(ws, code, reason, size, ws->data);
}

void csio_ws_close(csio_ws *ws, void (*on_closed)(void *data))
{
  csio__handle_closing(&ws->handle);
  ws->on_closed = on_closed;
  end(ws);
  uv_close((uv_handle_t *)&ws->timer, on_timer_closed);
}

static void ws_abort(csio__handle *handle)
{
  csio_ws *ws = (csio_ws *)handle;
  csio__failure failure;
  csio__failure_code(&failure, CSIO_ECANCELLED);
  ws->lingering = false;
  if (ws->state != CSIO__WS_NEW) csio__ws_fail(ws, &failure);
  if (handle->link) csio_ws_close(ws, NULL);
}

/* --- the beginning --- */

static void on_timer(uv_timer_t *timer)
{
  csio_ws *ws = timer->data;
  if (ws->state == CSIO__WS_CONNECTING) {
    csio__failure failure;
    csio__failure_set(&failure, CSIO_ETIMEOUT, "connecting to %s port %u took longer than %llu ms",
        ws->url.host, (unsigned)ws->url.port, (unsigned long long)ws->timeout);
    csio__ws_fail(ws, &failure);
  } else if (ws->close_received) {
    csio__ws_closed(ws, ws->close_code, ws->close_reason, ws->close_size);
  } else {
    csio__ws_closed(ws, 1006, "", 0);
  }
}

void csio__ws_start_timer(csio_ws *ws, uint64_t ms)
{
  csio__timer_start(&ws->timer, on_timer, ms);
}

int csio_ws_create(csio_loop *loop, const char *url, csio_ws **out)
{
  csio_ws *ws = calloc(1, sizeof *ws);
  if (!ws) return CSIO_ENOMEM;
  int err = csio__url_parse(&ws->url, url, "ws", "wss");
  if (!err) err = csio__handle_open(&ws->handle, loop, ws_abort);
  if (err) {
    csio__url_free(&ws->url);
    free(ws);
    return err;
  }
  uv_timer_init(&loop->uv, &ws->timer);
  ws->timer.data = ws;
  ws->last = &ws->first;
  ws->drained = true;
  ws->pending = 1; /* the timer */
  ws->max_message = DEFAULT_MAX_MESSAGE;
  ws->deflate_threshold = DEFAULT_DEFLATE_THRESHOLD;
  *out = ws;
  return CSIO_OK;
}

void csio_ws_set_data(csio_ws *ws, void *data)
{
  ws->data = data;
}

void csio_ws_on_open(csio_ws *ws, csio_ws_open_cb callback)
{
  ws->on_open = callback;
}

void csio_ws_on_message(csio_ws *ws, csio_ws_message_cb callback)
{
  ws->on_message = callback;
}

void csio_ws_on_drain(csio_ws *ws, csio_ws_drain_cb callback)
{
  ws->on_drain = callback;
}

void csio_ws_on_close(csio_ws *ws, csio_ws_close_cb callback)
{
  ws->on_close = callback;
}

void csio_ws_on_error(csio_ws *ws, csio_ws_error_cb callback)
{
  ws->on_error = callback;
}

int csio_ws_connect(csio_ws *ws)
{
  if (ws->state != CSIO__WS_NEW) return CSIO_ESTATE;
  if (ws->url.secure && !ws->tls && !csio__tls_default(ws->handle.loop)) return CSIO_ENOMEM;
  int err = csio__ws_complete_request(ws);
  if (!err) err = csio__ws_dial(ws);
  if (err) return err;
  ws->state = CSIO__WS_CONNECTING;
  if (ws->timeout) csio__ws_start_timer(ws, ws->timeout);
  return CSIO_OK;
}

/* --- what there is to see --- */

const char *csio__ws_host(const csio_ws *ws)
{
  return ws->url.host;
}

size_t csio_ws_queued_bytes(const csio_ws *ws)
{
  return ws->queued + ws->in_lws;
}

const char *csio_ws_protocol(const csio_ws *ws)
{
  return ws->protocol ? ws->protocol : "";
}

const char *csio_ws_header(const csio_ws *ws, const char *name, size_t index)
{
  if (!strcasecmp(name, "Sec-WebSocket-Extensions")) return index ? NULL : ws->extensions;
  if (strcasecmp(name, "Set-Cookie")) return NULL;
  const char *cookie = (const char *)ws->cookies.data;
  const char *end = cookie + ws->cookies.size;
  while (cookie != end && index--)
    cookie += strlen(cookie) + 1;
  return cookie == end ? NULL : cookie;
}

/* --- the closing handshake --- */

static bool may_be_sent(unsigned code)
{
  if (code >= 1000 && code <= 1014) return code < 1004 || code > 1006;
  return code >= 3000 && code <= 4999;
}

int csio_ws_shutdown(csio_ws *ws, uint16_t code, const char *reason)
{
  size_t size = reason ? strlen(reason) : 0;
  if (ws->state != CSIO__WS_OPEN) return CSIO_ESTATE;
  if (size > CSIO__WS_MAX_REASON || (code ? !may_be_sent(code) : size > 0)) return CSIO_EINVALID;
  ws->close_code = code;
  ws->close_size = (uint8_t)size;
  if (size) memcpy(ws->close_reason, reason, size);
  ws->state = CSIO__WS_CLOSING;
  csio__ws_start_timer(ws, CLOSE_TIMEOUT);
  lws_callback_on_writable(ws->conn->wsi);
  return CSIO_OK;
}
