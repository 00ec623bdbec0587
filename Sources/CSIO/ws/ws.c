#include "ws/ws_internal.h"
#include "base/text.h"
#include "net/failure.h"

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

CSIO__COMMON_SETTERS(ws)
CSIO__VALUE_SETTER(ws, set_max_message, size_t, request.max_size)
CSIO__VALUE_SETTER(ws, set_deflate, bool, deflate)
CSIO__VALUE_SETTER(ws, set_deflate_threshold, size_t, deflate_threshold)

static int append_headers(const csio_ws *ws, csio__bytes *out)
{
  struct curl_slist *lines = NULL;
  int err = csio__request_lines(&ws->request, &lines);
  for (const struct curl_slist *line = lines; line && !err; line = line->next) {
    if (csio__line_value(line->data, "Host")) continue;
    line->data[strcspn(line->data, ":;")] = ':'; /* "name;" is libcurl's form of an empty value */
    if (!csio__bytes_append_texts(out, line->data, "\r\n")) err = CSIO_ENOMEM;
  }
  curl_slist_free_all(lines);
  return err;
}

static void on_ready(void *owner)
{
  csio_ws *ws = owner;
  const char *host = csio__request_header(&ws->request, "Host");
  csio__bytes headers = {0}, text = {0};
  const csio__handshake_request request = {
      .target = ws->request.url.target,
      .host_header = host ? host : ws->request.url.authority,
      .headers = &headers,
      .protocols = (const char *)ws->protocols.data,
      .deflate = ws->deflate,
  };
  int err = append_headers(ws, &headers);
  if (!err) err = csio__handshake_begin(&ws->handshake, &request, &text);
  if (!err) err = csio__ws_send_bytes(ws, text.data, text.size, 0);
  csio__bytes_free(&headers);
  csio__bytes_free(&text);
  if (err) csio__ws_fail_with(ws, err);
}

static void take_cookies(csio_ws *ws)
{
  const char *cookie;
  for (size_t i = 0; (cookie = csio_ws_header(ws, "Set-Cookie", i)); i++)
    csio__request_take_cookie(&ws->request, cookie);
}

static void refused(csio_ws *ws)
{
  csio__failure failure;
  take_cookies(ws);
  csio__handshake_end_body(&ws->handshake);
  csio__failure_set(&failure, CSIO_EHANDSHAKE, "%s refused the WebSocket handshake with HTTP status %u",
      ws->request.url.host, ws->handshake.status);
  failure.error.http_status = (int)ws->handshake.status;
  csio__ws_fail(ws, &failure);
}

static void on_timer(uv_timer_t *timer)
{
  csio_ws *ws = timer->data;
  if (ws->handshake.state == CSIO__HANDSHAKE_REFUSED) {
    refused(ws);
  } else if (ws->state == CSIO__WS_CONNECTING) {
    csio__failure failure;
    const csio__route route = csio__request_route(&ws->request);
    csio__connecting_took(&route, ws->request.timeout, &failure);
    csio__ws_fail(ws, &failure);
  } else {
    csio__ws_closed(ws, 1006, NULL, 0);
  }
}

/* The body of a refusal is worth a short wait. */
static void read_body(csio_ws *ws, const uint8_t *bytes, size_t size)
{
  enum { MOST = 500 }; /* ms */
  bool limited = uv_is_active((uv_handle_t *)&ws->timer) && uv_timer_get_due_in(&ws->timer) <= MOST;
  if (csio__handshake_read_body(&ws->handshake, bytes, size))
    refused(ws);
  else if (!limited)
    csio__timer_start(&ws->timer, on_timer, MOST);
}

/* Reads the answer to the handshake; true once it accepts. */
static bool read_answer(csio_ws *ws, const uint8_t **bytes, size_t *size)
{
  const char *host = ws->request.url.host;
  csio__failure failure;
  switch (csio__handshake_read(&ws->handshake, bytes, size)) {
  case CSIO__HANDSHAKE_WAITING:
    return false;
  case CSIO__HANDSHAKE_ACCEPTED:
    uv_timer_stop(&ws->timer);
    take_cookies(ws);
    csio__request_opened(&ws->request);
    csio__frame_reader_init(&ws->reader, ws->request.max_size, &ws->handshake.terms);
    ws->state = CSIO__WS_OPEN;
    if (ws->on_open) ws->on_open(ws, ws->data);
    return true;
  case CSIO__HANDSHAKE_REFUSED:
    read_body(ws, *bytes, *size);
    return false;
  case CSIO__HANDSHAKE_BROKEN:
    csio__failure_set(&failure, CSIO_EPROTOCOL, "%s did not answer the WebSocket handshake correctly: %s",
        host, ws->handshake.fault);
    failure.error.http_status = ws->handshake.status;
    break;
  case CSIO__HANDSHAKE_TOO_LARGE:
    csio__head_too_large(&failure, host);
    break;
  case CSIO__HANDSHAKE_NO_MEMORY:
    csio__failure_code(&failure, CSIO_ENOMEM);
    break;
  }
  csio__ws_fail(ws, &failure);
  return false;
}

static void on_bytes(void *owner, const uint8_t *bytes, size_t size)
{
  csio_ws *ws = owner;
  if (ws->state != CSIO__WS_CONNECTING || read_answer(ws, &bytes, &size)) csio__ws_receive(ws, bytes, size);
}

static void on_writable(void *owner)
{
  csio_ws *ws = owner;
  if (ws->resuming) csio__ws_go_on(ws, false);
  csio__ws_flush(ws);
}

static void on_end(void *owner)
{
  csio_ws *ws = owner;
  csio__failure failure;
  if (ws->kept.size) csio__ws_go_on(ws, true);
  bool connecting = ws->state == CSIO__WS_CONNECTING;
  if (connecting && ws->handshake.state == CSIO__HANDSHAKE_REFUSED) {
    refused(ws);
    return;
  }
  if (!csio__carrier_tls_failure(ws->carrier, ws->request.url.host, &failure))
    csio__failure_set(&failure, CSIO_ELOST,
        "the connection to %s port %u was lost during the WebSocket handshake", ws->request.url.host,
        (unsigned)ws->request.url.port);
  if (connecting || failure.error.code == CSIO_ENOMEM)
    csio__ws_fail(ws, &failure);
  else
    csio__ws_closed(ws, 1006, NULL, 0);
}

static void on_gone(void *owner)
{
  csio_ws *ws = owner;
  ws->carrier = NULL;
  csio__ws_unpend(ws);
}

static const csio__carrier_calls calls = {on_ready, on_bytes, on_writable, on_end, on_gone};

static void on_dialed(void *data, int socket, const csio__failure *failed)
{
  csio_ws *ws = data;
  csio__failure failure;
  ws->dial = NULL;
  ws->pending++;
  if (!failed && !csio__carrier_open(ws->handle.loop, socket, &ws->request.url, ws->request.tls, &calls, ws,
                     &ws->carrier, &failure))
    return;
  ws->pending--;
  csio__ws_fail(ws, failed ? failed : &failure);
}

int csio_ws_connect(csio_ws *ws)
{
  if (ws->state != CSIO__WS_NEW) return CSIO_ESTATE;
  const csio__route route = csio__request_route(&ws->request);
  int err = csio__dial_start(ws->handle.loop, &route, on_dialed, ws, &ws->dial);
  if (err) return err;
  ws->state = CSIO__WS_CONNECTING;
  ws->request.started = true;
  if (ws->request.timeout) csio__timer_start(&ws->timer, on_timer, ws->request.timeout);
  return CSIO_OK;
}

/* --- the answer --- */

size_t csio_ws_queued_bytes(const csio_ws *ws)
{
  return ws->queued + ws->batched + ws->rest.payload;
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
