/* How WebSockets end: closing handshakes, faults, and closing in every state. */
#include "socket.h"
#include "ws_peer.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

static csio_loop *loop;

/* --- the closing handshake --- */

typedef struct farewell {
  unsigned code;
  const char *reason;
} farewell;

static void say_farewell(client *client)
{
  const farewell *farewell = client->peer->data;
  frame frame;
  if (!ws_accept(client, "", NULL)) return;
  ws_write_close(client, farewell->code, farewell->reason);
  CHECK(ws_read(client, &frame)); /* the client's answer */
  CHECK_INT(frame.opcode, CLOSE);
  CHECK_INT(frame.size, farewell->code ? strlen(farewell->reason) + 2 : 0);
  if (farewell->code) CHECK_INT(frame.bytes[0] << 8 | frame.bytes[1], farewell->code);
  frame_free(&frame);
}

static void reports_the_servers_code(void)
{
  static const farewell farewells[] = {{1000, ""}, {1001, "going away"}, {1008, "policy"}, {1011, "broken"},
      {3000, "registered"}, {4999, "own \xe2\x82\xac"}, {0, ""}};
  for (size_t i = 0; i < sizeof farewells / sizeof *farewells; i++) {
    peer server;
    peer_start(&server, say_farewell, NULL, (void *)&farewells[i]);
    socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/")};
    socket_start(&socket);
    socket_await_end(&socket);
    CHECK_INT(socket.closes, 1);
    CHECK_INT(socket.code, farewells[i].code ? farewells[i].code : 1005);
    CHECK_STRING(socket.reason, farewells[i].reason);
    socket_close(&socket);
    peer_stop(&server);
  }
}

static void answer_farewell(client *client)
{
  const farewell *expected = client->peer->data;
  frame frame;
  CHECK(ws_accept(client, "", NULL) && ws_read(client, &frame));
  CHECK_INT(frame.opcode, TEXT); /* what was queued goes out first */
  frame_free(&frame);
  CHECK(ws_read(client, &frame));
  CHECK_INT(frame.opcode, CLOSE);
  if (expected->code) {
    CHECK_INT(frame.bytes[0] << 8 | frame.bytes[1], expected->code);
    CHECK_STRING((char *)frame.bytes + 2, expected->reason);
  } else {
    CHECK_INT(frame.size, 0);
  }
  frame_free(&frame);
  ws_write(client, TEXT, true, "one more", 8);
  ws_write_close(client, 4001, "as you wish");
  CHECK(!ws_read(client, &frame)); /* no second close frame */
}

static void send_and_shut_down(void *arg)
{
  socket_test *socket = arg;
  const farewell *farewell = socket->data;
  CHECK_INT(csio_ws_shutdown(socket->ws, 999, ""), CSIO_EINVALID);
  CHECK_INT(csio_ws_shutdown(socket->ws, 1005, ""), CSIO_EINVALID);
  CHECK_INT(csio_ws_shutdown(socket->ws, 0, "reason without code"), CSIO_EINVALID);
  char reason[125];
  memset(reason, 'r', 124);
  reason[124] = '\0';
  CHECK_INT(csio_ws_shutdown(socket->ws, 1000, reason), CSIO_EINVALID);
  CHECK_INT(csio_ws_send(socket->ws, CSIO_WS_TEXT, "last", 4), CSIO_OK);
  CHECK_INT(csio_ws_shutdown(socket->ws, (uint16_t)farewell->code, farewell->reason), CSIO_OK);
  CHECK_INT(csio_ws_shutdown(socket->ws, 1000, ""), CSIO_ESTATE);
  CHECK_INT(csio_ws_send(socket->ws, CSIO_WS_TEXT, "late", 4), CSIO_ESTATE);
}

static void sends_its_own_code(void)
{
  static char longest[124];
  memset(longest, 'r', 123);
  const farewell farewells[] = {{1000, "bye"}, {3000, ""}, {4999, longest}, {0, NULL}};
  for (size_t i = 0; i < sizeof farewells / sizeof *farewells; i++) {
    peer server;
    peer_start(&server, answer_farewell, NULL, (void *)&farewells[i]);
    socket_test socket = {
        .loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .data = (void *)&farewells[i]};
    socket_open(&socket);
    on_loop(loop, send_and_shut_down, &socket);
    socket_await_end(&socket);
    CHECK_INT(socket.code, 4001);
    CHECK_STRING(socket.reason, "as you wish");
    CHECK_STRING((char *)socket.message, "one more");
    socket_close(&socket);
    peer_stop(&server);
  }
}

static void accept_and_ignore(client *client)
{
  if (ws_accept(client, "", NULL)) client_drain(client);
}

static void gives_up_on_the_servers_answer(void)
{
  peer server;
  peer_start(&server, accept_and_ignore, NULL, NULL);
  socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/")};
  socket_open(&socket);
  uint64_t before = csio_loop_now(loop);
  socket_shutdown(&socket, 1000, "");
  socket_await_end(&socket);
  CHECK_INT(socket.closes, 1);
  CHECK_INT(socket.code, 1006);
  CHECK(csio_loop_now(loop) - before >= 4900);
  socket_close(&socket);
  peer_stop(&server);
}

/* --- a lost connection --- */

static void accept_and_close(client *client)
{
  ws_accept(client, "", NULL);
}

static void accept_and_reset(client *client)
{
  frame frame;
  if (ws_accept(client, "", NULL) && ws_read(client, &frame)) frame_free(&frame);
  client_reset(client);
}

static void send_hello(socket_test *socket)
{
  CHECK_INT(csio_ws_send(socket->ws, CSIO_WS_TEXT, "hello", 5), CSIO_OK);
}

static void reports_1006_without_a_close_frame(void)
{
  const script scripts[] = {accept_and_close, accept_and_reset};
  for (int i = 0; i < 2; i++) {
    peer server;
    peer_start(&server, scripts[i], NULL, NULL);
    socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .on_open = send_hello};
    socket_start(&socket);
    socket_await_end(&socket);
    CHECK_INT(socket.opened, 1);
    CHECK_INT(socket.errors, 0);
    CHECK_INT(socket.code, 1006);
    CHECK_STRING(socket.reason, "");
    socket_close(&socket);
    peer_stop(&server);
  }
}

static void send_bad_frame(client *client)
{
  static const char *const frames[] = {
      "\x83\x01x", "\xc1\x01x", "\x09\x01x", "\x80\x01x", "\x89\x7e\x01\x00"};
  if (!ws_accept(client, "", NULL)) return;
  const char *frame = frames[(intptr_t)client->peer->data];
  client_write(client, frame, client->peer->data == (void *)4 ? 4 : 3);
  client_drain(client);
}

/* A reserved opcode, a reserved bit, a fragmented control frame, a continuation without a start, a control
 * frame that is too long. */
static void reports_bad_frames(void)
{
  static const char *const names[] = {"sent an unknown opcode", "sent a reserved bit",
      "sent a fragmented control frame", "sent a continuation of no message", "sent a control frame of more"};
  for (intptr_t i = 0; i < 5; i++) {
    peer server;
    peer_start(&server, send_bad_frame, NULL, (void *)i);
    socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/")};
    socket_expect_error(&socket, CSIO_EPROTOCOL, names[i]);
    CHECK_INT(socket.opened, 1);
    peer_stop(&server);
  }
}

/* --- closing the handle, and the loop, in every state --- */

static void close_new(void *arg)
{
  csio_ws *ws;
  CHECK_INT(csio_ws_create(loop, arg, &ws), CSIO_OK);
  csio_ws_close(ws, NULL);
}

static void must_not_run(csio_ws *ws, const csio_error *error, void *data)
{
  (void)ws, (void)data;
  FAIL("on_error runs after csio_ws_close: %s", error->message);
}

static monitor gone = MONITOR;
static int gone_count; /* under `gone` */

static void on_gone(void *data)
{
  (void)data;
  CHANGE(&gone, gone_count++);
}

/* In one turn of the loop, so that the resolver cannot finish first. */
static void connect_and_close(void *arg)
{
  csio_ws *ws;
  CHECK_INT(csio_ws_create(loop, arg, &ws), CSIO_OK);
  csio_ws_on_error(ws, must_not_run);
  CHECK_INT(csio_ws_connect(ws), CSIO_OK);
  csio_ws_close(ws, on_gone);
}

static void closes_in_every_state(void)
{
  on_loop(loop, close_new, "ws://localhost/");
  on_loop(loop, connect_and_close, "ws://no-such-host.invalid/");
  AWAIT(&gone, gone_count == 1);

  peer server;
  peer_start(&server, client_drain, NULL, NULL);
  socket_test waiting = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/")};
  socket_start(&waiting); /* it has barely started to connect */
  socket_close(&waiting);
  waiting = (socket_test){.loop = loop, .url = peer_url(&server, "ws", NULL, "/")};
  int before = peer_count(&server, &server.accepted);
  socket_start(&waiting);
  AWAIT(&server.monitor, server.accepted > before);
  socket_close(&waiting);
  CHECK_INT(waiting.errors + waiting.closes, 0);
  peer_stop(&server);

  peer_start(&server, accept_and_ignore, NULL, NULL);
  for (int shutting_down = 0; shutting_down < 2; shutting_down++) {
    socket_test open = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/")};
    socket_open(&open);
    socket_send(&open, CSIO_WS_TEXT, "x", 1);
    if (shutting_down) socket_shutdown(&open, 1000, "");
    socket_close(&open);
    CHECK_INT(open.errors + open.closes, 0);
    AWAIT(&server.monitor, server.ended == shutting_down + 1); /* the connection is cut at once */
  }
  peer_stop(&server);
}

static void closes_inside_its_callbacks(void)
{
  peer server;
  peer_start(&server, ws_echo, NULL, NULL);
  socket_test in_open = {
      .loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .on_open = socket_close_inside};
  socket_start(&in_open);
  AWAIT(&in_open.monitor, in_open.gone);
  CHECK_INT(in_open.closes + in_open.errors, 0);

  socket_test in_drain = {.loop = loop,
      .url = peer_url(&server, "ws", NULL, "/"),
      .on_open = send_hello,
      .on_drain = socket_close_inside};
  socket_start(&in_drain);
  AWAIT(&in_drain.monitor, in_drain.gone);
  peer_stop(&server);

  peer_start(&server, accept_and_close, NULL, NULL);
  socket_test in_close = {
      .loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .on_end = socket_close_inside};
  socket_start(&in_close);
  AWAIT(&in_close.monitor, in_close.gone);
  CHECK_INT(in_close.closes, 1);
  peer_stop(&server);

  socket_test in_error = {.loop = loop, .url = "ws://127.0.0.1:1/", .on_end = socket_close_inside};
  socket_start(&in_error);
  AWAIT(&in_error.monitor, in_error.gone);
  CHECK_INT(in_error.errors, 1);
}

/* Sends the acceptance and a message in one segment. */
static void accept_with_a_message(client *client)
{
  request request;
  if (!client_read_request(client, &request)) return;
  client_print(client,
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: %s\r\n\r\n\x81\x05hello",
      ws_accept_key(request.head));
  request_free(&request);
  client_drain(client);
}

static void delivers_nothing_after_it_was_closed(void)
{
  peer server;
  peer_start(&server, accept_with_a_message, NULL, NULL);
  socket_test socket = {
      .loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .on_open = socket_close_inside};
  socket_start(&socket);
  AWAIT(&socket.monitor, socket.gone);
  CHECK_INT(socket.opened, 1);
  CHECK_INT(socket.messages + socket.closes + socket.errors, 0);
  peer_stop(&server);
}

static void ends_with_the_loop(void)
{
  peer silent, echo;
  peer_start(&silent, client_drain, NULL, NULL);
  peer_start(&echo, ws_echo, NULL, NULL);
  csio_loop *own = test_loop();
  socket_test sockets[] = {
      {.loop = own, .url = "ws://no-such-host.invalid/"},
      {.loop = own, .url = peer_url(&silent, "ws", NULL, "/")},
      {.loop = own, .url = peer_url(&echo, "ws", NULL, "/")},
      {.loop = own, .url = peer_url(&echo, "ws", NULL, "/"), .on_end = socket_close_inside},
  };
  socket_start(&sockets[0]);
  socket_start(&sockets[1]);
  socket_open(&sockets[2]);
  socket_open(&sockets[3]);
  csio_loop_close(own);
  for (int i = 1; i < 4; i++) {
    CHECK_INT(sockets[i].errors, 1);
    CHECK_INT(sockets[i].error_code, CSIO_ECANCELLED);
  }
  CHECK_INT(sockets[0].errors, 1); /* CANCELLED, or RESOLVE if the resolver finished first */
  CHECK_INT(sockets[3].gone, 1);
  peer_stop(&silent);
  peer_stop(&echo);
}

static void send_too_much(client *client)
{
  if (ws_accept(client, "", NULL) && ws_write(client, TEXT, true, "too much", 8)) client_drain(client);
}

/* A peer that does not answer the close frame does not delay the end of the program. */
static void does_not_linger_at_the_loops_end(void)
{
  peer server;
  peer_start(&server, send_too_much, NULL, NULL);
  for (int closed = 0; closed < 2; closed++) {
    csio_loop *own = test_loop();
    socket_test socket = {.loop = own,
        .url = peer_url(&server, "ws", NULL, "/"),
        .max_message = 7,
        .on_end = closed ? socket_close_inside : NULL};
    socket_start(&socket);
    socket_await_end(&socket);
    CHECK_INT(socket.error_code, CSIO_ETOO_LARGE);
    uint64_t before = csio_loop_now(loop);
    csio_loop_close(own);
    CHECK(csio_loop_now(loop) - before < 4000);
    CHECK_INT(socket.gone, closed);
  }
  peer_stop(&server);
}

/* --- descriptors --- */

#ifndef CSIO_SANITIZE
static atomic_int closed_twice;

/* Replaces the C library's function, for the libraries too. */
__attribute__((visibility("default"))) int close(int fd)
{
  long result = syscall(SYS_close, fd);
  if (result && errno == EBADF) atomic_fetch_add(&closed_twice, 1);
  return (int)result;
}

/* A descriptor that is closed twice may by then belong to another thread's file. */
static void closes_no_descriptor_twice(void)
{
  peer server;
  peer_start(&server, ws_echo, NULL, NULL);
  csio_loop *own = test_loop();
  socket_test socket = {.loop = own, .url = peer_url(&server, "ws", NULL, "/")};
  socket_open(&socket);
  socket_close(&socket);
  int before = atomic_load(&closed_twice);
  csio_loop_close(own);
  CHECK_INT(atomic_load(&closed_twice), before);
  peer_stop(&server);
}
#endif

int main(int argc, char **argv)
{
  loop = test_loop();
  RUN(reports_the_servers_code);
  RUN(sends_its_own_code);
  RUN(gives_up_on_the_servers_answer);
  RUN(reports_1006_without_a_close_frame);
  RUN(reports_bad_frames);
  RUN(closes_in_every_state);
  RUN(closes_inside_its_callbacks);
  RUN(delivers_nothing_after_it_was_closed);
  RUN(ends_with_the_loop);
  RUN(does_not_linger_at_the_loops_end);
#ifndef CSIO_SANITIZE
  RUN(closes_no_descriptor_twice);
#endif
  csio_loop_close(loop);
}
