/* From csio_ws_connect to on_open: the connection, the handshake. */
#include "ws/ws_internal.h"

#include "net/failure.h"

#include <csio/error.h>

#include <string.h>
#include <unistd.h>

/* --- the handshake --- */

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
  for (size_t i = 0;
      ws->request.cookies && (cookie = csio__handshake_header(&ws->handshake, "Set-Cookie", i)); i++)
    csio__request_take_cookie(&ws->request, cookie);
}

static void opened(csio_ws *ws)
{
  uv_timer_stop(&ws->timer);
  take_cookies(ws);
  csio__request_opened(&ws->request);
  csio__frame_reader_init(&ws->reader, ws->request.max_size, &ws->handshake.terms);
  ws->state = CSIO__WS_OPEN;
  if (ws->on_open) ws->on_open(ws, ws->data);
}

void csio__ws_refused(csio_ws *ws)
{
  csio__failure failure;
  take_cookies(ws);
  csio__handshake_end_body(&ws->handshake);
  csio__failure_set(&failure, CSIO_EHANDSHAKE, "%s refused the WebSocket handshake with HTTP status %u",
      ws->request.url.host, ws->handshake.status);
  failure.error.http_status = (int)ws->handshake.status;
  csio__ws_fail(ws, &failure);
}

static void on_body_late(uv_timer_t *timer)
{
  csio__ws_refused(timer->data);
}

/* What the server says besides is worth a short wait. */
static void read_body(csio_ws *ws, const uint8_t *bytes, size_t size)
{
  enum { MOST = 500 }; /* ms */
  bool limited = uv_is_active((uv_handle_t *)&ws->timer) && uv_timer_get_due_in(&ws->timer) <= MOST;
  if (csio__handshake_read_body(&ws->handshake, bytes, size))
    csio__ws_refused(ws);
  else if (!limited)
    csio__timer_start(&ws->timer, on_body_late, MOST);
}

/* Reads the answer to the handshake; whether it has come in whole, and accepts. */
static bool read_answer(csio_ws *ws, const uint8_t **bytes, size_t *size)
{
  const char *host = ws->request.url.host;
  csio__failure failure;
  switch (csio__handshake_read(&ws->handshake, bytes, size)) {
  case CSIO__HANDSHAKE_WAITING:
    return false;
  case CSIO__HANDSHAKE_ACCEPTED:
    opened(ws);
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

/* --- the connection --- */

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
    csio__ws_refused(ws);
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
  if (failed) {
    csio__ws_fail(ws, failed);
    return;
  }
  const csio__url *url = &ws->request.url;
  csio_tls *tls = NULL;
  int err = url->secure ? csio__tls_or_default(ws->request.tls, &tls) : CSIO_OK;
  if (err) {
    close(socket);
    csio__ws_fail_with(ws, err);
    return;
  }
  ws->pending++;
  if (!csio__carrier_open(
          ws->handle.loop, socket, tls, url->host, url->port, &calls, ws, &ws->carrier, &failure))
    return;
  ws->pending--;
  csio__ws_fail(ws, &failure);
}

int csio__ws_dial(csio_ws *ws)
{
  const csio__route route = csio__request_route(&ws->request);
  return csio__dial_start(ws->handle.loop, &route, on_dialed, ws, &ws->dial);
}
