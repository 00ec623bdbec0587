/* Pings that the client sends, and their pongs. */
#include "socket.h"
#include "ws_peer.h"

static csio_loop *loop;

/* What was seen, in order. */
typedef struct record {
  char text[512];
} record;

/* The peer reads while pongs arrive, so that there is no order between the two records. */
typedef struct account {
  monitor monitor;
  bool go;      /* the peer may read */
  bool deflate; /* the peer accepts compression */
  int pongs;
  record read;   /* by the peer */
  record ponged; /* at the client */
} account;

static void note(account *account, record *record, const char *what, const void *bytes, size_t size)
{
  pthread_mutex_lock(&account->monitor.lock);
  size_t end = strlen(record->text);
  snprintf(record->text + end, sizeof record->text - end, "%s(%.*s) ", what, (int)(size < 20 ? size : 20),
      size ? (const char *)bytes : "");
  pthread_mutex_unlock(&account->monitor.lock);
}

static void tell_frames(client *client)
{
  account *account = client->peer->data;
  const char *extension = "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n";
  if (!ws_accept(client, account->deflate ? extension : "", NULL)) return;
  AWAIT(&account->monitor, account->go);
  frame frame;
  while (ws_read(client, &frame)) {
    const char *what = frame.opcode == PING ? "ping" : frame.opcode == CLOSE ? "close" : "text";
    if (frame.compressed)
      note(account, &account->read, "compressed", NULL, 0);
    else
      note(account, &account->read, what, frame.bytes, frame.opcode == CLOSE ? 0 : frame.size);
    if (frame.opcode == PING) ws_write(client, PONG, true, (char *)frame.bytes, frame.size);
    if (frame.opcode == CLOSE) break;
    frame_free(&frame);
  }
  frame_free(&frame);
}

static void on_pong(csio_ws *ws, const uint8_t *payload, size_t size, void *data)
{
  (void)ws;
  socket_test *socket = data;
  account *account = socket->data;
  note(account, &account->ponged, "pong", payload, size);
  CHANGE(&account->monitor, account->pongs++);
}

static void begin(socket_test *socket, account *account, peer *server)
{
  peer_start(server, tell_frames, NULL, account);
  socket->loop = loop;
  socket->url = peer_url(server, "ws", NULL, "/");
  socket->data = account;
  socket_open(socket);
}

static void end(socket_test *socket, peer *server)
{
  socket_close(socket);
  peer_stop(server);
}

/* --- in order with the messages --- */

static void queue_with_pings(void *arg)
{
  csio_ws *ws = ((socket_test *)arg)->ws;
  char text[300];
  memset(text, 'x', sizeof text); /* compresses well */
  csio_ws_on_pong(ws, on_pong);
  CHECK_INT(csio_ws_send(ws, CSIO_WS_TEXT, text, sizeof text), CSIO_OK);
  CHECK_INT(csio_ws_ping(ws, "xxxxxxxxxxxxxxxxxxxx", 20), CSIO_OK);
  CHECK_INT(csio_ws_send(ws, CSIO_WS_TEXT, "two", 3), CSIO_OK);
  CHECK_INT(csio_ws_ping(ws, NULL, 0), CSIO_OK);
  CHECK_INT(csio_ws_queued_bytes(ws), sizeof text + 23);
}

static void follow_what_was_sent(void)
{
  for (int deflate = 0; deflate < 2; deflate++) {
    peer server;
    account account = {MONITOR, .go = true, .deflate = deflate};
    socket_test socket = {.deflate = deflate, .deflate_threshold = 1};
    begin(&socket, &account, &server);
    on_loop(loop, queue_with_pings, &socket);
    AWAIT(&account.monitor, account.pongs == 2);
    const char *first = deflate ? "compressed()" : "text(xxxxxxxxxxxxxxxxxxxx)";
    char expected[100]; /* a short text does not shrink */
    snprintf(expected, sizeof expected, "%s ping(xxxxxxxxxxxxxxxxxxxx) text(two) ping() ", first);
    CHECK_STRING(account.read.text, expected);
    CHECK_STRING(account.ponged.text, "pong(xxxxxxxxxxxxxxxxxxxx) pong() ");
    AWAIT(&socket.monitor, socket.drains == 1);
    end(&socket, &server);
  }
}

enum { LARGE = 20 << 20 };

static void queue_large(void *arg)
{
  socket_test *socket = arg;
  csio_ws_on_pong(socket->ws, on_pong);
  csio_buffer *buffer = csio_buffer_create(LARGE);
  CHECK(buffer);
  memset(csio_buffer_bytes(buffer), 'x', LARGE);
  CHECK_INT(csio_ws_send_buffer(socket->ws, CSIO_WS_TEXT, buffer), CSIO_OK);
  CHECK_INT(csio_ws_ping(socket->ws, "read", 4), CSIO_OK);
  CHECK_INT(csio_ws_shutdown(socket->ws, 1000, NULL), CSIO_OK);
  CHECK_INT(csio_ws_ping(socket->ws, "late", 4), CSIO_ESTATE);
}

/* The message does not fit in the kernel, and the close frame waits behind the ping. */
static void wait_for_a_slow_reader(void)
{
  peer server;
  account account = {MONITOR, .go = false};
  socket_test socket = {0};
  begin(&socket, &account, &server);
  on_loop(loop, queue_large, &socket);
  CHECK_INT(account.pongs, 0);
  CHANGE(&account.monitor, account.go = true);
  AWAIT(&account.monitor, account.pongs == 1);
  AWAIT(&server.monitor, server.ended == 1);
  CHECK_STRING(account.read.text, "text(xxxxxxxxxxxxxxxxxxxx) ping(read) close() ");
  end(&socket, &server);
}

/* --- invalid pings --- */

static void try_wrong_pings(void *arg)
{
  csio_ws *ws = ((socket_test *)arg)->ws;
  uint8_t *bytes = test_bytes(126, 1);
  CHECK_INT(csio_ws_ping(ws, bytes, 126), CSIO_EINVALID);
  CHECK_INT(csio_ws_queued_bytes(ws), 0);
  memset(bytes, 'p', 125);
  csio_ws_on_pong(ws, on_pong);
  CHECK_INT(csio_ws_ping(ws, bytes, 125), CSIO_OK);
  free(bytes);
}

static void ping_unopened(void *arg)
{
  csio_ws *ws;
  (void)arg;
  CHECK_INT(csio_ws_create(loop, "ws://127.0.0.1:1/", &ws), CSIO_OK);
  CHECK_INT(csio_ws_ping(ws, "early", 5), CSIO_ESTATE);
  csio_ws_close(ws, NULL);
}

static void are_refused_where_they_cannot_be_sent(void)
{
  peer server;
  account account = {MONITOR, .go = true};
  socket_test socket = {0};
  begin(&socket, &account, &server);
  on_loop(loop, ping_unopened, NULL);
  on_loop(loop, try_wrong_pings, &socket);
  AWAIT(&account.monitor, account.pongs == 1);
  CHECK_STRING(account.read.text, "ping(pppppppppppppppppppp) ");
  end(&socket, &server);
}

int main(int argc, char **argv)
{
  loop = test_loop();
  RUN(follow_what_was_sent);
  RUN(wait_for_a_slow_reader);
  RUN(are_refused_where_they_cannot_be_sent);
  csio_loop_close(loop);
}
