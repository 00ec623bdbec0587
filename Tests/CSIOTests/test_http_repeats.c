/* No request is sent twice, whatever happens to a kept connection. */
#include "call.h"
#include "certs.h"
#include "tls_settings.h"
#include "proxy_peer.h"

#include <sys/socket.h>

static csio_loop *loop;
static identity self_signed;

/* Answers the first request of a connection, reads the second and closes without an answer, like a server
 * that crashed or whose keep-alive limit has just expired. Requests on later connections are answered. */
static void close_on_second(client *client)
{
  request request;
  for (int i = 0; client_read_request(client, &request); i++) {
    request_free(&request);
    if (i == 1 && client->index == 0) return;
    client_answer(client, 200, strncmp(request.head, "HEAD", 4) ? "fine" : "");
  }
}

/* Only three of its requests arrive if the second is not repeated. */
static void expect_no_repetition(const char *method, size_t size, SSL_CTX *ctx, csio_proxy *proxy)
{
  peer server;
  uint8_t *body = test_bytes(size, 1);
  csio_tls *tls = tls_lenient();
  peer_start(&server, close_on_second, ctx, NULL);
  call pattern = {.loop = loop,
      .method = method,
      .url = peer_url(&server, ctx ? "https" : "http", NULL, "/"),
      .body = size ? body : NULL,
      .body_size = size,
      .tls = tls,
      .proxy = proxy};
  for (int i = 0; i < 3; i++) {
    call call = pattern;
    call_run(&call);
    call_close(&call);
    if (call.error_code != (i == 1 ? CSIO_ELOST : CSIO_OK))
      FAIL("%s gives %s (%s)", method, csio_err_name(call.error_code), call.message);
    if (i == 1) CHECK_CONTAINS(call.message, "was lost");
    CHECK_INT(peer_count(&server, &server.requests), i + 1);
    call_free(&call);
  }
  CHECK_INT(peer_count(&server, &server.accepted), 2);
  csio_tls_release(tls);
  free(body);
  peer_stop(&server);
}

static const char *const methods[] = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"};
enum { METHODS = sizeof methods / sizeof *methods };

static void repeats_no_request(void)
{
  SSL_CTX *ctx = server_context(&self_signed, NULL);
  for (int i = 0; i < METHODS; i++) {
    expect_no_repetition(methods[i], 0, NULL, NULL);
    expect_no_repetition(methods[i], 0, ctx, NULL);
  }
  static const size_t sizes[] = {1, 1000, 300000};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    expect_no_repetition("POST", sizes[i], NULL, NULL);
    expect_no_repetition("POST", sizes[i], ctx, NULL);
  }
  SSL_CTX_free(ctx);
}

static void repeats_no_request_by_proxy(void)
{
  SSL_CTX *ctx = server_context(&self_signed, NULL);
  proxy_plan plan = {0};
  peer server;
  peer_start(&server, http_proxy, NULL, &plan);
  csio_proxy *proxy;
  CHECK_INT(csio_proxy_create(peer_url(&server, "http", NULL, ""), &proxy), CSIO_OK);
  expect_no_repetition("GET", 0, ctx, proxy);
  expect_no_repetition("POST", 1000, ctx, proxy);
  csio_proxy_release(proxy);
  peer_stop(&server);
  SSL_CTX_free(ctx);
}

static void stop_listening(call *call)
{
  peer *server = call->data;
  shutdown(server->listener, SHUT_RDWR);
}

/* What was sent to a server that crashed is lost; that is not the same as a server that was never reached. */
static void loses_requests_to_servers_that_die(void)
{
  peer server;
  peer_start(&server, close_on_second, NULL, NULL);
  call first = {
      .loop = loop, .url = peer_url(&server, "http", NULL, "/"), .on_done = stop_listening, .data = &server};
  call_run(&first);
  call_close(&first);
  CHECK_INT(first.error_code, CSIO_OK);
  call_free(&first);
  call_get_expect_error(loop, first.url, CSIO_ELOST, "was lost");
  call_get_expect_error(loop, first.url, CSIO_ECONNECT, "could not connect");
  peer_stop(&server);
}

static void answer_once_and_complain(client *client)
{
  answer_once(client);
  client_print(client, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

/* The server closes the kept connection before the next request starts, with or without last bytes. */
static void leaves_stale_connections(void)
{
  const script scripts[] = {answer_once, answer_once_and_complain};
  SSL_CTX *ctx = server_context(&self_signed, NULL);
  csio_tls *tls = tls_lenient();
  for (int kind = 0; kind < 4; kind++) {
    bool secure = kind & 1;
    peer server;
    peer_start(&server, scripts[kind >> 1], secure ? ctx : NULL, NULL);
    for (int i = 0; i < 2 * METHODS; i++) {
      call call = {.loop = loop,
          .method = methods[i / 2],
          .url = peer_url(&server, secure ? "https" : "http", NULL, "/"),
          .body = i == 7 ? "body" : NULL, /* of a POST */
          .body_size = 4,
          .tls = tls};
      call_run(&call);
      call_close(&call);
      if (call.error_code) FAIL("%s gives %s", call.method, call.message);
      CHECK_INT(call.status, 200);
      call_free(&call);
      AWAIT(&server.monitor, server.ended == i + 1);
    }
    CHECK_INT(peer_count(&server, &server.requests), 2 * METHODS);
    peer_stop(&server);
  }
  csio_tls_release(tls);
  SSL_CTX_free(ctx);
}

int main(int argc, char **argv)
{
  self_signed = identity_make("server", "DNS:localhost", NULL, -DAY, DAY);
  loop = test_loop();
  RUN(repeats_no_request);
  RUN(repeats_no_request_by_proxy);
  RUN(loses_requests_to_servers_that_die);
  RUN(leaves_stale_connections);
  csio_loop_close(loop);
  identity_free(&self_signed);
}
