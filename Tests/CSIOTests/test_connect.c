/* Connecting: several addresses, the local address, and kept connections. */
#include "call.h"
#include "names.h"
#include "proxy_peer.h"
#include "socket.h"
#include "ws_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static csio_loop *loop;

/* --- several addresses --- */

static void goes_on_to_the_next_address(void)
{
  static const char *const hosts[] = {"second.test", "fourth.test"};
  for (int i = 0; i < 2; i++) {
    peer server, http_server;
    peer_start(&server, ws_echo, NULL, NULL);
    socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", hosts[i], "/"), .timeout = 20000};
    socket_open(&socket);
    socket_close(&socket);
    peer_stop(&server);
    peer_start(&http_server, answer_once, NULL, NULL);
    call call = {.loop = loop, .url = peer_url(&http_server, "http", hosts[i], "/"), .timeout = 20000};
    call_run(&call);
    call_close(&call);
    CHECK_INT(call.error_code, CSIO_OK);
    call_free(&call);
    peer_stop(&http_server);
  }
}

static void does_not_wait_for_a_silent_address(void)
{
  static const char *const hosts[] = {"silent.test", "families.test"};
  for (int i = 0; i < 2; i++) {
    peer server;
    peer_start(&server, ws_echo, NULL, NULL);
    silence silence = make_silence(server.port);
    socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", hosts[i], "/"), .timeout = 6000};
    uint64_t before = csio_loop_now(loop);
    socket_open(&socket);
    CHECK(csio_loop_now(loop) - before < 10000);
    socket_close(&socket);
    CHECK_INT(peer_count(&server, &server.accepted), 1);
    end_silence(&silence);
    peer_stop(&server);
  }
}

/* Other servers answer at once on the same machine, before the loop has looked. */
static void waits_for_a_server_that_answers_late(void)
{
  char url[64], word[4];
  uint16_t port = free_port();
  silence silence = make_silence(port);
  snprintf(url, sizeof url, "ws://127.0.0.2:%u/", (unsigned)port);
  socket_test socket = {.loop = loop, .url = url, .timeout = 30000};
  socket_start(&socket);
  for (int i = 0; i < 4; i++)
    shutdown(silence.fillers[i], SHUT_RDWR);
  /* the client that retried is queued behind the fillers */
  int taken = accept(silence.listener, NULL, NULL);
  while (recv(taken, word, sizeof word, MSG_WAITALL) != sizeof word) {
    close(taken);
    taken = accept(silence.listener, NULL, NULL);
    CHECK(taken >= 0);
  }
  CHECK(!memcmp(word, "GET ", sizeof word));
  socket_close(&socket);
  CHECK_INT(socket.errors, 0);
  close(taken);
  end_silence(&silence);
}

enum { SLOW_NAMES = 6 }; /* more than libuv has threads */

/* Slow lookups delay neither other lookups nor the close of the handles that started them. */
static void does_not_wait_for_other_names(void)
{
  static char urls[SLOW_NAMES][64];
  socket_test waiting[SLOW_NAMES];
  peer server;
  peer_start(&server, ws_echo, NULL, NULL);
  CHANGE(&slowness, slow = true; slow_names = 0);
  for (int i = 0; i < SLOW_NAMES; i++) {
    snprintf(urls[i], sizeof urls[i], "ws://%c.slow.test:%u/", 'a' + i, (unsigned)server.port);
    waiting[i] = (socket_test){.loop = loop, .url = urls[i]};
    socket_start(&waiting[i]);
  }
  AWAIT(&slowness, slow_names == (1u << SLOW_NAMES) - 1);
  socket_test quick = {.loop = loop, .url = peer_url(&server, "ws", "q.here.test", "/")};
  socket_open(&quick);
  socket_close(&quick);
  socket_close(&waiting[0]);
  csio_loop *own = test_loop();
  socket_test left = {.loop = own, .url = "ws://z.slow.test/"};
  socket_start(&left);
  AWAIT(&slowness, slow_names & 1u << 25);
  csio_loop_close(own);
  CHECK_INT(left.error_code, CSIO_ECANCELLED);
  CHANGE(&slowness, slow = false);
  for (int i = 1; i < SLOW_NAMES; i++) {
    AWAIT(&waiting[i].monitor, waiting[i].opened || waiting[i].errors);
    CHECK_INT(waiting[i].opened, 1);
    socket_close(&waiting[i]);
  }
  peer_stop(&server);
}

static void names_the_cause(void)
{
  char url[64], message[100];
  unsigned port = free_port();
  static const char *const hosts[] = {"127.0.0.1", "nobody.test"};
  for (int i = 0; i < 2; i++) {
    snprintf(url, sizeof url, "ws://%s:%u/", hosts[i], port);
    snprintf(message, sizeof message, "could not connect to %s port %u: Connection refused", hosts[i], port);
    socket_test socket = {.loop = loop, .url = url};
    socket_expect_error(&socket, CSIO_ECONNECT, message);
  }
}

static void hang_up(client *client)
{
  static request request;
  if (client_read_request(client, &request)) request_free(&request);
}

static void send_bad_chunk(client *client)
{
  hang_up(client);
  client_print(client, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n");
  client_drain(client);
}

/* What happens to a connection is not explained by an address that had refused one before. */
static void tells_later_causes_from_refused_addresses(void)
{
  static const char *const hosts[] = {"127.0.0.1", "second.test", "mixed.test"};
  for (int i = 0; i < 3; i++) {
    peer server;
    char address[64];
    peer_start(&server, hang_up, NULL, NULL);
    call lost = {.loop = loop, .url = peer_url(&server, "http", hosts[i], "/")};
    call_expect_error(&lost, CSIO_ELOST, "was lost: Server returned nothing");
    for (int j = 0; j < 2; j++) {
      snprintf(address, sizeof address, "http://%s:%u", hosts[i], (unsigned)server.port);
      csio_proxy *proxy = proxy_at(address);
      call call = {.loop = loop, .url = j ? "https://a.test/" : "http://a.test/", .proxy = proxy};
      call_expect_error(&call, CSIO_EPROXY, " ended the connection: end of file");
      csio_proxy_release(proxy);
    }
    peer_stop(&server);
    peer_start(&server, send_bad_chunk, NULL, NULL);
    call_get_expect_error(
        loop, peer_url(&server, "http", hosts[i], "/"), CSIO_EPROTOCOL, "chunks are malformed");
    peer_stop(&server);
  }
}

static void limits_and_cancels_attempts(void)
{
  char url[64];
  uint16_t port = free_port();
  silence silence = make_silence(port);
  snprintf(url, sizeof url, "ws://slow.test:%u/", (unsigned)port);
  /* the second address has failed by now; the first is still being tried */
  socket_test slow = {.loop = loop, .url = url, .timeout = 600};
  socket_expect_error(&slow, CSIO_ETIMEOUT, "longer than 600 ms");
  socket_end_early(loop, url);
  end_silence(&silence);
}

/* --- the address to connect from --- */

static const char *address_of(client *client)
{
  static _Thread_local char text[INET6_ADDRSTRLEN];
  struct sockaddr_storage address;
  socklen_t size = sizeof address;
  CHECK(!getpeername(client->fd, (void *)&address, &size));
  const void *raw = address.ss_family == AF_INET6 ? (void *)&((struct sockaddr_in6 *)&address)->sin6_addr
                                                  : &((struct sockaddr_in *)&address)->sin_addr;
  return inet_ntop(address.ss_family, raw, text, sizeof text);
}

/* Tells the client which address it connects from, on either transport. */
static void tell_address(client *client)
{
  request *request = malloc(sizeof *request);
  CHECK(request);
  while (client_read_request(client, request)) {
    const char *address = address_of(client);
    request_free(request);
    if (!strstr(request->head, "Upgrade: websocket")) {
      client_answer(client, 200, address);
      continue;
    }
    ws_answer(client, request->head, "");
    ws_write(client, TEXT, true, address, strlen(address));
    client_drain(client);
    break;
  }
  free(request);
}

static void expect_from(
    const peer *server, const char *host, const char *local, int code, const char *expected)
{
  call call = {.loop = loop, .url = peer_url(server, "http", host, "/"), .local_address = local};
  call_run(&call);
  call_close(&call);
  CHECK_INT(call.error_code, code);
  if (code)
    CHECK_CONTAINS(call.message, expected);
  else
    CHECK_STRING((char *)call.answer, expected);
  call_free(&call);
  socket_test socket = {.loop = loop, .url = peer_url(server, "ws", host, "/"), .local_address = local};
  if (code) {
    socket_expect_error(&socket, code, expected);
    return;
  }
  socket_open(&socket);
  AWAIT(&socket.monitor, socket.messages);
  CHECK_STRING((char *)socket.message, expected);
  socket_close(&socket);
}

static void connects_from_an_address(void)
{
  peer v4, v6;
  peer_start(&v4, tell_address, NULL, NULL);
  expect_from(&v4, NULL, NULL, CSIO_OK, "127.0.0.1");
  expect_from(&v4, NULL, "127.0.0.1", CSIO_OK, "127.0.0.1");
  expect_from(&v4, NULL, "127.0.0.9", CSIO_OK, "127.0.0.9"); /* not the kept connection */
  expect_from(&v4, NULL, NULL, CSIO_OK, "127.0.0.1");
  expect_from(&v4, "localhost", "127.0.0.9", CSIO_OK, "127.0.0.9");
  expect_from(&v4, NULL, "::1", CSIO_ECONNECT, "could not connect to 127.0.0.1");
  expect_from(&v4, NULL, "192.0.2.1", CSIO_ECONNECT, "could not connect to 127.0.0.1");
  peer_stop(&v4);
  if (!peer_start_v6(&v6, tell_address, NULL, NULL)) {
    printf("  no IPv6 here\n");
    return;
  }
  expect_from(&v6, NULL, "::1", CSIO_OK, "::1");
  expect_from(&v6, NULL, "127.0.0.1", CSIO_ECONNECT, "could not connect to ::1");
  peer_stop(&v6);
}

static void refuse_addresses(void *arg)
{
  static const char *const bad[] = {
      "", "localhost", "lo", "127.0.0", "127.0.0.1:80", "[::1]", "host!127.0.0.1"};
  csio_http *http;
  csio_ws *ws;
  (void)arg;
  CHECK_INT(csio_http_create(loop, "GET", "http://localhost/", &http), CSIO_OK);
  CHECK_INT(csio_ws_create(loop, "ws://localhost/", &ws), CSIO_OK);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    CHECK_INT(csio_http_set_local_address(http, bad[i]), CSIO_EINVALID);
    CHECK_INT(csio_ws_set_local_address(ws, bad[i]), CSIO_EINVALID);
  }
  CHECK_INT(csio_http_set_local_address(http, "::1"), CSIO_OK);
  CHECK_INT(csio_http_set_local_address(http, NULL), CSIO_OK);
  CHECK_INT(csio_ws_set_local_address(ws, "::1"), CSIO_OK);
  CHECK_INT(csio_ws_set_local_address(ws, NULL), CSIO_OK);
  csio_http_close(http, NULL);
  csio_ws_close(ws, NULL);
}

static void refuses_invalid_addresses(void)
{
  on_loop(loop, refuse_addresses, NULL);
}

/* --- kept connections --- */

static void tell_connection(client *client)
{
  request *request = malloc(sizeof *request);
  CHECK(request);
  while (client_read_request(client, request)) {
    request_free(request);
    client_answer(client, 200, strstr(request->head, "\r\nConnection: close\r\n") ? "close" : "keep");
  }
  free(request);
}

static void keeps_connections_unless_turned_off(void)
{
  peer server;
  peer_start(&server, tell_connection, NULL, NULL);
  for (int i = 0; i < 6; i++) {
    /* kept, kept, then two without keep-alive, then the kept one again */
    bool own = i == 2 || i == 3;
    call call = {.loop = loop, .url = peer_url(&server, "http", NULL, "/"), .no_keep_alive = own};
    call_run(&call);
    call_close(&call);
    CHECK_STRING((char *)call.answer, own ? "close" : "keep");
    call_free(&call);
    AWAIT(&server.monitor, server.ended == (i < 2 ? 0 : i == 2 ? 1 : 2));
  }
  CHECK_INT(peer_count(&server, &server.accepted), 3);
  peer_stop(&server);
}

int main(int argc, char **argv)
{
  loop = test_loop();
  RUN(goes_on_to_the_next_address);
  RUN(does_not_wait_for_a_silent_address);
  RUN(waits_for_a_server_that_answers_late);
  RUN(does_not_wait_for_other_names);
  RUN(names_the_cause);
  RUN(tells_later_causes_from_refused_addresses);
  RUN(limits_and_cancels_attempts);
  RUN(connects_from_an_address);
  RUN(refuses_invalid_addresses);
  RUN(keeps_connections_unless_turned_off);
  csio_loop_close(loop);
}
