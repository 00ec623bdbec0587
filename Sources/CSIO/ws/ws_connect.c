/* From csio_ws_connect to on_open: the connection, the handshake. */
#include "ws/ws_internal.h"

#include <stdlib.h>
#include <string.h>

/* --- the connection --- */

static void on_dialed(void *data, int socket, const csio__failure *failed)
{
  csio_ws *ws = data;
  csio_loop *loop = ws->handle.loop;
  ws->dial = NULL;
  if (failed) {
    csio__ws_fail(ws, failed);
    return;
  }
  csio__lws_target target = {
      .secure = ws->url.secure,
      .host = ws->url.host,
      .protocols = ws->protocols.size ? (const char *)ws->protocols.data : NULL,
      .tls = ws->tls ? ws->tls : csio__tls_default(loop),
  };
  csio__failure failure;
  ws->pending++;
  if (!csio__lws_connect(ws, loop, &target, socket, &ws->conn, &failure)) return;
  ws->pending--;
  csio__ws_fail(ws, &failure);
}

static void on_dial_gone(void *data)
{
  csio__ws_unpend(data);
}

int csio__ws_dial(csio_ws *ws)
{
  csio__dial_target target = {
      .host = ws->url.host,
      .port = ws->url.port,
      .local_address = ws->local_address,
      .proxy = ws->proxy,
      .timeout = ws->timeout,
  };
  int err = csio__dial_start(ws->handle.loop, &target, on_dialed, on_dial_gone, ws, &ws->dial);
  if (!err) ws->pending++;
  return err;
}

/* --- the answer --- */

/* A header's value; `*out` stays NULL where there is none. */
static int copy_header(struct lws *wsi, enum lws_token_indexes token, char **out)
{
  int size = lws_hdr_total_length(wsi, token) + 1;
  if (size == 1) return CSIO_OK;
  char *text = malloc((size_t)size);
  if (!text) return CSIO_ENOMEM;
  if (lws_hdr_copy(wsi, text, size, token) < 0)
    free(text);
  else
    *out = text;
  return CSIO_OK;
}

/* The answer's cookies, for csio_ws_header and for the jar. */
static int take_cookies(csio_ws *ws, struct lws *wsi)
{
  int size;
  for (int i = 0; (size = lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_SET_COOKIE, i)) > 0; i++) {
    csio__bytes *cookies = &ws->cookies;
    if (!csio__bytes_reserve(cookies, (size_t)size + 1)) return CSIO_ENOMEM;
    char *into = (char *)cookies->data + cookies->size;
    if (lws_hdr_copy_fragment(wsi, into, size + 1, WSI_TOKEN_HTTP_SET_COOKIE, i) < 0) return CSIO_EPROTOCOL;
    size_t blank = strspn(into, " \t"); /* of all but the first, libwebsockets leaves some */
    memmove(into, into + blank, strlen(into + blank) + 1);
    cookies->size += strlen(into) + 1;
    /* one that the jar refuses is no failure of the WebSocket */
    if (ws->jar) csio__cookies_store(ws->jar, &ws->url, into, csio__cookies_now());
  }
  return CSIO_OK;
}

/* What libwebsockets calls a protocol error, by the beginning of its words. */
static bool is_protocol_error(const char *text, size_t size)
{
  static const char *const beginnings[] = {"HS:", "problems parsing", "ws protocol"};
  for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
    size_t length = strlen(beginnings[i]);
    if (size >= length && !memcmp(text, beginnings[i], length)) return true;
  }
  return false;
}

void csio__ws_connect_failed(csio__conn *conn, const char *text, size_t size)
{
  csio_ws *ws = conn->ws;
  bool expected = conn->dead;
  conn->dead = true;
  ws->conn = NULL;
  if (expected || ws->state != CSIO__WS_CONNECTING) return;
  const char *host = ws->url.host;
  csio__tls_session *session = csio__conn_tls(conn);
  csio__failure failure;
  unsigned status = conn->wsi ? lws_http_client_http_response(conn->wsi) : 0;
  if (status && status != 101) {
    take_cookies(ws, conn->wsi);
    csio__failure_set(
        &failure, CSIO_EHANDSHAKE, "%s refused the WebSocket handshake with HTTP status %u", host, status);
    failure.error.http_status = (int)status;
  } else if (session && csio__tls_failure(session, host, &failure)) {
    ; /* in its words */
  } else if (session && !is_protocol_error(text, size) &&
             csio__tls_lacks_certificate(session, host, &failure)) {
    ; /* in its words */
  } else if (session && !conn->asked) {
    csio__failure_set(&failure, CSIO_ETLS, "the TLS handshake with %s failed: the connection was lost", host);
  } else if (is_protocol_error(text, size)) {
    csio__failure_set(&failure, CSIO_EPROTOCOL, "%s did not answer the WebSocket handshake correctly: %.*s",
        host, (int)size, text);
    failure.error.http_status = (int)status;
  } else {
    csio__failure_set(&failure, CSIO_ELOST,
        "the connection to %s port %u was lost during the WebSocket handshake", host, (unsigned)ws->url.port);
  }
  csio__ws_fail(ws, &failure);
}

/* --- the handshake --- */

/* libwebsockets has written its request from the start of the shared buffer up to `*end`, with `room` left
 * before a reserve of 12 bytes. It cuts long paths and host names, so its first lines are replaced by our
 * own; what it wrote of the handshake itself stays. */
int csio__ws_write_handshake(csio__conn *conn, char **end, size_t room)
{
  static const char first_line[] = "GET / HTTP/1.1\r\n";
  const size_t reserve = 12;
  csio_ws *ws = conn->ws;
  char *start = *end + room + reserve - CSIO__LWS_SHARED_BUFFER;
  char *rest = memcmp(start, first_line, strlen(first_line)) ? NULL : strstr(start, "\r\nUpgrade:");
  csio__bytes request = {0};
  const char *host = ws->host_header ? ws->host_header : ws->url.authority;
  const struct {
    const void *text;
    size_t size;
  } parts[] = {
      {"GET ", 4},
      {ws->url.target, strlen(ws->url.target)},
      {" HTTP/1.1\r\nHost: ", 17},
      {host, strlen(host)},
      {"\r\n", 2},
      {ws->headers.data, ws->headers.size},
      {rest ? rest + 2 : NULL, rest ? (size_t)(*end - rest - 2) : 0},
  };
  bool whole = rest;
  for (size_t i = 0; whole && i < sizeof parts / sizeof *parts; i++)
    whole = csio__bytes_append(&request, parts[i].text, parts[i].size);
  if (whole && request.size + reserve <= CSIO__LWS_SHARED_BUFFER) {
    memcpy(start, request.data, request.size);
    *end = start + request.size;
    conn->asked = true;
  } else {
    csio__failure failure;
    csio__failure_code(&failure, rest ? CSIO_ENOMEM : CSIO_EUNSUPPORTED);
    csio__ws_fail(ws, &failure);
  }
  csio__bytes_free(&request);
  return !conn->asked;
}

bool csio__ws_extend(csio__conn *conn)
{
  csio_ws *ws = conn->ws;
  if (!ws->deflate || ws->extended) return false; /* csio__ws_read_answer then refuses the answer */
  ws->extended = true;
  return true;
}

int csio__ws_read_answer(csio__conn *conn)
{
  csio_ws *ws = conn->ws;
  int err = copy_header(conn->wsi, WSI_TOKEN_PROTOCOL, &ws->protocol);
  if (!err) err = copy_header(conn->wsi, WSI_TOKEN_EXTENSIONS, &ws->extensions);
  if (!err) err = take_cookies(ws, conn->wsi);
  if (err == CSIO_ENOMEM) {
    csio__failure failure;
    csio__failure_code(&failure, err);
    csio__ws_fail(ws, &failure);
  }
  if (err) return -1;
  bool understood = csio__deflate_read_terms(ws->extensions, &ws->deflate_terms);
  return understood && ws->deflate_terms.accepted <= ws->deflate ? 0 : -1;
}

void csio__ws_opened(csio__conn *conn)
{
  csio_ws *ws = conn->ws;
  if (ws->state != CSIO__WS_CONNECTING) return;
  uv_timer_stop(&ws->timer);
  ws->state = CSIO__WS_OPEN;
  if (ws->on_open) ws->on_open(ws, ws->data);
}
