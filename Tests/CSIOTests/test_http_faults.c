/* Requests that fail: because of the server, the network, or cancellation. */
#include "call.h"
#include "certs.h"
#include "tls_settings.h"
#include "peer.h"

static csio_loop *loop;

/* Runs a GET against a server with this script. */
static void expect_error_from(script script, int code, const char *part)
{
  peer server;
  peer_start(&server, script, NULL, NULL);
  call_get_expect_error(loop, peer_url(&server, "http", NULL, "/"), code, part);
  peer_stop(&server);
}

static void names_the_refused_port(void)
{
  char url[64], message[64];
  unsigned port = free_port();
  snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
  snprintf(message, sizeof message, "could not connect to 127.0.0.1 port %u: Connection refused", port);
  call_get_expect_error(loop, url, CSIO_ECONNECT, message);
}

static void names_the_unresolvable_host(void)
{
  call_get_expect_error(loop, "http://no-such-host.invalid/", CSIO_ERESOLVE, "no-such-host.invalid");
}

/* --- servers that misbehave --- */

static void answer_garbage(client *client)
{
  client_print(client, "this is not HTTP\r\n\r\n");
  client_drain(client);
}

/* Sends an endless head. */
static void answer_headers(client *client)
{
  request request;
  if (!client_read_request(client, &request)) return;
  request_free(&request);
  if (!client_print(client, "HTTP/1.1 200 OK\r\n")) return;
  for (int i = 0; client_print(client, "X-%d: %0100d\r\n", i, 0); i++)
    ;
}

static void limits_the_head(void)
{
  expect_error_from(answer_headers, CSIO_ETOO_LARGE, " is larger than 32768 bytes");
  expect_error_from(answer_headers, CSIO_ETOO_LARGE, "the head of the answer from 127.0.0.1 port");
}

/* Sends an endless header. */
static void answer_long_header(client *client)
{
  request request;
  if (!client_read_request(client, &request)) return;
  request_free(&request);
  if (!client_print(client, "HTTP/1.1 200 OK\r\nX: ")) return;
  while (client_print(client, "%01000d", 0))
    ;
}

static void limits_a_header(void)
{
  expect_error_from(answer_long_header, CSIO_ETOO_LARGE, " is larger than 32768 bytes");
  expect_error_from(answer_long_header, CSIO_ETOO_LARGE, "the head of the answer from 127.0.0.1 port");
}

static void close_without_answer(client *client)
{
  request request;
  if (client_read_request(client, &request)) request_free(&request);
}

static void reset_without_answer(client *client)
{
  close_without_answer(client);
  client_reset(client);
}

static void close_inside_body(client *client)
{
  close_without_answer(client);
  client_print(client, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
}

static void send_bad_chunk(client *client)
{
  close_without_answer(client);
  client_print(client, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n");
  client_drain(client);
}

static void send_bad_gzip(client *client)
{
  close_without_answer(client);
  client_print(client, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzip");
  client_drain(client);
}

static void reports_broken_answers(void)
{
  expect_error_from(answer_garbage, CSIO_EPROTOCOL, "did not answer in HTTP");
  expect_error_from(close_without_answer, CSIO_ELOST, "was lost");
  expect_error_from(reset_without_answer, CSIO_ELOST, "was lost");
  expect_error_from(close_inside_body, CSIO_ELOST, "was lost");
  expect_error_from(send_bad_chunk, CSIO_EPROTOCOL, "could not be read");
  expect_error_from(send_bad_gzip, CSIO_EPROTOCOL, "could not be read");
}

static void redirect_to_plain(client *client)
{
  request request;
  if (!client_read_request(client, &request)) return;
  request_free(&request);
  client_print(client, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%u/\r\nContent-Length: 0\r\n\r\n",
      (unsigned)client->peer->port);
}

/* Otherwise the headers would be sent in the clear. */
static void refuses_to_leave_tls(void)
{
  identity self = identity_make("localhost", "DNS:localhost", NULL, -3600, 3600);
  SSL_CTX *ctx = server_context(&self, NULL);
  csio_tls *tls = tls_lenient();
  peer server;
  peer_start(&server, redirect_to_plain, ctx, NULL);
  call call = {.loop = loop,
      .url = peer_url(&server, "https", "localhost", "/"),
      .tls = tls,
      .header_name = "X-Token",
      .header_value = "secret",
      .redirects = 2};
  call_expect_error(&call, CSIO_EREDIRECT, "leads from https to http");
  CHECK_INT(call.error_status, 302);
  CHECK_INT(peer_count(&server, &server.accepted), 1);
  peer_stop(&server);
  csio_tls_release(tls);
  SSL_CTX_free(ctx);
  identity_free(&self);
}

/* --- limits --- */

static void never_answer(client *client)
{
  client_drain(client);
}

static void limits_the_time(void)
{
  peer server;
  peer_start(&server, never_answer, NULL, NULL);
  call call = {.loop = loop, .url = peer_url(&server, "http", NULL, "/"), .timeout = 100};
  uint64_t before = csio_loop_now(loop);
  call_expect_error(&call, CSIO_ETIMEOUT, "in time");
  uint64_t took = csio_loop_now(loop) - before;
  CHECK(took >= 99);
  peer_stop(&server);
}

static void limits_the_time_to_connect(void)
{
  silence silence = make_silence(0);
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.2:%u/", (unsigned)silence.port);
  call call = {.loop = loop, .url = url, .connect_timeout = 200, .timeout = 30000};
  uint64_t before = csio_loop_now(loop);
  call_expect_error(&call, CSIO_ETIMEOUT, " took longer than 200 ms");
  CHECK(csio_loop_now(loop) - before < 20000);
  end_silence(&silence);
}

static void send_a_megabyte(client *client)
{
  request request;
  while (client_read_request(client, &request)) {
    bool announced = strstr(request.head, "/announced");
    request_free(&request);
    client_print(client, announced ? "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n"
                                   : "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    uint8_t *bytes = test_bytes(1 << 20, 1);
    client_write(client, bytes, 1 << 20);
    free(bytes);
    if (!announced) return;
  }
}

static void limits_the_body(void)
{
  peer server;
  peer_start(&server, send_a_megabyte, NULL, NULL);
  for (int announced = 0; announced < 2; announced++) {
    const char *url = peer_url(&server, "http", NULL, announced ? "/announced" : "/");
    call call = {.loop = loop, .url = url, .max_body = (1 << 20) - 1};
    call_expect_error(&call, CSIO_ETOO_LARGE, "larger than 1048575 bytes");
    call = (struct call){.loop = loop, .url = url, .max_body = 1 << 20};
    call_run(&call);
    call_close(&call);
    CHECK_INT(call.error_code, CSIO_OK);
    CHECK_INT(call.answer_size, 1 << 20);
    call_free(&call);
  }
  peer_stop(&server);
}

/* --- closing under way --- */

static void cancels_in_flight(void)
{
  peer server;
  peer_start(&server, never_answer, NULL, NULL);
  call call = {.loop = loop, .url = peer_url(&server, "http", NULL, "/")};
  call_start(&call);
  AWAIT(&server.monitor, server.accepted == 1);
  call_close(&call);
  AWAIT(&server.monitor, server.ended == 1); /* the connection is closed at once */
  CHECK_INT(call.done, 0);
  peer_stop(&server);
}

static void must_not_run(csio_http *http, const csio_error *error, void *data)
{
  (void)http, (void)data;
  FAIL("on_done runs after csio_http_close: %s", error ? error->message : "no error");
}

static monitor gone = MONITOR;
static int gone_count; /* under `gone` */

static void on_gone(void *data)
{
  (void)data;
  CHANGE(&gone, gone_count++);
}

/* In one turn of the loop, so that the resolver cannot finish first. */
static void start_and_close(void *arg)
{
  csio_http *http;
  CHECK_INT(csio_http_create(loop, "GET", arg, &http), CSIO_OK);
  CHECK_INT(csio_http_start(http, must_not_run), CSIO_OK);
  csio_http_close(http, on_gone);
}

static void cancels_before_connecting(void)
{
  on_loop(loop, start_and_close, "http://no-such-host.invalid/");
  AWAIT(&gone, gone_count == 1);
}

static void close_call(call *call)
{
  csio_http_close(call->http, NULL);
}

static void closes_inside_on_done(void)
{
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%u/", (unsigned)free_port());
  call call = {.loop = loop, .url = url, .on_done = close_call};
  call_run(&call);
  CHECK_INT(call.error_code, CSIO_ECONNECT);
}

static void ends_with_the_loop(void)
{
  peer server;
  peer_start(&server, never_answer, NULL, NULL);
  csio_loop *own = test_loop();
  call open = {.loop = own, .url = peer_url(&server, "http", NULL, "/")};
  call closing = {.loop = own, .url = peer_url(&server, "http", NULL, "/"), .on_done = close_call};
  call_start(&open);
  call_start(&closing);
  AWAIT(&server.monitor, server.accepted == 2);
  csio_loop_close(own);
  CHECK_INT(open.error_code, CSIO_ECANCELLED);
  CHECK_INT(closing.error_code, CSIO_ECANCELLED);
  peer_stop(&server);
}

static void close_loop(call *call)
{
  csio_loop_close(call->loop);
}

static void closes_the_loop_inside_on_done(void)
{
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%u/", (unsigned)free_port());
  call call = {.loop = test_loop(), .url = url, .on_done = close_loop};
  call_run(&call);
  CHECK_INT(call.error_code, CSIO_ECONNECT);
}

/* --- states --- */

static void misuse(void *arg)
{
  call *call = arg;
  CHECK_INT(csio_http_start(call->http, NULL), CSIO_ESTATE);
  CHECK_INT(csio_http_add_header(call->http, "A", "b"), CSIO_ESTATE);
  CHECK_INT(csio_http_set_timeout(call->http, 1), CSIO_ESTATE);
  CHECK_INT(csio_http_set_tls(call->http, NULL), CSIO_ESTATE);
  CHECK_INT(csio_http_set_body(call->http, csio_buffer_create(3)), CSIO_ESTATE);
}

static void refuses_setters_once_started(void)
{
  peer server;
  peer_start(&server, answer_once, NULL, NULL);
  call call = {.loop = loop, .url = peer_url(&server, "http", NULL, "/")};
  call_run(&call);
  on_loop(loop, misuse, &call);
  call_close(&call);
  call_free(&call);
  peer_stop(&server);
}

int main(int argc, char **argv)
{
  loop = test_loop();
  RUN(names_the_refused_port);
  RUN(names_the_unresolvable_host);
  RUN(limits_the_head);
  RUN(limits_a_header);
  RUN(reports_broken_answers);
  RUN(refuses_to_leave_tls);
  RUN(limits_the_time);
  RUN(limits_the_time_to_connect);
  RUN(limits_the_body);
  RUN(cancels_in_flight);
  RUN(cancels_before_connecting);
  RUN(closes_inside_on_done);
  RUN(ends_with_the_loop);
  RUN(closes_the_loop_inside_on_done);
  RUN(refuses_setters_once_started);
  csio_loop_close(loop);
}
