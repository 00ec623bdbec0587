#include "both_transports.h"
#include "call.h"
#include "net/proxy_internal.h"
#include "socket.h"
#include "ws_peer.h"

void both_serve(client *client)
{
  request *request = malloc(sizeof *request);
  CHECK(request);
  while (client_read_request(client, request)) {
    request_free(request);
    CHECK(!strstr(request->head, "Proxy-"));
    if (!strstr(request->head, "Upgrade: websocket")) {
      client_answer(client, 200, "from the server");
      continue;
    }
    ws_answer(client, request->head, "");
    ws_echo_frames(client);
    break;
  }
  free(request);
}

static void expect_by_http(call *call, bool tunnelled, int code, int status, const char *part)
{
  call_run(call);
  call_close(call);
  if (call->error_code != code)
    FAIL("HTTP gives %s (%s), not %s", csio_err_name(call->error_code), call->message, csio_err_name(code));
  if (code) {
    CHECK_CONTAINS(call->message, part);
    CHECK_INT(call->error_status, status);
  } else if (tunnelled) {
    CHECK_STRING((char *)call->answer, "from the server");
  } else {
    CHECK_CONTAINS((char *)call->answer, "GET http://"); /* the proxy got the absolute URL */
  }
  call_free(call);
}

static void expect_by_websocket(socket_test *socket, int code, int status, const char *part)
{
  enum { SIZE = 1 << 20 };
  if (code) {
    socket_expect_error(socket, code, part);
    CHECK_INT(socket->error_status, status);
    return;
  }
  socket_open(socket);
  uint8_t *bytes = test_bytes(SIZE, 3);
  socket_send(socket, CSIO_WS_BINARY, bytes, SIZE);
  AWAIT(&socket->monitor, socket->messages || socket->errors || socket->closes);
  CHECK_INT(socket->size, SIZE);
  CHECK(!memcmp(socket->message, bytes, SIZE));
  free(bytes);
  socket_shutdown(socket, 1000, "");
  socket_await_end(socket);
  CHECK_INT(socket->code, 1000);
  socket_close(socket);
}

void both_expect(csio_loop *loop, const peer *server, bool secure, const char *host, csio_tls *tls,
    csio_proxy *proxy, int code, int status, const char *part)
{
  call call = {.loop = loop,
      .url = peer_url(server, secure ? "https" : "http", host, "/"),
      .tls = tls,
      .proxy = proxy,
      .header_name = "X-Secret",
      .header_value = "1"};
  expect_by_http(&call, secure || !proxy || proxy->kind >= CSIO__PROXY_SOCKS5, code, status, part);
  if (proxy && proxy->kind == CSIO__PROXY_HTTPS) return;
  socket_test socket = {.loop = loop,
      .url = peer_url(server, secure ? "wss" : "ws", host, "/"),
      .tls = tls,
      .proxy = proxy,
      .headers = {{"X-Secret", "1"}}};
  expect_by_websocket(&socket, code, status, part);
}

void both_expect_tls(
    csio_loop *loop, SSL_CTX *server_tls, const char *host, csio_tls *tls, int code, const char *part)
{
  peer server;
  peer_start(&server, both_serve, server_tls, NULL);
  both_expect(loop, &server, true, host, tls, NULL, code, 0, part);
  peer_stop(&server);
  csio_tls_release(tls);
  SSL_CTX_free(server_tls);
}
