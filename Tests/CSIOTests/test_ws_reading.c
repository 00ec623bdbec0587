/* A WebSocket that stops reading and resumes. */
#include "certs.h"
#include "tls_settings.h"
#include "socket.h"
#include "ws_peer.h"

#include <zlib.h>

enum {
  MANY = 1000,
  ROUNDS = 50, /* turns of the loop, enough for anything to happen */
  SECURE = 1,
  COMPRESS = 2,
  KINDS = 4,
};

static csio_loop *loop;
static identity authority, good;

/* --- the server --- */

typedef enum end { STAY, SAY_CLOSE, HANG_UP, ANSWER_CLOSE } end;

typedef struct server_plan {
  bool compress;
  int count;   /* messages */
  size_t size; /* of each message; 0 for small ones of varying size */
  bool halves; /* pauses in the middle of the last one */
  bool ping;   /* after the messages */
  end end;
  /* under the peer's monitor */
  int written; /* messages */
  bool go_on;
  bool pong;
} server_plan;

static size_t size_of(const server_plan *plan, int number)
{
  return plan->size ? plan->size : (size_t)(number * 7 % 200 + 4);
}

/* A message that says which one it is, and compresses well. */
static uint8_t *message_of(const server_plan *plan, int number, size_t *size)
{
  *size = size_of(plan, number);
  uint8_t *bytes = malloc(*size);
  CHECK(bytes);
  memset(bytes, 'a' + number % 26, *size);
  memcpy(bytes, &(uint32_t){(uint32_t)number & 0x7f7f7f7f}, 4);
  return bytes;
}

static void write_message(client *client, server_plan *plan, z_stream *stream, int number)
{
  size_t size;
  uint8_t *bytes = message_of(plan, number, &size);
  if (plan->compress) {
    size_t most = size + size / 8 + 64;
    uint8_t *out = malloc(most);
    stream->next_in = bytes;
    stream->avail_in = (uInt)size;
    stream->next_out = out;
    stream->avail_out = (uInt)most;
    CHECK_INT(deflate(stream, Z_SYNC_FLUSH), Z_OK);
    ws_write(client, BINARY | COMPRESSED, true, out, most - stream->avail_out - 4);
    free(out);
  } else if (plan->halves && number == plan->count - 1) {
    ws_write(client, BINARY, false, bytes, size / 2);
    CHANGE(&client->peer->monitor, plan->written++);
    AWAIT(&client->peer->monitor, plan->go_on);
    ws_write(client, CONTINUATION, true, bytes + size / 2, size - size / 2);
  } else {
    ws_write(client, BINARY, true, bytes, size);
  }
  free(bytes);
  CHANGE(&client->peer->monitor, plan->written++);
}

static void serve(client *client)
{
  server_plan *plan = client->peer->data;
  z_stream stream = {0};
  CHECK(deflateInit2(&stream, 1, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  const char *terms =
      plan->compress ? "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n" : "";
  frame frame;
  if (ws_accept(client, terms, NULL)) {
    for (int i = 0; i < plan->count; i++)
      write_message(client, plan, &stream, i);
    if (plan->ping) {
      ws_write(client, PING, true, "there?", 6);
      CHECK(ws_read(client, &frame) && frame.opcode == PONG);
      frame_free(&frame);
      CHANGE(&client->peer->monitor, plan->pong = true);
    }
    if (plan->end == SAY_CLOSE) ws_write_close(client, 1001, "later");
    if (plan->end == ANSWER_CLOSE) {
      CHECK(ws_read(client, &frame) && frame.opcode == CLOSE);
      frame_free(&frame);
      ws_write_close(client, 1000, "bye");
    }
    if (plan->end != HANG_UP) client_drain(client);
  }
  deflateEnd(&stream);
}

/* --- the client --- */

typedef struct reader {
  peer server;
  server_plan plan;
  SSL_CTX *ctx;
  socket_test socket;
  int stop_at;  /* stops with the message of this number */
  bool stutter; /* stops and resumes at every message */
} reader;

static void check_message(socket_test *socket, csio_ws_type type, const uint8_t *bytes, size_t size)
{
  reader *reader = socket->data;
  size_t expected_size;
  uint8_t *expected = message_of(&reader->plan, socket->messages, &expected_size);
  CHECK_INT(type, CSIO_WS_BINARY);
  CHECK_INT(size, expected_size);
  CHECK(!memcmp(bytes, expected, size));
  free(expected);
  if (reader->stutter || socket->messages == reader->stop_at)
    CHECK_INT(csio_ws_read_stop(socket->ws), CSIO_OK);
  if (reader->stutter) CHECK_INT(csio_ws_read_start(socket->ws), CSIO_OK);
}

static void open_reader(reader *reader, int kind)
{
  reader->plan.compress = kind & COMPRESS;
  if (kind & SECURE) {
    reader->ctx = server_context(&good, NULL);
    reader->socket.tls = tls_trusting(&authority);
  }
  peer_start(&reader->server, serve, reader->ctx, &reader->plan);
  reader->socket.loop = loop;
  reader->socket.url = peer_url(&reader->server, kind & SECURE ? "wss" : "ws", "localhost", "/");
  reader->socket.deflate = kind & COMPRESS;
  reader->socket.data = reader;
  reader->socket.on_message = check_message;
  socket_open(&reader->socket);
}

static void close_reader(reader *reader)
{
  socket_close(&reader->socket);
  peer_stop(&reader->server);
  csio_tls_release(reader->socket.tls);
  SSL_CTX_free(reader->ctx);
}

static void start_reading(void *arg)
{
  socket_test *socket = arg;
  socket->err = csio_ws_read_start(socket->ws);
}

static void stop_reading(void *arg)
{
  socket_test *socket = arg;
  socket->err = csio_ws_read_stop(socket->ws);
}

/* Unless it has ended. */
static void stop_again(void *arg)
{
  csio_ws_read_stop(((socket_test *)arg)->ws);
}

static void nothing(void *arg)
{
  (void)arg;
}

/* Lets everything happen that could. */
static void run_rounds(void)
{
  for (int i = 0; i < ROUNDS; i++)
    on_loop(loop, nothing, NULL);
}

static void expect_messages(reader *reader, int count)
{
  run_rounds();
  CHECK_INT(reader->socket.messages, count);
}

static void go_on(reader *reader)
{
  on_loop(loop, start_reading, &reader->socket);
  AWAIT(&reader->socket.monitor, reader->socket.messages == reader->plan.count);
}

/* --- the tests --- */

static void stops_and_resumes(void)
{
  for (int kind = 0; kind < KINDS; kind++) {
    reader reader = {.plan = {.count = MANY, .ping = true}, .stop_at = 2};
    open_reader(&reader, kind);
    AWAIT(&reader.socket.monitor, reader.socket.messages == 3);
    AWAIT(&reader.server.monitor, reader.plan.written == MANY);
    expect_messages(&reader, 3);
    CHECK(!reader.plan.pong);
    /* stops again within what was already read, and once beyond it */
    reader.stop_at = 5;
    on_loop(loop, start_reading, &reader.socket);
    AWAIT(&reader.socket.monitor, reader.socket.messages == 6);
    expect_messages(&reader, 6);
    reader.stop_at = MANY - 10;
    on_loop(loop, start_reading, &reader.socket);
    AWAIT(&reader.socket.monitor, reader.socket.messages == MANY - 9);
    expect_messages(&reader, MANY - 9);
    go_on(&reader);
    AWAIT(&reader.server.monitor, reader.plan.pong);
    close_reader(&reader);
  }
}

static void holds_the_peer_back(void)
{
  for (int kind = 0; kind <= SECURE; kind++) {
    reader reader = {.plan = {.count = 200, .size = 1 << 20}, .stop_at = 0};
    open_reader(&reader, kind);
    AWAIT(&reader.socket.monitor, reader.socket.messages == 1);
    expect_messages(&reader, 1);
    CHECK(peer_count(&reader.server, &reader.plan.written) < 200);
    go_on(&reader);
    close_reader(&reader);
  }
}

static void keeps_half_a_message(void)
{
  for (int kind = 0; kind <= SECURE; kind++) {
    reader reader = {.plan = {.count = 1, .size = 300000, .halves = true}, .stop_at = -1};
    open_reader(&reader, kind);
    AWAIT(&reader.server.monitor, reader.plan.written == 1);
    run_rounds();
    on_loop(loop, stop_reading, &reader.socket);
    CHECK_INT(reader.socket.err, CSIO_OK);
    CHANGE(&reader.server.monitor, reader.plan.go_on = true);
    AWAIT(&reader.server.monitor, reader.plan.written == 2);
    expect_messages(&reader, 0);
    go_on(&reader);
    close_reader(&reader);
  }
}

static void stutters(void)
{
  for (int kind = 0; kind < KINDS; kind++) {
    reader reader = {.plan = {.count = MANY, .size = kind & 1 ? 0 : 20000}, .stutter = true};
    open_reader(&reader, kind);
    AWAIT(&reader.socket.monitor, reader.socket.messages == MANY);
    close_reader(&reader);
  }
}

static void notices_the_end_when_it_resumes(void)
{
  static const end ends[] = {SAY_CLOSE, HANG_UP};
  for (int i = 0; i < 2; i++)
    for (int kind = 0; kind < KINDS; kind++) {
      reader reader = {.plan = {.count = 10, .end = ends[i]}, .stop_at = 2};
      open_reader(&reader, kind);
      AWAIT(&reader.socket.monitor, reader.socket.messages >= 3);
      if (ends[i] == HANG_UP) AWAIT(&reader.server.monitor, reader.server.ended == 1);
      run_rounds();
      /* the end of TLS may have been read together with the messages */
      if (!(kind & SECURE)) CHECK_INT(reader.socket.closes, 0);
      on_loop(loop, start_reading, &reader.socket);
      socket_await_end(&reader.socket);
      CHECK_INT(reader.socket.messages, 10);
      CHECK_INT(reader.socket.code, ends[i] == HANG_UP ? 1006 : 1001);
      on_loop(loop, stop_reading, &reader.socket);
      CHECK_INT(reader.socket.err, CSIO_ESTATE);
      on_loop(loop, start_reading, &reader.socket);
      CHECK_INT(reader.socket.err, CSIO_ESTATE);
      close_reader(&reader);
    }
}

static void reset_when_told(client *client)
{
  if (!ws_accept(client, "", NULL)) return;
  ws_write(client, BINARY, true, "last", 4);
  AWAIT(&client->peer->monitor, client->peer->requests == -1);
  client_reset(client);
}

/* A peer that is gone is noticed by sending, or messages would pile up. */
static void notices_the_end_when_it_sends(void)
{
  for (int secure = 0; secure < 2; secure++) {
    peer server;
    SSL_CTX *ctx = secure ? server_context(&good, NULL) : NULL;
    peer_start(&server, reset_when_told, ctx, NULL);
    socket_test socket = {.loop = loop,
        .url = peer_url(&server, secure ? "wss" : "ws", "localhost", "/"),
        .tls = secure ? tls_trusting(&authority) : NULL};
    socket_open(&socket);
    AWAIT(&socket.monitor, socket.messages == 1);
    on_loop(loop, stop_reading, &socket);
    run_rounds();
    CHANGE(&server.monitor, server.requests = -1);
    AWAIT(&server.monitor, server.ended == 1);
    run_rounds();
    CHECK_INT(socket.closes + socket.errors, 0);
    socket_send(&socket, CSIO_WS_BINARY, "to nobody", 9);
    on_loop(loop, nothing, NULL);
    on_loop(loop, stop_again, &socket); /* changes nothing */
    socket_await_end(&socket);
    CHECK_INT(socket.code, 1006);
    socket_close(&socket);
    csio_tls_release(socket.tls);
    peer_stop(&server);
    SSL_CTX_free(ctx);
  }
}

static void closes_while_stopped(void)
{
  for (int kind = 0; kind < KINDS; kind++) {
    reader reader = {.plan = {.count = MANY}, .stop_at = 2};
    open_reader(&reader, kind);
    AWAIT(&reader.socket.monitor, reader.socket.messages == 3);
    close_reader(&reader);
    CHECK_INT(reader.socket.messages, 3);
    CHECK_INT(reader.socket.closes + reader.socket.errors, 0);
  }
}

static void shuts_down_while_stopped(void)
{
  for (int kind = 0; kind < KINDS; kind++) {
    reader reader = {.plan = {.count = MANY, .end = ANSWER_CLOSE}, .stop_at = 2};
    open_reader(&reader, kind);
    AWAIT(&reader.socket.monitor, reader.socket.messages == 3);
    socket_shutdown(&reader.socket, 1000, "");
    socket_await_end(&reader.socket);
    CHECK_INT(reader.socket.messages, MANY);
    CHECK_INT(reader.socket.code, 1000);
    CHECK_STRING(reader.socket.reason, "bye");
    close_reader(&reader);
  }
}

static void stop_when_open(socket_test *socket)
{
  CHECK_INT(csio_ws_read_stop(socket->ws), CSIO_OK);
}

static void stops_as_soon_as_it_is_open(void)
{
  reader reader = {.plan = {.count = 10}, .stop_at = -1, .socket.on_open = stop_when_open};
  open_reader(&reader, 0);
  AWAIT(&reader.server.monitor, reader.plan.written == 10);
  expect_messages(&reader, 0);
  go_on(&reader);
  close_reader(&reader);
}

static void ask_too_early(void *arg)
{
  csio_ws *ws;
  (void)arg;
  CHECK_INT(csio_ws_create(loop, "ws://localhost/", &ws), CSIO_OK);
  CHECK_INT(csio_ws_read_stop(ws), CSIO_ESTATE);
  CHECK_INT(csio_ws_read_start(ws), CSIO_ESTATE);
  csio_ws_close(ws, NULL);
}

static void cannot_stop_before_it_is_open(void)
{
  on_loop(loop, ask_too_early, NULL);
}

int main(int argc, char **argv)
{
  authority = identity_make("Test Authority", NULL, NULL, -DAY, DAY);
  good = identity_make("good", "DNS:localhost", &authority, -DAY, DAY);
  loop = test_loop();
  RUN(stops_and_resumes);
  RUN(holds_the_peer_back);
  RUN(keeps_half_a_message);
  RUN(stutters);
  RUN(notices_the_end_when_it_resumes);
  RUN(notices_the_end_when_it_sends);
  RUN(closes_while_stopped);
  RUN(shuts_down_while_stopped);
  RUN(stops_as_soon_as_it_is_open);
  RUN(cannot_stop_before_it_is_open);
  csio_loop_close(loop);
  identity_free(&good);
  identity_free(&authority);
  return 0;
}
