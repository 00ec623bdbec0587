/* The cookie jar with both transports. */
#include "call.h"
#include "socket.h"
#include "ws_peer.h"

static csio_loop *loop;

/* The cookies that a request carries, "" for none. Static storage per thread. */
static const char *cookies_of(const request *request)
{
  static _Thread_local char text[1024];
  static const char name[] = "\r\nCookie: ";
  const char *line = strstr(request->head, name);
  text[0] = '\0';
  if (!line) return text;
  line += strlen(name);
  CHECK(!strstr(line, name)); /* one header */
  snprintf(text, sizeof text, "%.*s", (int)strcspn(line, "\r"), line);
  return text;
}

/* Answers with the cookies that came, and sets new ones that depend on the path. */
static void serve(client *client)
{
  request *request = malloc(sizeof *request);
  CHECK(request);
  while (client_read_request(client, request)) {
    const char *came = cookies_of(request);
    bool upgrade = strstr(request->head, "Upgrade: websocket");
    request_free(request);
    if (strstr(request->head, "GET /redirect")) {
      client_print(client, "HTTP/1.1 302 Found\r\nLocation: /end\r\nSet-Cookie: hop=1; Path=/\r\n"
                           "Set-Cookie: first=; Max-Age=0; Path=/\r\nContent-Length: 0\r\n\r\n");
    } else if (strstr(request->head, "GET /away")) {
      client_print(client,
          "HTTP/1.1 302 Found\r\nLocation: http://localhost:%u/end\r\nContent-Length: 0\r\n\r\n",
          (unsigned)client->peer->port);
    } else if (strstr(request->head, "/refused")) {
      client_print(client,
          "HTTP/1.1 403 No\r\nset-cookie: refusal=%zu; Path=/\r\nContent-Length: %zu\r\n\r\n%s", strlen(came),
          strlen(came), came);
    } else if (upgrade) {
      client_print(client,
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Set-Cookie: opened=1; Path=/\r\nSet-Cookie: other=2; Path=/\r\nSec-WebSocket-Accept: %s\r\n\r\n",
          ws_accept_key(request->head));
      ws_write(client, TEXT, true, came, strlen(came));
      ws_echo_frames(client);
      break;
    } else {
      client_print(client,
          "HTTP/1.1 200 OK\r\nSet-Cookie: first=1; Path=/\r\nSet-Cookie: elsewhere=1; Domain=b.com\r\n"
          "Set-Cookie: second=2; Path=/; HttpOnly\r\nContent-Length: %zu\r\n\r\n%s",
          strlen(came), came);
    }
  }
  free(request);
}

static void expect_sent(peer *server, csio_cookies *jar, const char *path, const char *own, const char *sent)
{
  call call = {.loop = loop, .url = peer_url(server, "http", NULL, path), .cookies = jar, .redirects = 3};
  if (own) call.header_name = "Cookie", call.header_value = own;
  call_run(&call);
  call_close(&call);
  CHECK_INT(call.error_code, CSIO_OK);
  CHECK_STRING((char *)call.answer, sent);
  call_free(&call);
}

static void expect_sent_by_ws(peer *server, csio_cookies *jar, const char *own, const char *sent)
{
  socket_test socket = {.loop = loop, .url = peer_url(server, "ws", NULL, "/"), .cookies = jar};
  if (own) socket.headers[0][0] = "Cookie", socket.headers[0][1] = own;
  socket_open(&socket);
  AWAIT(&socket.monitor, socket.messages);
  CHECK_STRING((char *)socket.message, sent);
  socket_close(&socket);
}

static void expect_jar(peer *server, csio_cookies *jar, const char *expected)
{
  csio_buffer *header;
  CHECK_INT(csio_cookies_header(jar, peer_url(server, "http", NULL, "/"), &header), CSIO_OK);
  CHECK_STRING(header ? (char *)csio_buffer_bytes(header) : "", expected);
  csio_buffer_destroy(header);
}

static void shares_a_jar_between_the_transports(void)
{
  peer server;
  csio_cookies *jar = test_jar();
  peer_start(&server, serve, NULL, NULL);
  expect_sent(&server, jar, "/", NULL, "");
  expect_jar(&server, jar, "first=1; second=2");
  expect_sent(&server, jar, "/", NULL, "first=1; second=2");
  expect_sent_by_ws(&server, jar, NULL, "first=1; second=2");
  expect_jar(&server, jar, "first=1; second=2; opened=1; other=2");
  expect_sent(&server, jar, "/", "own=1; second=own", "own=1; second=own; first=1; opened=1; other=2");
  expect_sent_by_ws(&server, jar, "own=1; second=own", "own=1; second=own; first=1; opened=1; other=2");
  expect_sent(&server, NULL, "/", "own=1", "own=1");
  expect_sent_by_ws(&server, NULL, "own=1", "own=1");
  expect_sent_by_ws(&server, NULL, NULL, "");
  peer_stop(&server);
  csio_cookies_release(jar);
}

static void takes_cookies_of_redirects(void)
{
  peer server;
  csio_cookies *jar = test_jar();
  peer_start(&server, serve, NULL, NULL);
  expect_sent(&server, jar, "/", NULL, "");
  expect_sent(&server, jar, "/redirect", "own=1", "own=1; second=2; hop=1");
  CHECK_INT(csio_cookies_store(jar, peer_url(&server, "http", "localhost", "/"), "there=1"), CSIO_OK);
  /* neither the user's cookies nor the first host's go to another host */
  expect_sent(&server, jar, "/away", "own=1", "there=1");
  expect_sent(&server, NULL, "/away", "own=1", "");
  peer_stop(&server);
  csio_cookies_release(jar);
}

static void takes_cookies_of_refusals(void)
{
  peer server;
  csio_cookies *jar = test_jar();
  peer_start(&server, serve, NULL, NULL);
  expect_sent(&server, jar, "/refused", "own=1", "own=1");
  expect_jar(&server, jar, "refusal=5");
  csio_cookies_clear(jar);
  socket_test socket = {.loop = loop,
      .url = peer_url(&server, "ws", NULL, "/refused"),
      .cookies = jar,
      .headers = {{"Cookie", "own=123"}}};
  socket_expect_error(&socket, CSIO_EHANDSHAKE, "403");
  expect_jar(&server, jar, "refusal=7");
  peer_stop(&server);
  csio_cookies_release(jar);
}

int main(int argc, char **argv)
{
  loop = test_loop();
  RUN(shares_a_jar_between_the_transports);
  RUN(takes_cookies_of_redirects);
  RUN(takes_cookies_of_refusals);
  csio_loop_close(loop);
}
