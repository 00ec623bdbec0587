#include "socket.h"

static void on_open(csio_ws *ws, void *data)
{
  socket_test *socket = data;
  CHECK(csio_loop_is_current(socket->loop) && ws == socket->ws);
  if (socket->on_open) socket->on_open(socket);
  CHANGE(&socket->monitor, socket->opened++);
}

static void on_message(csio_ws *ws, csio_ws_type type, const uint8_t *bytes, size_t size, void *data)
{
  socket_test *socket = data;
  (void)ws;
  uint8_t *copy = malloc(size + 1);
  CHECK(copy);
  if (size) memcpy(copy, bytes, size);
  copy[size] = '\0';
  if (socket->on_message) socket->on_message(socket, type, copy, size);
  pthread_mutex_lock(&socket->monitor.lock);
  free(socket->message);
  socket->message = copy;
  socket->size = size;
  socket->type = type;
  socket->bytes += size;
  socket->messages++;
  pthread_cond_broadcast(&socket->monitor.changed);
  pthread_mutex_unlock(&socket->monitor.lock);
}

static void on_drain(csio_ws *ws, void *data)
{
  socket_test *socket = data;
  (void)ws;
  if (socket->on_drain) socket->on_drain(socket);
  CHANGE(&socket->monitor, socket->drains++);
}

static void on_close(csio_ws *ws, uint16_t code, const char *reason, size_t size, void *data)
{
  socket_test *socket = data;
  (void)ws;
  CHECK(size < sizeof socket->reason);
  memcpy(socket->reason, reason, size);
  socket->reason[size] = '\0';
  socket->code = code;
  if (socket->on_end) socket->on_end(socket);
  CHANGE(&socket->monitor, socket->closes++);
}

static void on_error(csio_ws *ws, const csio_error *error, void *data)
{
  socket_test *socket = data;
  size_t size;
  const uint8_t *body = csio_ws_body(ws, &size);
  snprintf(socket->body, sizeof socket->body, "%.*s", (int)size, (const char *)body);
  socket->error_code = error->code;
  socket->error_status = error->http_status;
  snprintf(socket->error, sizeof socket->error, "%s", error->message);
  if (socket->on_end) socket->on_end(socket);
  CHANGE(&socket->monitor, socket->errors++);
}

static void start(void *arg)
{
  socket_test *socket = arg;
  socket->err = csio_ws_create(socket->loop, socket->url, &socket->ws);
  if (socket->err) {
    socket->ws = NULL;
    return;
  }
  csio_ws *ws = socket->ws;
  csio_ws_set_data(ws, socket);
  csio_ws_on_open(ws, on_open);
  csio_ws_on_message(ws, on_message);
  csio_ws_on_drain(ws, on_drain);
  csio_ws_on_close(ws, on_close);
  csio_ws_on_error(ws, on_error);
  CHECK_INT(csio_ws_set_tls(ws, socket->tls), CSIO_OK);
  CHECK_INT(csio_ws_set_cookies(ws, socket->cookies), CSIO_OK);
  CHECK_INT(csio_ws_set_proxy(ws, socket->proxy), CSIO_OK);
  CHECK_INT(csio_ws_set_local_address(ws, socket->local_address), CSIO_OK);
  CHECK_INT(csio_ws_set_deflate(ws, socket->deflate), CSIO_OK);
  if (socket->deflate_threshold)
    CHECK_INT(csio_ws_set_deflate_threshold(ws, socket->deflate_threshold), CSIO_OK);
  CHECK_INT(csio_ws_set_timeout(ws, socket->timeout), CSIO_OK);
  if (socket->max_message) CHECK_INT(csio_ws_set_max_message(ws, socket->max_message), CSIO_OK);
  for (int i = 0; i < 3 && socket->protocols[i]; i++)
    CHECK_INT(csio_ws_add_protocol(ws, socket->protocols[i]), CSIO_OK);
  for (int i = 0; i < 4 && socket->headers[i][0]; i++)
    CHECK_INT(csio_ws_add_header(ws, socket->headers[i][0], socket->headers[i][1]), CSIO_OK);
  socket->err = csio_ws_connect(ws);
}

void socket_start(socket_test *socket)
{
  socket->monitor = (monitor)MONITOR;
  on_loop(socket->loop, start, socket);
  if (!socket->may_not_start) CHECK_INT(socket->err, CSIO_OK);
}

void socket_end_early(csio_loop *loop, const char *url)
{
  socket_test closed = {.loop = loop, .url = url};
  socket_start(&closed);
  socket_close(&closed);
  CHECK_INT(closed.errors, 0);
  csio_loop *own = test_loop();
  socket_test left = {.loop = own, .url = url};
  socket_start(&left);
  csio_loop_close(own);
  CHECK_INT(left.error_code, CSIO_ECANCELLED);
}

void socket_open(socket_test *socket)
{
  socket_start(socket);
  AWAIT(&socket->monitor, socket->opened || socket->errors || socket->closes);
  if (!socket->opened) FAIL("%s did not open: %s", socket->url, socket->error);
}

void socket_expect_error(socket_test *socket, int code, const char *part)
{
  socket_start(socket);
  socket_await_end(socket);
  socket_close(socket);
  if (socket->error_code != code)
    FAIL("%s gives %s (%s), not %s", socket->url, csio_err_name(socket->error_code), socket->error,
        csio_err_name(code));
  CHECK_CONTAINS(socket->error, part);
}

typedef struct sending {
  socket_test *socket;
  csio_ws_type type;
  const void *bytes;
  size_t size;
} sending;

static void send_now(void *arg)
{
  sending *sending = arg;
  CHECK_INT(csio_ws_send(sending->socket->ws, sending->type, sending->bytes, sending->size), CSIO_OK);
}

void socket_send(socket_test *socket, csio_ws_type type, const void *bytes, size_t size)
{
  sending sending = {socket, type, bytes, size};
  on_loop(socket->loop, send_now, &sending);
}

static void shut_down(void *arg)
{
  socket_test *socket = arg;
  CHECK_INT(csio_ws_shutdown(socket->ws, (uint16_t)socket->code, socket->reason), CSIO_OK);
}

void socket_shutdown(socket_test *socket, uint16_t code, const char *reason)
{
  socket->code = code;
  snprintf(socket->reason, sizeof socket->reason, "%s", reason);
  on_loop(socket->loop, shut_down, socket);
}

void socket_await_end(socket_test *socket)
{
  AWAIT(&socket->monitor, socket->closes || socket->errors);
}

static void on_gone(void *data)
{
  socket_test *socket = data;
  CHANGE(&socket->monitor, socket->gone++);
}

void socket_close_inside(socket_test *socket)
{
  csio_ws_close(socket->ws, on_gone);
  socket->ws = NULL;
}

static void close_unless_closed(void *arg)
{
  socket_test *socket = arg;
  if (socket->ws) socket_close_inside(socket);
}

void socket_close(socket_test *socket)
{
  on_loop(socket->loop, close_unless_closed, socket);
  AWAIT(&socket->monitor, socket->gone);
  free(socket->message);
  socket->message = NULL;
}
