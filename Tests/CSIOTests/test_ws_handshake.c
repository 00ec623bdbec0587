/* The start of a WebSocket: what the handshake carries, refusals and faults. */
#include "socket.h"
#include "ws_peer.h"

#include <unistd.h>

static csio_loop *loop;

static void expect_error_from(script script, void *data, int code, int status, const char *part)
{
  peer server;
  peer_start(&server, script, NULL, data);
  socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .timeout = 10000};
  socket_expect_error(&socket, code, part);
  CHECK_INT(socket.error_status, status);
  CHECK_INT(socket.opened, 0);
  peer_stop(&server);
}

/* --- refused handshakes --- */

static void answer_as_told(client *client)
{
  request request;
  if (!client_read_request(client, &request)) return;
  request_free(&request);
  client_print(client, "%s", (const char *)client->peer->data);
  client_drain(client);
}

static void close_as_told(client *client)
{
  request request;
  if (client->peer->data && client_read_request(client, &request)) request_free(&request);
}

static void reset_as_told(client *client)
{
  close_as_told(client);
  client_reset(client);
}

/* The headers of a refusal can be read. */
static void expect_place(socket_test *socket)
{
  const char *place = csio_ws_header(socket->ws, "Location", 0);
  CHECK((place && !strcmp(place, "/there")) == (socket->error_status == 301));
}

static void reports_refusals(void)
{
  static const struct {
    const char *answer;
    int code, status;
  } refusals[] = {
      {"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", CSIO_EHANDSHAKE, 403},
      {"HTTP/1.1 404 Not Found\r\n\r\n", CSIO_EHANDSHAKE, 404},
      {"HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n", CSIO_EHANDSHAKE, 401},
      {"HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n", CSIO_EHANDSHAKE, 503},
      {"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", CSIO_EHANDSHAKE,
          302},
      {"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>",
          CSIO_EHANDSHAKE, 200},
      {"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
       "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
          CSIO_EPROTOCOL, 101},
      {"HTTP/1.1 101 Switching\r\n\r\n", CSIO_EPROTOCOL, 101},
  };
  for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
    expect_error_from(
        answer_as_told, (void *)refusals[i].answer, refusals[i].code, refusals[i].status, "127.0.0.1");
}

/* A refusal without a length ends with the connection, or after a short wait. */
static void reports_the_body_of_refusals(void)
{
  static const struct {
    const char *answer, *body;
  } refusals[] = {
      {"HTTP/1.1 400 Bad Request\r\nContent-Length: 10\r\n\r\n{\"code\":1}and more", "{\"code\":1}"},
      {"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ngo aw\r\n2\r\nay\r\n0\r\n\r\n", "go away"},
      {"HTTP/1.1 403 No\r\nContent-Length: 100\r\n\r\ngo", "go"},
      {"HTTP/1.1 503 Later\r\n\r\nlater", "later"},
      {"HTTP/1.1 301 There\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n", ""},
  };
  for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
    peer server;
    peer_start(&server, answer_as_told, NULL, (void *)refusals[i].answer);
    socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .on_end = expect_place};
    socket_expect_error(
        &socket, CSIO_EHANDSHAKE, "127.0.0.1 refused the WebSocket handshake with HTTP status");
    CHECK_STRING(socket.body, refusals[i].body);
    peer_stop(&server);
  }
}

static void answer_in_parts(client *client)
{
  request request;
  if (!client_read_request(client, &request)) return;
  request_free(&request);
  client_print(client, "HTTP/1.1 400 Bad\r\nContent-Length: 4000\r\n\r\n");
  for (int i = 0; i < 400 && client_print(client, "%s", "0123456789"); i++)
    ;
  client_drain(client);
}

static void limits_the_body_of_refusals(void)
{
  peer server;
  peer_start(&server, answer_in_parts, NULL, NULL);
  socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/")};
  socket_expect_error(&socket, CSIO_EHANDSHAKE, "HTTP status 400");
  CHECK_INT(strlen(socket.body), 2048);
  peer_stop(&server);
}

static void send_garbage_and_close(client *client)
{
  close_as_told(client);
  client_print(client, "garbage\r\n\r\n");
}

static void reports_lost_handshakes(void)
{
  expect_error_from(send_garbage_and_close, "", CSIO_EPROTOCOL, 0, "did not answer the WebSocket handshake");
  expect_error_from(close_as_told, NULL, CSIO_ELOST, 0, "was lost during");
  expect_error_from(close_as_told, "", CSIO_ELOST, 0, "was lost during");
  expect_error_from(reset_as_told, "", CSIO_ELOST, 0, "was lost during");
}

static void reports_unreachable_servers(void)
{
  char url[64], message[100];
  unsigned port = free_port();
  snprintf(url, sizeof url, "ws://127.0.0.1:%u/", port);
  snprintf(message, sizeof message, "could not connect to 127.0.0.1 port %u: Connection refused", port);
  socket_test refused = {.loop = loop, .url = url};
  socket_expect_error(&refused, CSIO_ECONNECT, message);
  socket_test unknown = {.loop = loop, .url = "ws://no-such-host.invalid/"};
  socket_expect_error(&unknown, CSIO_ERESOLVE, "no-such-host.invalid");
}

static void never_answer(client *client)
{
  client_drain(client);
}

static void limits_the_time(void)
{
  peer server;
  peer_start(&server, never_answer, NULL, NULL);
  socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .timeout = 100};
  uint64_t before = csio_loop_now(loop);
  socket_expect_error(&socket, CSIO_ETIMEOUT, "longer than 100 ms");
  CHECK(csio_loop_now(loop) - before >= 100);
  AWAIT(&server.monitor, server.ended == 1);
  peer_stop(&server);
}

/* Sends endless headers. */
static void answer_headers(client *client)
{
  request request;
  if (!client_read_request(client, &request)) return;
  request_free(&request);
  if (!client_print(client, "HTTP/1.1 101 Switching Protocols\r\n")) return;
  for (int i = 0; client_print(client, "X-%d: %0100d\r\n", i, 0); i++)
    ;
}

static void limits_the_head(void)
{
  expect_error_from(answer_headers, NULL, CSIO_ETOO_LARGE, 0,
      "the head of the answer from 127.0.0.1 is larger than 32768 bytes");
}

/* --- the contents of the handshake --- */

static void check_request(client *client)
{
  request *request = malloc(sizeof *request);
  CHECK(request);
  CHECK(ws_accept(
      client, "Sec-WebSocket-Protocol: beta\r\nSet-Cookie: a=1\r\nset-cookie: b=2; Path=/\r\n", request));
  CHECK_CONTAINS(request->head, client->peer->data);
  char host[64];
  snprintf(host, sizeof host, "\r\nHost: 127.0.0.1:%u\r\n", (unsigned)client->peer->port);
  CHECK_CONTAINS(request->head, host);
  CHECK_CONTAINS(request->head, "\r\nConnection: Upgrade\r\n");
  CHECK_CONTAINS(request->head, "\r\nSec-WebSocket-Version: 13\r\n");
  CHECK_CONTAINS(request->head, "\r\nSec-WebSocket-Protocol: alpha, beta\r\n");
  CHECK_CONTAINS(request->head, "\r\nX-Long: vvvvv");
  CHECK_CONTAINS(request->head, "\r\nAuthorization: Basic dXNlcjpwQHNz\r\n");
  CHECK(!strstr(request->head, "Origin:"));
  CHECK(!strstr(request->head, "Sec-WebSocket-Extensions:"));
  free(request);
  client_drain(client);
}

static void check_answer(socket_test *socket)
{
  csio_ws *ws = socket->ws;
  CHECK_STRING(csio_ws_protocol(ws), "beta");
  CHECK_STRING(csio_ws_header(ws, "set-cookie", 0), "a=1");
  CHECK_STRING(csio_ws_header(ws, "Set-Cookie", 1), "b=2; Path=/");
  CHECK(!csio_ws_header(ws, "Set-Cookie", 2));
  CHECK(!csio_ws_header(ws, "Sec-WebSocket-Extensions", 0));
  CHECK(!csio_ws_header(ws, "Server", 0));
}

/* libwebsockets itself would truncate the request line at 2 KB and each header at a small buffer. */
static void carries_long_requests(void)
{
  static char path[20000], url[21000], value[20000], line[20100];
  memset(path, 'p', sizeof path - 1);
  memset(value, 'v', sizeof value - 1);
  snprintf(line, sizeof line, "GET /%s HTTP/1.1\r\n", path);
  peer server;
  peer_start(&server, check_request, NULL, line);
  snprintf(url, sizeof url, "ws://user:p%%40ss@127.0.0.1:%u/%s", (unsigned)server.port, path);
  socket_test socket = {.loop = loop,
      .url = url,
      .protocols = {"alpha", "beta"},
      .headers = {{"X-Long", value}},
      .on_open = check_answer};
  socket_open(&socket);
  socket_close(&socket);
  peer_stop(&server);
}

static void check_host(client *client)
{
  request *request = malloc(sizeof *request);
  CHECK(request && ws_accept(client, "", request));
  CHECK_CONTAINS(request->head, "\r\nHost: elsewhere\r\n");
  CHECK_CONTAINS(request->head, "\r\nOrigin: http://me\r\n");
  CHECK(!strstr(request->head, "127.0.0.1"));
  free(request);
}

static void replaces_the_host_header(void)
{
  peer server;
  peer_start(&server, check_host, NULL, NULL);
  socket_test socket = {.loop = loop,
      .url = peer_url(&server, "ws", NULL, "/"),
      .headers = {{"host", "elsewhere"}, {"Origin", "http://me"}}};
  socket_open(&socket);
  socket_close(&socket);
  peer_stop(&server);
}

/* --- intermediaries --- */

static void answer_with_hints(client *client)
{
  request *request = malloc(sizeof *request);
  CHECK(request);
  if (client_read_request(client, request)) {
    client_print(client, "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\nSet-Cookie: no=1\r\n\r\n");
    client_print(client,
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nX-Own: yes\r\n"
        "Sec-WebSocket-Accept: %s\r\n\r\n",
        ws_accept_key(request->head));
    request_free(request);
    ws_echo_frames(client);
  }
  free(request);
}

static void check_headers(socket_test *socket)
{
  CHECK_STRING(csio_ws_header(socket->ws, "x-own", 0), "yes");
  CHECK(!csio_ws_header(socket->ws, "Link", 0) && !csio_ws_header(socket->ws, "Set-Cookie", 0));
}

static void passes_over_interim_answers(void)
{
  peer server;
  peer_start(&server, answer_with_hints, NULL, NULL);
  socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .on_open = check_headers};
  socket_open(&socket);
  socket_close(&socket);
  peer_stop(&server);
}

/* The server keeps the connection open, so the client would wait. */
static void speak_as_told(client *client)
{
  client_print(client, "%s", (char *)client->peer->data);
  client_drain(client);
}

static void reports_other_protocols_at_once(void)
{
  static const char *const greetings[] = {
      "SSH-2.0-OpenSSH_9.2\r\n", "220 mail ESMTP\r\n", "\x15\x03\x01", "<html>", "HTTP/2 101\r\n\r\n", "\n"};
  for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++)
    expect_error_from(speak_as_told, (void *)greetings[i], CSIO_EPROTOCOL, 0,
        "did not answer the WebSocket handshake correctly: ");
}

/* The answer of a proxy that then resets the connection counts. */
static void refuse_and_reset(client *client)
{
  char byte;
  client_read(client, &byte, 1); /* the unread rest of the request turns the close into a reset */
  client_print(client, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  client_reset(client);
}

static void reads_an_answer_before_a_reset(void)
{
  for (int i = 0; i < 40; i++)
    expect_error_from(refuse_and_reset, NULL, CSIO_EHANDSHAKE, 400, "HTTP status 400");
}

static void check_large_request(client *client)
{
  request *request = calloc(1, sizeof *request + 200000);
  char byte;
  size_t size = 0;
  CHECK(request);
  char *head = request->head;
  while (size < 199999 && !strstr(head + (size > 4 ? size - 4 : 0), "\r\n\r\n") &&
         client_read(client, &byte, 1) == 1)
    head[size++] = byte;
  CHECK(size > 160000);
  ws_answer(client, head, "");
  ws_echo_frames(client);
  free(request);
}

static void sends_requests_of_any_size(void)
{
  char *large = malloc(160001);
  CHECK(large);
  memset(large, 'x', 160000);
  large[160000] = '\0';
  peer server;
  peer_start(&server, check_large_request, NULL, NULL);
  socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .headers = {{"X", large}}};
  socket_open(&socket);
  socket_close(&socket);
  peer_stop(&server);
  free(large);
}

static void answer_with_many_headers(client *client)
{
  request *request = malloc(sizeof *request);
  CHECK(request);
  if (client_read_request(client, request)) {
    client_print(client, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
    for (int i = 0; i < 90; i++)
      client_print(client, "Set-Cookie: c%d=%0300d\r\n", i, i);
    client_print(client, "Sec-WebSocket-Accept: %s\r\n\r\n", ws_accept_key(request->head));
    request_free(request);
    ws_echo_frames(client);
  }
  free(request);
}

static void count_cookies(socket_test *socket)
{
  for (size_t i = 0; i < 90; i++)
    CHECK(csio_ws_header(socket->ws, "Set-Cookie", i));
  CHECK(!csio_ws_header(socket->ws, "Set-Cookie", 90));
}

static void reads_many_headers(void)
{
  peer server;
  peer_start(&server, answer_with_many_headers, NULL, NULL);
  socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .on_open = count_cookies};
  socket_open(&socket);
  socket_close(&socket);
  peer_stop(&server);
}

static void misuse(void *arg)
{
  csio_ws *ws;
  CHECK_INT(csio_ws_create(loop, "http://localhost/", &ws), CSIO_EURL);
  CHECK_INT(csio_ws_create(loop, arg, &ws), CSIO_OK);
  CHECK_INT(csio_ws_add_header(ws, "Bad Name", "x"), CSIO_EINVALID);
  CHECK_INT(csio_ws_add_header(ws, "X", "a\nb"), CSIO_EINVALID);
  CHECK_INT(csio_ws_add_header(ws, "Upgrade", "x"), CSIO_EINVALID);
  CHECK_INT(csio_ws_add_header(ws, "sec-websocket-key", "x"), CSIO_EINVALID);
  CHECK_INT(csio_ws_add_protocol(ws, "a, b"), CSIO_EINVALID);
  CHECK_INT(csio_ws_send(ws, CSIO_WS_TEXT, "x", 1), CSIO_ESTATE);
  CHECK_INT(csio_ws_send_buffer(ws, CSIO_WS_TEXT, csio_buffer_create(1)), CSIO_ESTATE);
  CHECK_INT(csio_ws_shutdown(ws, 1000, ""), CSIO_ESTATE);
  CHECK_INT(csio_ws_add_header(ws, "Content-Length", "1"), CSIO_EINVALID);
  CHECK_INT(csio_ws_add_header(ws, "transfer-encoding", "chunked"), CSIO_EINVALID);
  csio_ws_close(ws, NULL);
  CHECK_INT(csio_ws_create(loop, arg, &ws), CSIO_OK);
  CHECK_INT(csio_ws_connect(ws), CSIO_OK);
  CHECK_INT(csio_ws_connect(ws), CSIO_ESTATE);
  CHECK_INT(csio_ws_add_header(ws, "X", "x"), CSIO_ESTATE);
  CHECK_INT(csio_ws_set_timeout(ws, 1), CSIO_ESTATE);
  csio_ws_close(ws, NULL);
}

static void refuses_misuse(void)
{
  on_loop(loop, misuse, "ws://127.0.0.1:1/");
}

/* --- addresses --- */

static void reaches_localhost_by_either_family(void)
{
  peer v6, v4;
  peer_start(&v4, ws_echo, NULL, NULL);
  socket_test socket = {.loop = loop, .url = peer_url(&v4, "ws", "localhost", "/")};
  socket_open(&socket);
  socket_close(&socket);
  peer_stop(&v4);
  if (!peer_start_v6(&v6, ws_echo, NULL, NULL)) {
    printf("  no IPv6 here\n");
    return;
  }
  socket = (socket_test){.loop = loop, .url = peer_url(&v6, "ws", NULL, "/")};
  socket_open(&socket);
  socket_close(&socket);
  peer_stop(&v6);
}

int main(int argc, char **argv)
{
  loop = test_loop();
  RUN(reports_refusals);
  RUN(reports_the_body_of_refusals);
  RUN(limits_the_body_of_refusals);
  RUN(reports_lost_handshakes);
  RUN(reports_unreachable_servers);
  RUN(limits_the_time);
  RUN(limits_the_head);
  RUN(carries_long_requests);
  RUN(replaces_the_host_header);
  RUN(passes_over_interim_answers);
  RUN(reports_other_protocols_at_once);
  RUN(reads_an_answer_before_a_reset);
  RUN(sends_requests_of_any_size);
  RUN(reads_many_headers);
  RUN(refuses_misuse);
  RUN(reaches_localhost_by_either_family);
  csio_loop_close(loop);
}
