/* Messages of one turn: small ones are framed when they are sent, and go out in one piece. */
#include "socket.h"
#include "ws_peer.h"

static csio_loop *loop;

/* What the peer reads, in order. */
typedef struct account {
  monitor monitor;
  bool deflate; /* the peer accepts compression */
  int frames;
  char read[1024];
} account;

static void note(account *account, const frame *frame)
{
  pthread_mutex_lock(&account->monitor.lock);
  size_t end = strlen(account->read);
  const char *kind = frame->opcode == PING     ? "ping "
                     : frame->opcode == PONG   ? "pong "
                     : frame->opcode == CLOSE  ? "close "
                     : frame->opcode == BINARY ? "binary "
                     : frame->compressed       ? "compressed "
                                               : "";
  bool is_shown = !frame->compressed && frame->opcode != CLOSE;
  snprintf(account->read + end, sizeof account->read - end, "%s%.*s|", kind,
      is_shown ? (int)(frame->size < 8 ? frame->size : 8) : 0, (char *)frame->bytes);
  pthread_mutex_unlock(&account->monitor.lock);
  CHANGE(&account->monitor, account->frames++);
}

static void tell_frames(client *client)
{
  account *account = client->peer->data;
  const char *extension = "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n";
  if (!ws_accept(client, account->deflate ? extension : "", NULL)) return;
  frame frame;
  while (ws_read(client, &frame)) {
    note(account, &frame);
    bool ends = frame.opcode == CLOSE;
    frame_free(&frame);
    if (ends) break;
  }
}

typedef struct pair {
  account account;
  peer server;
  socket_test socket;
} pair;

static void begin(pair *pair)
{
  pair->account.monitor = (monitor)MONITOR;
  peer_start(&pair->server, tell_frames, NULL, &pair->account);
  pair->socket.loop = loop;
  pair->socket.url = peer_url(&pair->server, "ws", NULL, "/");
  socket_open(&pair->socket);
}

static void expect(pair *pair, int frames, const char *read)
{
  AWAIT(&pair->account.monitor, pair->account.frames == frames);
  CHECK_STRING(pair->account.read, read);
}

static void end(pair *pair)
{
  socket_close(&pair->socket);
  peer_stop(&pair->server);
}

static void send_text(csio_ws *ws, const char *text)
{
  CHECK_INT(csio_ws_send(ws, CSIO_WS_TEXT, text, strlen(text)), CSIO_OK);
}

/* A message of this size that begins with the text. */
static void send_padded(csio_ws *ws, csio_ws_type type, const char *text, size_t size)
{
  char *bytes = malloc(size);
  CHECK(bytes);
  memset(bytes, ' ', size);
  memcpy(bytes, text, strlen(text));
  CHECK_INT(csio_ws_send(ws, type, bytes, size), CSIO_OK);
  free(bytes);
}

/* --- one WebSocket --- */

static void send_all_sizes(void *arg)
{
  csio_ws *ws = ((socket_test *)arg)->ws;
  send_text(ws, "first");
  send_text(ws, "");
  send_padded(ws, CSIO_WS_BINARY, "01234567", 200);
  send_padded(ws, CSIO_WS_TEXT, "large...", 100000);
  send_text(ws, "after");
  send_padded(ws, CSIO_WS_TEXT, "30,000..", 30000);
  CHECK_INT(csio_ws_ping(ws, "ping", 4), CSIO_OK);
  send_text(ws, "last");
  CHECK_INT(csio_ws_queued_bytes(ws), 5 + 200 + 100000 + 5 + 30000 + 4 + 4);
}

static void check_drained(socket_test *socket)
{
  CHECK_INT(csio_ws_queued_bytes(socket->ws), 0);
}

static void keep_their_order(void)
{
  pair pair = {.socket.on_drain = check_drained};
  begin(&pair);
  on_loop(loop, send_all_sizes, &pair.socket);
  expect(&pair, 8, "first||binary 01234567|large...|after|30,000..|ping ping|last|");
  AWAIT(&pair.socket.monitor, pair.socket.drains == 1);
  on_loop(loop, send_all_sizes, &pair.socket);
  AWAIT(&pair.account.monitor, pair.account.frames == 16);
  AWAIT(&pair.socket.monitor, pair.socket.drains == 2);
  end(&pair);
}

enum { FULL = 40, PART = 5000 }; /* three batches */

static void fill_batches(void *arg)
{
  csio_ws *ws = ((socket_test *)arg)->ws;
  for (int i = 0; i < FULL; i++)
    send_padded(ws, CSIO_WS_TEXT, (char[]){(char)('0' + i), 0}, PART);
  CHECK_INT(csio_ws_queued_bytes(ws), FULL * PART);
}

static void go_on_behind_a_full_batch(void)
{
  pair pair = {.socket.on_drain = check_drained};
  begin(&pair);
  on_loop(loop, fill_batches, &pair.socket);
  AWAIT(&pair.account.monitor, pair.account.frames == FULL);
  const char *at = pair.account.read;
  for (int i = 0; i < FULL; i++, at = strchr(at, '|') + 1)
    CHECK_INT(*at, '0' + i);
  AWAIT(&pair.socket.monitor, pair.socket.drains == 1);
  end(&pair);
}

static void send_urgent_last(void *arg)
{
  csio_ws *ws = ((socket_test *)arg)->ws;
  send_text(ws, "a");
  send_text(ws, "b");
  CHECK_INT(csio_ws_send(ws, CSIO_WS_TEXT | CSIO_WS_URGENT, "first", 5), CSIO_OK);
  CHECK_INT(csio_ws_send(ws, CSIO_WS_TEXT | CSIO_WS_URGENT, "urgent", 6), CSIO_OK);
  send_text(ws, "c");
  CHECK_INT(csio_ws_queued_bytes(ws), 1 + 1 + 6 + 1);
}

static void let_an_urgent_one_pass(void)
{
  pair pair = {0};
  begin(&pair);
  on_loop(loop, send_urgent_last, &pair.socket);
  expect(&pair, 4, "urgent|a|b|c|");
  end(&pair);
}

static void send_compressible(void *arg)
{
  csio_ws *ws = ((socket_test *)arg)->ws;
  send_text(ws, "short");
  send_padded(ws, CSIO_WS_TEXT, "long", 2000);
  send_padded(ws, CSIO_WS_TEXT | CSIO_WS_UNCOMPRESSED, "as it is", 2000);
  send_text(ws, "short");
}

static void are_compressed_where_they_are_long(void)
{
  pair pair = {.account.deflate = true, .socket.deflate = true};
  begin(&pair);
  on_loop(loop, send_compressible, &pair.socket);
  expect(&pair, 4, "short|compressed |as it is|short|");
  end(&pair);
}

/* --- the end --- */

static void send_and_shut_down(void *arg)
{
  csio_ws *ws = ((socket_test *)arg)->ws;
  send_text(ws, "a");
  send_text(ws, "b");
  CHECK_INT(csio_ws_shutdown(ws, 1000, "done"), CSIO_OK);
  CHECK_INT(csio_ws_send(ws, CSIO_WS_TEXT, "late", 4), CSIO_ESTATE);
}

static void go_out_before_the_close_frame(void)
{
  pair pair = {0};
  begin(&pair);
  on_loop(loop, send_and_shut_down, &pair.socket);
  expect(&pair, 3, "a|b|close |");
  end(&pair);
}

/* --- several WebSockets of one loop --- */

static void send_in_turn(void *arg)
{
  pair *pairs = arg;
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++)
      send_text(pairs[j].socket.ws, (char[]){(char)('a' + j), (char)('0' + i), 0});
}

static void drop_the_first(void *arg)
{
  pair *pairs = arg;
  send_text(pairs[0].socket.ws, "lost");
  send_text(pairs[1].socket.ws, "kept");
  socket_close_inside(&pairs[0].socket);
  send_text(pairs[1].socket.ws, "more");
  send_text(pairs[2].socket.ws, "kept");
}

static void keep_to_their_websockets(void)
{
  pair pairs[3] = {0};
  for (int i = 0; i < 3; i++)
    begin(&pairs[i]);
  on_loop(loop, send_in_turn, pairs);
  expect(&pairs[0], 3, "a0|a1|a2|");
  expect(&pairs[1], 3, "b0|b1|b2|");
  expect(&pairs[2], 3, "c0|c1|c2|");
  on_loop(loop, drop_the_first, pairs);
  expect(&pairs[1], 5, "b0|b1|b2|kept|more|");
  expect(&pairs[2], 4, "c0|c1|c2|kept|");
  CHECK_STRING(pairs[0].account.read, "a0|a1|a2|");
  for (int i = 0; i < 3; i++)
    end(&pairs[i]);
}

int main(int argc, char **argv)
{
  loop = test_loop();
  RUN(keep_their_order);
  RUN(go_on_behind_a_full_batch);
  RUN(let_an_urgent_one_pass);
  RUN(are_compressed_where_they_are_long);
  RUN(go_out_before_the_close_frame);
  RUN(keep_to_their_websockets);
  csio_loop_close(loop);
}
