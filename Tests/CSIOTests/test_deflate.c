/* permessage-deflate, against a server that uses zlib directly. */
#include "ws/deflate.h"
#include "socket.h"
#include "ws_peer.h"

#include <zlib.h>

static csio_loop *loop;

/* --- the server --- */

typedef struct server_plan {
  const char *terms; /* the extension header lines of the answer */
  int window_bits;   /* the server's window size */
  bool takeover;     /* the server's messages refer to earlier ones */
  int fragments;     /* per answer */
  /* counted, under the peer's monitor */
  int compressed, plain;
  size_t received; /* bytes of the last message's frame */
} server_plan;

/* Decompresses with a fresh window: the client promised not to refer to earlier messages. */
static uint8_t *decompress(const frame *frame, size_t *size)
{
  static const uint8_t trailer[] = {0, 0, 0xff, 0xff};
  const size_t most = 8 << 20;
  uint8_t *bytes = malloc(most);
  z_stream stream = {.next_out = bytes, .avail_out = (uInt)most};
  CHECK(bytes && inflateInit2(&stream, -15) == Z_OK);
  stream.next_in = frame->bytes;
  stream.avail_in = (uInt)frame->size;
  CHECK_INT(inflate(&stream, Z_NO_FLUSH), Z_OK);
  stream.next_in = (Bytef *)trailer;
  stream.avail_in = sizeof trailer;
  int result = inflate(&stream, Z_SYNC_FLUSH);
  CHECK(result == Z_OK || result == Z_BUF_ERROR);
  CHECK_INT(stream.avail_in, 0);
  *size = most - stream.avail_out;
  inflateEnd(&stream);
  return bytes;
}

/* Compresses a message and cuts its trailer off; the caller frees it. */
static uint8_t *compress_message(z_stream *stream, const void *bytes, size_t size, size_t *compressed)
{
  size_t most = size + size / 8 + 1024;
  uint8_t *out = malloc(most);
  CHECK(out);
  if (!size) { /* zlib does not flush twice in a row */
    *out = 0;
    *compressed = 1;
    return out;
  }
  stream->next_in = (Bytef *)bytes;
  stream->avail_in = (uInt)size;
  stream->next_out = out;
  stream->avail_out = (uInt)most;
  CHECK_INT(deflate(stream, Z_SYNC_FLUSH), Z_OK);
  *compressed = most - stream->avail_out - 4;
  return out;
}

static bool write_in_fragments(client *client, int opcode, const uint8_t *bytes, size_t size, int fragments)
{
  size_t piece = size / (size_t)fragments;
  for (int i = 0; i < fragments; i++) {
    bool last = i == fragments - 1;
    if (i && !ws_write(client, PING, true, "between", 7)) return false;
    size_t length = last ? size - piece * (size_t)i : piece;
    if (!ws_write(client, i ? CONTINUATION : opcode | COMPRESSED, last, bytes + piece * (size_t)i, length))
      return false;
  }
  return true;
}

static void echo_compressed(client *client)
{
  server_plan *plan = client->peer->data;
  request *request = malloc(sizeof *request);
  z_stream stream = {0};
  CHECK(request && deflateInit2(&stream, 1, Z_DEFLATED, -plan->window_bits, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  if (!ws_accept(client, plan->terms, request)) FAIL("no handshake");
  CHECK_CONTAINS(
      request->head, "\r\nSec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n");
  free(request);
  frame frame;
  while (ws_read(client, &frame)) {
    size_t size = frame.size, compressed;
    if (frame.opcode == TEXT || frame.opcode == BINARY) {
      uint8_t *message = frame.compressed ? decompress(&frame, &size) : frame.bytes;
      CHANGE(&client->peer->monitor, (plan->compressed += frame.compressed, plan->plain += !frame.compressed,
                                         plan->received = frame.size));
      if (!plan->takeover) deflateReset(&stream);
      uint8_t *out = compress_message(&stream, message, size, &compressed);
      write_in_fragments(client, frame.opcode, out, compressed, plan->fragments);
      free(out);
      if (message != frame.bytes) free(message);
    }
    frame_free(&frame);
  }
  deflateEnd(&stream);
}

/* --- messages both ways --- */

/* Text that compresses, though not to almost nothing. */
static char *words(size_t size, unsigned seed)
{
  static const char *const list[] = {
      "{\"name\":", "\"value\"", "true,", "[1,2,3]", "event", "socket", " 12.5"};
  uint8_t *random = test_bytes(size, seed);
  char *text = malloc(size + 16);
  CHECK(text);
  for (size_t i = 0, length; i < size; i += length) {
    const char *word = list[random[i] % 7];
    length = strlen(word);
    memcpy(text + i, word, length + 1);
  }
  free(random);
  return text;
}

static void send_and_compare(socket_test *socket, csio_ws_type type, const void *bytes, size_t size)
{
  int before = socket->messages;
  socket_send(socket, type, bytes, size);
  AWAIT(&socket->monitor, socket->messages > before || socket->errors || socket->closes);
  if (socket->errors || socket->closes) FAIL("%zu bytes end it: %s", size, socket->error);
  CHECK_INT(socket->size, size);
  CHECK(!memcmp(socket->message, bytes, size));
  CHECK_INT(socket->type, type & (CSIO_WS_TEXT | CSIO_WS_BINARY));
}

static void echoes_with_all_parameters(void)
{
  static server_plan plans[] = {
      {.terms = "Sec-WebSocket-Extensions: permessage-deflate\r\n",
          .window_bits = 15,
          .takeover = true,
          .fragments = 1},
      {.terms = "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n",
          .window_bits = 15,
          .takeover = true,
          .fragments = 3},
      {.terms = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n",
          .window_bits = 15,
          .fragments = 2},
      {.terms = "Sec-WebSocket-Extensions: permessage-deflate;server_max_window_bits=9 ;"
                "client_no_context_takeover\r\n",
          .window_bits = 9,
          .takeover = true,
          .fragments = 5},
  };
  static const size_t sizes[] = {
      0, 1, 4, 5, 100, 125, 1000, 1023, 1024, 16383, 16384, 65536, 300000, 3000000};
  for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
    peer server;
    peer_start(&server, echo_compressed, NULL, &plans[i]);
    socket_test socket = {
        .loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .deflate = true, .deflate_threshold = 1};
    socket_open(&socket);
    for (size_t j = 0; j < 2 * sizeof sizes / sizeof *sizes; j++) {
      size_t size = sizes[j / 2];
      char *text = words(size, (unsigned)j);
      send_and_compare(&socket, j % 2 ? CSIO_WS_TEXT : CSIO_WS_BINARY, text, size);
      free(text);
    }
    CHECK(peer_count(&server, &plans[i].compressed) > 10);
    socket_close(&socket);
    peer_stop(&server);
  }
}

static void start_usual_server(peer *server, server_plan *plan)
{
  *plan = (server_plan){.terms = "Sec-WebSocket-Extensions: permessage-deflate\r\n",
      .window_bits = 15,
      .takeover = true,
      .fragments = 1};
  peer_start(server, echo_compressed, NULL, plan);
}

enum { MANY = 60 };

static size_t size_of(int number)
{
  return (size_t)number * (size_t)number * 37 + 1;
}

static void send_many(void *arg)
{
  socket_test *socket = arg;
  for (int i = 0; i < MANY; i++) {
    char *text = words(size_of(i), (unsigned)i);
    csio_ws_type type = i % 3 ? CSIO_WS_TEXT : CSIO_WS_TEXT | CSIO_WS_UNCOMPRESSED;
    CHECK_INT(csio_ws_send(socket->ws, type, text, size_of(i)), CSIO_OK);
    free(text);
  }
}

static void compare_next(socket_test *socket, csio_ws_type type, const uint8_t *bytes, size_t size)
{
  (void)type;
  CHECK_INT(size, size_of(socket->messages));
  char *text = words(size, (unsigned)socket->messages);
  CHECK(!memcmp(bytes, text, size));
  free(text);
}

/* Compressing a message makes room in the queue while a batch is filled from it. A sanitizer sees a frame
 * made from a freed message. */
static void fills_batches_with_what_it_compresses(void)
{
  static server_plan plan;
  peer server;
  start_usual_server(&server, &plan);
  socket_test socket = {.loop = loop,
      .url = peer_url(&server, "ws", NULL, "/"),
      .deflate = true,
      .deflate_threshold = 1,
      .on_message = compare_next};
  socket_open(&socket);
  on_loop(loop, send_many, &socket);
  AWAIT(&socket.monitor, socket.messages == MANY || socket.errors || socket.closes);
  CHECK_INT(socket.messages, MANY);
  CHECK_INT(peer_count(&server, &plan.plain), MANY / 3);
  socket_close(&socket);
  peer_stop(&server);
}

static void compresses_what_is_worth_it(void)
{
  static server_plan plan;
  peer server;
  start_usual_server(&server, &plan);
  socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .deflate = true};
  socket_open(&socket);
  char *text = words(100000, 1);
  uint8_t *noise = test_bytes(100000, 1);
  const struct {
    const void *bytes;
    size_t size;
    csio_ws_type type;
    bool compressed;
  } cases[] = {
      {text, 1023, CSIO_WS_TEXT, false},
      {text, 1024, CSIO_WS_TEXT, true},
      {text, 100000, CSIO_WS_TEXT, true},
      {text, 100000, CSIO_WS_TEXT | CSIO_WS_UNCOMPRESSED, false},
      {text, 100000, CSIO_WS_BINARY | CSIO_WS_UNCOMPRESSED, false},
      {text, 1024, CSIO_WS_BINARY, true},
      {noise, 100000, CSIO_WS_BINARY, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int before = peer_count(&server, &plan.compressed);
    send_and_compare(&socket, cases[i].type, cases[i].bytes, cases[i].size);
    if (peer_count(&server, &plan.compressed) - before != cases[i].compressed)
      FAIL("case %zu is %scompressed", i, cases[i].compressed ? "not " : "");
    if (cases[i].compressed) CHECK(plan.received < cases[i].size / 2);
  }
  free(text);
  free(noise);
  socket_close(&socket);
  peer_stop(&server);
}

static void answer_without_terms(client *client)
{
  frame frame;
  if (!ws_accept(client, "", NULL)) return;
  while (ws_read(client, &frame)) {
    CHECK(!frame.compressed);
    ws_write(client, frame.opcode, true, frame.bytes, frame.size);
    frame_free(&frame);
  }
}

static void does_without_when_declined(void)
{
  peer server;
  peer_start(&server, answer_without_terms, NULL, NULL);
  socket_test socket = {
      .loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .deflate = true, .deflate_threshold = 1};
  socket_open(&socket);
  char *text = words(50000, 1);
  send_and_compare(&socket, CSIO_WS_TEXT, text, 50000);
  free(text);
  socket_close(&socket);
  peer_stop(&server);
}

/* --- limits --- */

enum { BOMB = 64 << 20 };

/* Sends `data` zero bytes, compressed a thousandfold, and reads the client's close frame. */
static void send_zeros(client *client)
{
  size_t size = *(size_t *)client->peer->data, compressed;
  uint8_t *zeros = calloc(1, size);
  z_stream stream = {0};
  CHECK(zeros && deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  uint8_t *message = compress_message(&stream, zeros, size, &compressed);
  deflateEnd(&stream);
  CHECK(compressed < size / 100);
  frame frame;
  CHECK(ws_accept(client, "Sec-WebSocket-Extensions: permessage-deflate\r\n", NULL));
  if (ws_write(client, BINARY | COMPRESSED, true, message, compressed) && ws_read(client, &frame)) {
    CHECK_INT(frame.opcode, CLOSE);
    CHECK_INT(frame.bytes[0] << 8 | frame.bytes[1], size > 1 << 20 ? 1009 : 1000);
    ws_write(client, CLOSE, true, frame.bytes, frame.size);
    frame_free(&frame);
  }
  free(message);
  free(zeros);
}

static void limits_what_is_decompressed(void)
{
  static size_t sizes[] = {BOMB, (1 << 20) + 1, 1 << 20};
  for (int i = 0; i < 3; i++) {
    peer server;
    peer_start(&server, send_zeros, NULL, &sizes[i]);
    socket_test socket = {
        .loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .deflate = true, .max_message = 1 << 20};
    if (sizes[i] > 1 << 20) {
      socket_expect_error(&socket, CSIO_ETOO_LARGE, "more than 1048576 bytes");
      CHECK_INT(socket.messages, 0);
    } else {
      socket_open(&socket);
      AWAIT(&socket.monitor, socket.messages || socket.errors);
      CHECK_INT(socket.size, 1 << 20);
      socket_shutdown(&socket, 1000, "");
      socket_await_end(&socket);
      socket_close(&socket);
    }
    AWAIT(&server.monitor, server.ended == 1);
    peer_stop(&server);
  }
}

/* A decompression bomb is noticed before it fills the memory, however small its pieces. */
static void reserves_no_more_than_the_limit(void)
{
  size_t compressed;
  uint8_t *zeros = calloc(1, BOMB);
  z_stream stream = {0};
  CHECK(zeros && deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  uint8_t *message = compress_message(&stream, zeros, BOMB, &compressed);
  deflateEnd(&stream);
  csio__inflater *inflater = NULL;
  csio__bytes out = {0};
  csio__inflated result = CSIO__INFLATED;
  for (size_t i = 0; i < compressed && result == CSIO__INFLATED; i += 100)
    result = csio__inflate(&inflater, message + i, 100, false, 1000000, &out);
  CHECK_INT(result, CSIO__INFLATE_TOO_LARGE);
  CHECK(out.size == 1000001 && out.capacity < 2100000);
  csio__bytes_free(&out);
  csio__inflater_free(inflater);
  free(message);
  free(zeros);
}

static void takes_any_limit(void)
{
  size_t compressed;
  char *text = words(100000, 1);
  z_stream stream = {0};
  CHECK(deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  uint8_t *message = compress_message(&stream, (uint8_t *)text, 100000, &compressed);
  deflateEnd(&stream);
  static const size_t limits[] = {100000, SIZE_MAX - 1, SIZE_MAX, 0};
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
    csio__inflater *inflater = NULL;
    csio__bytes out = {0};
    CHECK_INT(csio__inflate(&inflater, message, compressed, true, limits[i], &out), CSIO__INFLATED);
    CHECK(out.size == 100000 && !memcmp(out.data, text, 100000));
    csio__bytes_free(&out);
    csio__inflater_free(inflater);
  }
  free(message);
  free(text);
}

int main(int argc, char **argv)
{
  loop = test_loop();
  RUN(echoes_with_all_parameters);
  RUN(fills_batches_with_what_it_compresses);
  RUN(compresses_what_is_worth_it);
  RUN(does_without_when_declined);
  RUN(limits_what_is_decompressed);
  RUN(reserves_no_more_than_the_limit);
  RUN(takes_any_limit);
  csio_loop_close(loop);
}
