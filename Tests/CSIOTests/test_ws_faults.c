/* Connections that end badly: what still reaches the client, and what must not be wasted on them. */
#include "identities.h"
#include "socket.h"
#include "tls_settings.h"
#include "ws/ws_internal.h"
#include "ws_peer.h"

#include <dlfcn.h>
#include <errno.h>
#include <libwebsockets.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static csio_loop *loop;

/* --- received before a reset --- */

enum { EVENTS = 80 };

/* In one write: a reset discards what is still on the sender's side. */
static void send_and_reset(client *client)
{
  enum { SIZE = 100 };
  static const char close_frame[] = "\x88\x09\x03\xf1too big";
  char frames[EVENTS * (2 + SIZE) + sizeof close_frame], *end = frames;
  if (!ws_accept(client, "", NULL)) return;
  for (int i = 0; i < EVENTS; i++, end += 2 + SIZE) {
    end[0] = (char)0x81;
    end[1] = SIZE;
    memset(end + 2, 'x', SIZE);
  }
  if (client->peer->data) {
    memcpy(end, close_frame, sizeof close_frame - 1);
    end += sizeof close_frame - 1;
  }
  client_write(client, frames, (size_t)(end - frames));
  client_reset(client);
}

static void delivers_what_came_before_a_reset(void)
{
  SSL_CTX *ctx = server_context(&by_address, NULL);
  csio_tls *tls = tls_trusting(&authority);
  for (int i = 0; i < 80; i++) {
    bool with_close = i % 2, secure = i & 2;
    peer server;
    peer_start(&server, send_and_reset, secure ? ctx : NULL, with_close ? &server : NULL);
    socket_test socket = {
        .loop = loop, .url = peer_url(&server, secure ? "wss" : "ws", NULL, "/"), .tls = tls};
    socket_start(&socket);
    socket_await_end(&socket);
    CHECK_INT(socket.messages, EVENTS);
    CHECK_INT(socket.errors, 0);
    CHECK_INT(socket.code, with_close ? 1009 : 1006);
    CHECK_STRING(socket.reason, with_close ? "too big" : "");
    socket_close(&socket);
    peer_stop(&server);
  }
  csio_tls_release(tls);
  SSL_CTX_free(ctx);
}

/* --- close codes --- */

static void send_code(client *client)
{
  if (ws_accept(client, "", NULL)) ws_write_close(client, *(unsigned *)client->peer->data, "why");
  client_drain(client);
}

static void accepts_every_valid_code(void)
{
  unsigned codes[] = {1000, 1003, 1007, 1012, 1013, 1014, 3000, 4999};
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
    peer server;
    peer_start(&server, send_code, NULL, &codes[i]);
    socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/")};
    socket_start(&socket);
    socket_await_end(&socket);
    CHECK_INT(socket.code, codes[i]);
    CHECK_STRING(socket.reason, "why");
    socket_close(&socket);
    peer_stop(&server);
  }
}

static void refuses_invalid_codes(void)
{
  unsigned codes[] = {1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535};
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
    char words[32];
    snprintf(words, sizeof words, "sent the close code %u", codes[i]);
    peer server;
    peer_start(&server, send_code, NULL, &codes[i]);
    socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/")};
    socket_expect_error(&socket, CSIO_EPROTOCOL, words);
    peer_stop(&server);
  }
}

static void send_masked(client *client)
{
  static const char frame[] = "\x81\x82\x01\x02\x03\x04\x60\x60";
  if (ws_accept(client, "", NULL)) client_write(client, frame, sizeof frame - 1);
  client_drain(client);
}

static void refuses_masked_frames(void)
{
  peer server;
  peer_start(&server, send_masked, NULL, NULL);
  socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/")};
  socket_expect_error(&socket, CSIO_EPROTOCOL, "sent a masked frame");
  CHECK_INT(socket.messages, 0);
  peer_stop(&server);
}

/* --- a peer that does not read --- */

typedef struct stall {
  monitor monitor;
  bool close;
} stall;

static void close_unread(client *client)
{
  stall *stall = client->peer->data;
  if (!ws_accept(client, "", NULL)) return;
  AWAIT(&stall->monitor, stall->close);
  ws_write_close(client, 1001, "away");
  AWAIT(&client->peer->monitor, client->peer->requests == -1);
}

static double cpu_seconds(void)
{
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void send_much(socket_test *socket)
{
  csio_buffer *message = csio_buffer_create(64 << 20);
  CHECK(message);
  memset(csio_buffer_bytes(message), 'x', csio_buffer_size(message));
  CHECK_INT(csio_ws_send_buffer(socket->ws, CSIO_WS_BINARY, message), CSIO_OK);
}

static void look_at_queue(void *arg)
{
  socket_test *socket = arg;
  socket->data = (void *)(uintptr_t)csio_ws_queued_bytes(socket->ws);
}

/* The close frame arrives while a large message is partly sent and the peer reads no more of it. */
static void notices_a_close_frame_while_sending(void)
{
  peer server;
  stall stall = {MONITOR, false};
  peer_start(&server, close_unread, NULL, &stall);
  socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .on_open = send_much};
  socket_open(&socket);
  on_loop(loop, look_at_queue, &socket);
  CHECK((uintptr_t)socket.data > 0);
  double before = cpu_seconds();
  uint64_t told = csio_loop_now(loop);
  CHANGE(&stall.monitor, stall.close = true);
  socket_await_end(&socket);
  CHECK_INT(socket.code, 1001);
  CHECK_STRING(socket.reason, "away");
  CHECK(cpu_seconds() - before < 1);
  CHECK(csio_loop_now(loop) - told < 2500); /* at once, not when the sending side gives up */
  socket_close(&socket);
  CHANGE(&server.monitor, server.requests = -1);
  peer_stop(&server);
}

/* --- memory --- */

#if defined(__GLIBC__) && !defined(CSIO_SANITIZE)
enum { LARGE = 64 << 20 };

/* All but the last byte of an allowed message, then one that is too large. */
static void send_too_much(client *client)
{
  if (!ws_accept(client, "", NULL)) return;
  uint8_t *part = calloc(1, LARGE);
  CHECK(part);
  ws_write(client, BINARY, false, part, LARGE);
  ws_write(client, CONTINUATION, true, part, LARGE);
  free(part);
  client_drain(client);
}

/* The memory of a refused message is freed while the connection lingers. */
static void frees_refused_messages(void)
{
  peer server;
  peer_start(&server, send_too_much, NULL, NULL);
  socket_test socket = {
      .loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .max_message = LARGE + (LARGE - 1)};
  socket_start(&socket);
  socket_await_end(&socket);
  CHECK_INT(socket.error_code, CSIO_ETOO_LARGE);
  CHECK(mallinfo2().hblkhd < LARGE / 2 * 3); /* at most the server's own */
  peer_stop(&server);
  socket_close(&socket);
}
#endif

/* Keeps sending although the client has refused its frame. */
static void send_for_ever(client *client)
{
  enum { PIECE = 1 << 20, MOST = 1 << 30 };
  uint8_t *piece = calloc(1, PIECE);
  CHECK(piece);
  if (!ws_accept(client, "", NULL)) return;
  client_write(client, "\x83\x01x", 3);
  size_t sent = 0;
  while (sent < MOST && client_write(client, piece, PIECE))
    sent += PIECE;
  free(piece);
  CHECK(sent < MOST);
}

static void cuts_off_a_peer_that_goes_on_sending(void)
{
  peer server;
  peer_start(&server, send_for_ever, NULL, NULL);
  socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/")};
  socket_expect_error(&socket, CSIO_EPROTOCOL, "sent an unknown opcode");
  AWAIT(&server.monitor, server.ended == 1);
  peer_stop(&server);
}

/* --- time --- */

static void look_at_timeout(void *arg)
{
  csio_ws *ws;
  CHECK_INT(csio_ws_create(loop, arg, &ws), CSIO_OK);
  CHECK_INT(ws->request.timeout, 60000);
  csio_ws_close(ws, NULL);
}

/* A server that never answers must not keep a client that has set no limit. */
static void limits_handshakes_by_default(void)
{
  on_loop(loop, look_at_timeout, "ws://127.0.0.1:1/");
}

/* --- descriptors --- */

/* The first WebSocket of a loop also takes descriptors for libwebsockets. The server takes one of those
 * left; without one it keeps the client waiting. */
static void reports_too_few_descriptors(void)
{
  static int taken[1024];
  struct rlimit before, low;
  peer server;
  peer_start(&server, ws_echo, NULL, NULL);
  CHECK(!getrlimit(RLIMIT_NOFILE, &before));
  low = (struct rlimit){.rlim_cur = 300, .rlim_max = before.rlim_max};
  CHECK(!setrlimit(RLIMIT_NOFILE, &low));
  for (int spare = 0; spare < 8; spare++) {
    csio_loop *own = test_loop();
    socket_test socket = {
        .loop = own, .url = peer_url(&server, "ws", NULL, "/"), .timeout = 300, .may_not_start = true};
    int count = take_descriptors(taken, 1024, spare);
    socket_start(&socket);
    /* Newer libcurls cannot be made without a descriptor, so that the WebSocket cannot be started. */
    if (!socket.err) AWAIT(&socket.monitor, socket.opened || socket.errors || socket.closes);
    if (spare < 2) CHECK_INT(socket.err ? socket.err : socket.error_code, CSIO_EFILES);
    if (socket.errors && socket.error_code != CSIO_ETIMEOUT) {
      CHECK_INT(socket.error_code, CSIO_EFILES);
      CHECK_CONTAINS(socket.error, "Too many open files");
    }
    while (count)
      close(taken[--count]);
    socket_close(&socket);
    csio_loop_close(own);
  }
  CHECK(!setrlimit(RLIMIT_NOFILE, &before));
  peer_stop(&server);
}

#ifndef CSIO_SANITIZE /* whose runtimes call getrlimit before anything else can run */

/* These replace the libraries' functions for the whole program: the limit of open files is a pretended one,
 * since few may raise the real one. */
static struct rlimit pretended; /* unless it is zero */
static rlim_t limit_seen;       /* when libwebsockets made its table */

#ifdef __GLIBC__
typedef enum __rlimit_resource resource; /* the types of the declarations */
#else
typedef int resource;
#endif

__attribute__((visibility("default"))) int getrlimit(resource which, struct rlimit *out)
{
  int (*real)(resource, struct rlimit *);
  *(void **)&real = dlsym(RTLD_NEXT, "getrlimit");
  if (which != RLIMIT_NOFILE || !pretended.rlim_cur) return real(which, out);
  *out = pretended;
  return 0;
}

__attribute__((visibility("default"))) int setrlimit(resource which, const struct rlimit *in)
{
  int (*real)(resource, const struct rlimit *);
  *(void **)&real = dlsym(RTLD_NEXT, "setrlimit");
  if (which != RLIMIT_NOFILE || !pretended.rlim_cur) return real(which, in);
  pretended = *in;
  return 0;
}

__attribute__((visibility("default"))) struct lws_context *lws_create_context(
    const struct lws_context_creation_info *info)
{
  struct lws_context *(*real)(const struct lws_context_creation_info *);
  *(void **)&real = dlsym(RTLD_NEXT, "lws_create_context");
  limit_seen = pretended.rlim_cur;
  return real(info);
}

/* A high limit of open files costs nothing: libwebsockets would otherwise allocate a table of that size,
 * or search all connections for each event. */
static void copes_with_a_high_limit_of_open_files(void)
{
  static const rlim_t limits[][2] = {{1 << 20, 128 << 10}, {1000, 1000}};
  for (int i = 0; i < 2; i++) {
    peer server;
    peer_start(&server, ws_echo, NULL, NULL);
    csio_loop *own = test_loop();
    socket_test socket = {.loop = own, .url = peer_url(&server, "ws", NULL, "/")};
    pretended = (struct rlimit){.rlim_cur = limits[i][0], .rlim_max = 1 << 20};
    socket_open(&socket);
    CHECK_INT(limit_seen, limits[i][1]);
    CHECK_INT(pretended.rlim_cur, limits[i][0]);
    CHECK_INT(pretended.rlim_max, 1 << 20);
    pretended.rlim_cur = 0;
    socket_close(&socket);
    csio_loop_close(own);
    peer_stop(&server);
  }
}

#endif

int main(int argc, char **argv)
{
  identities_make();
  loop = test_loop();
  RUN(delivers_what_came_before_a_reset);
  RUN(accepts_every_valid_code);
  RUN(refuses_invalid_codes);
  RUN(refuses_masked_frames);
  RUN(notices_a_close_frame_while_sending);
  RUN(cuts_off_a_peer_that_goes_on_sending);
#if defined(__GLIBC__) && !defined(CSIO_SANITIZE)
  RUN(frees_refused_messages);
#endif
  RUN(limits_handshakes_by_default);
  RUN(reports_too_few_descriptors);
#ifndef CSIO_SANITIZE
  RUN(copes_with_a_high_limit_of_open_files);
#endif
  csio_loop_close(loop);
  identities_free();
}
