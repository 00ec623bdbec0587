/* Messages on an open WebSocket. */
#include "socket.h"
#include "ws_peer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

static csio_loop *loop;
static peer echo;

static void echoes_every_size(void)
{
  static const size_t sizes[] = {0, 1, 125, 126, 4096, 16384, 16385, 65535, 65536, 100000, 1 << 20, 16 << 20};
  socket_test socket = {.loop = loop, .url = peer_url(&echo, "ws", NULL, "/")};
  socket_open(&socket);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (csio_ws_type type = CSIO_WS_TEXT; type <= CSIO_WS_BINARY; type++) {
      int before = socket.messages;
      uint8_t *bytes = test_bytes(sizes[i], (unsigned)i);
      for (size_t j = 0; type == CSIO_WS_TEXT && j < sizes[i]; j++)
        bytes[j] &= 0x7f; /* text must be UTF-8 */
      socket_send(&socket, type, bytes, sizes[i]);
      AWAIT(&socket.monitor, socket.messages > before);
      CHECK_INT(socket.size, sizes[i]);
      CHECK_INT(socket.type, type);
      CHECK(!memcmp(socket.message, bytes, sizes[i]));
      free(bytes);
    }
  socket_shutdown(&socket, 1000, "bye");
  socket_await_end(&socket);
  CHECK_INT(socket.code, 1000);
  CHECK_STRING(socket.reason, "bye");
  socket_close(&socket);
  CHECK_INT(socket.errors, 0);
  CHECK_INT(socket.closes, 1);
}

/* --- one frame per message --- */

static void count_frames(client *client)
{
  if (!ws_accept(client, "", NULL)) return;
  frame frame;
  while (ws_read(client, &frame) && frame.opcode != CLOSE) {
    CHECK(frame.final);
    char count[32];
    int size = snprintf(count, sizeof count, "%zu", frame.size);
    ws_write(client, TEXT, true, count, (size_t)size);
    frame_free(&frame);
  }
  frame_free(&frame);
}

static void sends_a_message_in_one_frame(void)
{
  peer server;
  peer_start(&server, count_frames, NULL, NULL);
  socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/")};
  socket_open(&socket);
  uint8_t *bytes = test_bytes(16 << 20, 1);
  socket_send(&socket, CSIO_WS_BINARY, bytes, 16 << 20);
  AWAIT(&socket.monitor, socket.messages == 1);
  CHECK_STRING((char *)socket.message, "16777216");
  free(bytes);
  socket_close(&socket);
  peer_stop(&server);
}

/* --- fragments and control frames --- */

static void send_fragments(client *client)
{
  if (!ws_accept(client, "", NULL)) return;
  frame frame;
  ws_write(client, TEXT, false, "one ", 4);
  ws_write(client, PING, true, "in between", 10);
  ws_write(client, CONTINUATION, false, "", 0);
  ws_write(client, CONTINUATION, true, "two", 3);
  CHECK(ws_read(client, &frame));
  CHECK_INT(frame.opcode, PONG);
  CHECK_STRING((char *)frame.bytes, "in between");
  frame_free(&frame);
  ws_write(client, BINARY, false, "", 0);
  ws_write(client, CONTINUATION, true, "", 0);
  ws_write(client, PONG, true, "unasked", 7);
  uint8_t *bytes = test_bytes(300000, 7);
  for (int i = 0; i < 100; i++)
    ws_write(client, i ? CONTINUATION : BINARY, i == 99, bytes + i * 3000, 3000);
  free(bytes);
  client_drain(client);
}

static void check_fragments(socket_test *socket, csio_ws_type type, const uint8_t *bytes, size_t size)
{
  switch (socket->messages) {
  case 0:
    CHECK_INT(type, CSIO_WS_TEXT);
    CHECK_STRING((const char *)bytes, "one two");
    break;
  case 1:
    CHECK_INT(type, CSIO_WS_BINARY);
    CHECK_INT(size, 0);
    break;
  default: {
    uint8_t *expected = test_bytes(300000, 7);
    CHECK_INT(type, CSIO_WS_BINARY);
    CHECK_INT(size, 300000);
    CHECK(!memcmp(bytes, expected, size));
    free(expected);
  }
  }
}

static void joins_fragments(void)
{
  peer server;
  peer_start(&server, send_fragments, NULL, NULL);
  socket_test socket = {
      .loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .on_message = check_fragments};
  socket_open(&socket);
  AWAIT(&socket.monitor, socket.messages == 3);
  socket_close(&socket);
  peer_stop(&server);
}

/* --- order, backpressure --- */

enum { MANY = 20000, PAYLOAD = 1000 };

typedef struct slow_reader {
  monitor monitor;
  bool go;
} slow_reader;

static void read_slowly(client *client)
{
  slow_reader *gate = client->peer->data;
  if (!ws_accept(client, "", NULL)) return;
  AWAIT(&gate->monitor, gate->go);
  frame frame;
  for (int i = 0; i < MANY; i++) {
    CHECK(ws_read(client, &frame));
    CHECK_INT(frame.size, PAYLOAD);
    CHECK_INT(atoi((char *)frame.bytes), i);
    frame_free(&frame);
  }
  ws_write(client, TEXT, true, "all", 3);
  client_drain(client);
}

static void queue_many(void *arg)
{
  socket_test *socket = arg;
  CHECK_INT(csio_ws_queued_bytes(socket->ws), 0);
  for (int i = 0; i < MANY; i++) {
    csio_buffer *buffer = csio_buffer_create(PAYLOAD);
    CHECK(buffer);
    memset(csio_buffer_bytes(buffer), ' ', PAYLOAD);
    snprintf((char *)csio_buffer_bytes(buffer), PAYLOAD, "%d", i);
    CHECK_INT(csio_ws_send_buffer(socket->ws, CSIO_WS_TEXT, buffer), CSIO_OK);
  }
  CHECK_INT(csio_ws_queued_bytes(socket->ws), MANY * PAYLOAD);
}

static void read_queued(void *arg)
{
  socket_test *socket = arg;
  socket->bytes = csio_ws_queued_bytes(socket->ws);
}

static void check_drained(socket_test *socket)
{
  CHECK_INT(csio_ws_queued_bytes(socket->ws), 0);
}

static void waits_for_a_slow_reader(void)
{
  slow_reader gate = {MONITOR, false};
  peer server;
  peer_start(&server, read_slowly, NULL, &gate);
  socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .on_drain = check_drained};
  socket_open(&socket);
  on_loop(loop, queue_many, &socket);
  for (int i = 0; i < 20; i++)
    on_loop(loop, read_queued, &socket); /* gives the loop turns in which it could write */
  CHECK(socket.bytes > 0);               /* 20 MB do not fit in the kernel */
  CHECK_INT(socket.drains, 0);
  CHANGE(&gate.monitor, gate.go = true);
  AWAIT(&socket.monitor, socket.messages == 1);
  AWAIT(&socket.monitor, socket.drains == 1);
  socket_close(&socket);
  peer_stop(&server);
}

/* Reads only once the client has much to send, and counts what arrives before the urgent message. */
static void read_until_urgent(client *client)
{
  slow_reader *gate = client->peer->data;
  if (!ws_accept(client, "", NULL)) return;
  AWAIT(&gate->monitor, gate->go);
  int before = 0;
  for (int number = 0; number < MANY;) {
    frame frame;
    CHECK(ws_read(client, &frame));
    if (frame.size == PAYLOAD)
      CHECK_INT(atoi((char *)frame.bytes), number++);
    else
      before = number;
    if (frame.size != PAYLOAD) CHECK_STRING((char *)frame.bytes, "last");
    frame_free(&frame);
  }
  CHECK(before > 0);
#ifdef TCP_NOTSENT_LOWAT
  CHECK(before * PAYLOAD < 1 << 20);
#endif
  ws_write(client, TEXT, true, "all", 3);
  client_drain(client);
}

static void send_urgent_ones(void *arg)
{
  socket_test *socket = arg;
  size_t queued = csio_ws_queued_bytes(socket->ws);
  for (int i = 0; i < 1000; i++)
    CHECK_INT(csio_ws_send(socket->ws, CSIO_WS_TEXT | CSIO_WS_URGENT, "one", 3), CSIO_OK);
  CHECK_INT(csio_ws_send(socket->ws, CSIO_WS_TEXT | CSIO_WS_URGENT, "last", 4), CSIO_OK);
  CHECK_INT(csio_ws_queued_bytes(socket->ws), queued + 4);
}

static void sends_the_last_urgent_message_first(void)
{
  slow_reader gate = {MONITOR, false};
  peer server;
  peer_start(&server, read_until_urgent, NULL, &gate);
  socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/")};
  socket_open(&socket);
  on_loop(loop, queue_many, &socket);
  for (int i = 0; i < 20; i++)
    on_loop(loop, read_queued, &socket);
  on_loop(loop, send_urgent_ones, &socket);
  CHANGE(&gate.monitor, gate.go = true);
  AWAIT(&socket.monitor, socket.messages == 1);
  socket_close(&socket);
  peer_stop(&server);
}

static void ping_often(client *client)
{
  slow_reader *gate = client->peer->data;
  frame frame;
  if (!ws_accept(client, "", NULL)) return;
  CHECK(ws_read(client, &frame)); /* afterwards the client sends more than a kernel takes at once */
  frame_free(&frame);
  for (int i = 0; i < MANY; i++) {
    char text[16];
    ws_write(client, PING, true, text, (size_t)snprintf(text, sizeof text, "%d", i));
  }
  ws_write(client, TEXT, true, "all", 3);
  AWAIT(&gate->monitor, gate->go);
  CHECK(ws_read(client, &frame));
  CHECK_INT(frame.size, 16 << 20);
  frame_free(&frame);
  CHECK(ws_read(client, &frame));
  CHECK_INT(frame.opcode, PONG);
  CHECK_INT(atoi((char *)frame.bytes), MANY - 1);
  frame_free(&frame);
  CHECK(ws_read(client, &frame));
  CHECK_STRING((char *)frame.bytes, "behind");
  frame_free(&frame);
  client_drain(client);
}

static void send_much(socket_test *socket)
{
  uint8_t *bytes = test_bytes(16 << 20, 1);
  CHECK_INT(csio_ws_send(socket->ws, CSIO_WS_TEXT, "ready", 5), CSIO_OK);
  CHECK_INT(csio_ws_send(socket->ws, CSIO_WS_BINARY, bytes, 16 << 20), CSIO_OK);
  CHECK_INT(csio_ws_send(socket->ws, CSIO_WS_TEXT, "behind", 6), CSIO_OK);
  free(bytes);
}

static void answers_the_last_ping_only(void)
{
  slow_reader gate = {MONITOR, false};
  peer server;
  peer_start(&server, ping_often, NULL, &gate);
  socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .on_open = send_much};
  socket_open(&socket);
  AWAIT(&socket.monitor, socket.messages == 1);
  CHANGE(&gate.monitor, gate.go = true);
  AWAIT(&socket.monitor, socket.drains == 1);
  socket_close(&socket);
  peer_stop(&server);
}

static void send_again_on_drain(socket_test *socket)
{
  if (socket->drains < 3) CHECK_INT(csio_ws_send(socket->ws, CSIO_WS_TEXT, "more", 4), CSIO_OK);
}

static void drains_each_time(void)
{
  socket_test socket = {
      .loop = loop, .url = peer_url(&echo, "ws", NULL, "/"), .on_drain = send_again_on_drain};
  socket_open(&socket);
  socket_send(&socket, CSIO_WS_TEXT, "first", 5);
  AWAIT(&socket.monitor, socket.messages == 4 && socket.drains == 4);
  socket_close(&socket);
}

static void send_many(client *client)
{
  if (!ws_accept(client, "", NULL)) return;
  for (int i = 0; i < MANY; i++) {
    char text[16];
    ws_write(client, TEXT, true, text, (size_t)snprintf(text, sizeof text, "%d", i));
  }
  client_drain(client);
}

static void check_number(socket_test *socket, csio_ws_type type, const uint8_t *bytes, size_t size)
{
  (void)type;
  (void)size;
  CHECK_INT(atoi((const char *)bytes), socket->messages);
}

static void receives_many_in_order(void)
{
  peer server;
  peer_start(&server, send_many, NULL, NULL);
  socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .on_message = check_number};
  socket_open(&socket);
  AWAIT(&socket.monitor, socket.messages == MANY);
  socket_close(&socket);
  peer_stop(&server);
}

/* --- limits --- */

static void send_one_too_large(client *client)
{
  if (!ws_accept(client, "", NULL)) return;
  bool fragments = client->peer->data;
  uint8_t *bytes = test_bytes(100001, 1);
  for (int i = 0; i < 1 + fragments; i++)
    ws_write(client, BINARY, true, bytes, 100000);
  if (fragments) {
    ws_write(client, BINARY, false, bytes, 60000);
    ws_write(client, CONTINUATION, true, bytes, 40001);
  } else {
    ws_write(client, BINARY, true, bytes, 100001);
  }
  free(bytes);
  frame frame;
  CHECK(ws_read(client, &frame));
  CHECK_INT(frame.opcode, CLOSE);
  CHECK_INT(frame.bytes[0] << 8 | frame.bytes[1], 1009);
  frame_free(&frame);
  ws_write_close(client, 1009, "");
}

static void refuses_messages_too_large(void)
{
  for (intptr_t fragments = 0; fragments < 2; fragments++) {
    peer server;
    peer_start(&server, send_one_too_large, NULL, (void *)fragments);
    socket_test socket = {.loop = loop,
        .url = peer_url(&server, "ws", NULL, "/"),
        .max_message = 100000,
        .on_end = socket_close_inside};
    socket_start(&socket);
    socket_await_end(&socket);
    CHECK_INT(socket.error_code, CSIO_ETOO_LARGE);
    CHECK_CONTAINS(socket.error, "more than 100000 bytes");
    CHECK_INT(socket.messages, 1 + fragments);
    AWAIT(&server.monitor, server.ended == 1); /* the server has seen code 1009 */
    socket_close(&socket);
    peer_stop(&server);
  }
}

/* --- closing inside a batch --- */

static void close_on_third(socket_test *socket, csio_ws_type type, const uint8_t *bytes, size_t size)
{
  check_number(socket, type, bytes, size);
  if (socket->messages == 2) socket_close_inside(socket);
}

static void closes_amid_received_messages(void)
{
  peer server;
  peer_start(&server, send_many, NULL, NULL);
  socket_test socket = {
      .loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .on_message = close_on_third};
  socket_start(&socket);
  AWAIT(&socket.monitor, socket.gone);
  CHECK_INT(socket.messages, 3);
  CHECK_INT(socket.closes + socket.errors, 0);
  socket_close(&socket);
  peer_stop(&server);
}

static void end_loop_on_third(socket_test *socket, csio_ws_type type, const uint8_t *bytes, size_t size)
{
  check_number(socket, type, bytes, size);
  if (socket->messages == 2) csio_loop_close(socket->loop);
}

static void ends_the_loop_inside_on_message(void)
{
  peer server;
  peer_start(&server, send_many, NULL, NULL);
  socket_test socket = {
      .loop = test_loop(), .url = peer_url(&server, "ws", NULL, "/"), .on_message = end_loop_on_third};
  socket_start(&socket);
  AWAIT(&socket.monitor, socket.errors);
  CHECK_INT(socket.error_code, CSIO_ECANCELLED);
  AWAIT(&server.monitor, server.ended == 1);
  peer_stop(&server);
  free(socket.message);
}

/* --- several at once --- */

enum { SOCKETS = 50 };

static void keeps_connections_apart(void)
{
  static socket_test sockets[SOCKETS];
  for (int i = 0; i < SOCKETS; i++) {
    sockets[i] = (socket_test){.loop = loop, .url = peer_url(&echo, "ws", NULL, "/")};
    socket_start(&sockets[i]);
  }
  for (int i = 0; i < SOCKETS; i++) {
    char text[16];
    AWAIT(&sockets[i].monitor, sockets[i].opened);
    socket_send(&sockets[i], CSIO_WS_TEXT, text, (size_t)snprintf(text, sizeof text, "%d", i));
  }
  for (int i = 0; i < SOCKETS; i++) {
    AWAIT(&sockets[i].monitor, sockets[i].messages == 1);
    CHECK_INT(atoi((char *)sockets[i].message), i);
    socket_close(&sockets[i]);
  }
}

int main(int argc, char **argv)
{
  loop = test_loop();
  peer_start(&echo, ws_echo, NULL, NULL);
  RUN(echoes_every_size);
  RUN(sends_a_message_in_one_frame);
  RUN(joins_fragments);
  RUN(waits_for_a_slow_reader);
  RUN(sends_the_last_urgent_message_first);
  RUN(answers_the_last_ping_only);
  RUN(drains_each_time);
  RUN(receives_many_in_order);
  RUN(refuses_messages_too_large);
  RUN(closes_amid_received_messages);
  RUN(ends_the_loop_inside_on_message);
  RUN(keeps_connections_apart);
  csio_loop_close(loop);
  peer_stop(&echo);
}
