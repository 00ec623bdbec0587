/* Many connections come and go and leave nothing behind. */
#include "call.h"
#include "certs.h"
#include "tls_settings.h"
#include "socket.h"
#include "ws_peer.h"

#include <dirent.h>

enum { WARM_UP = 20, ROUNDS = 200 };

static int entries(const char *path)
{
  int count = 0;
  DIR *directory = opendir(path);
  CHECK(directory);
  while (readdir(directory))
    count++;
  closedir(directory);
  return count;
}

static long resident_kilobytes(void)
{
  long pages = 0, total;
  FILE *file = fopen("/proc/self/statm", "r");
  CHECK(file && fscanf(file, "%ld %ld", &total, &pages) == 2);
  fclose(file);
  return pages * 4;
}

static void answer(client *client)
{
  request request;
  while (client_read_request(client, &request)) {
    request_free(&request);
    client_answer(client, 200, "fine");
  }
}

typedef struct round {
  csio_loop *loop;
  const char *ws_url, *http_url;
  csio_tls *tls;
} round;

static void run_round(const round *round, int number)
{
  socket_test socket = {.loop = round->loop, .url = round->ws_url, .tls = round->tls};
  socket_open(&socket);
  socket_send(&socket, CSIO_WS_TEXT, "hello", 5);
  AWAIT(&socket.monitor, socket.messages == 1);
  if (number % 2) {
    socket_shutdown(&socket, 1000, "");
    socket_await_end(&socket);
  }
  socket_close(&socket);
  call call = call_get(round->loop, round->http_url);
  CHECK_INT(call.error_code, CSIO_OK);
  call_free(&call);
}

static void count_handles(void *arg)
{
  CHECK_INT(csio_loop_handle_count(arg), 0);
}

static void run_rounds(SSL_CTX *server_tls, csio_tls *tls)
{
  static peer ws, http;
  peer_start(&ws, ws_echo, server_tls, NULL);
  peer_start(&http, answer, NULL, NULL);
  round round = {test_loop(), peer_url(&ws, server_tls ? "wss" : "ws", "localhost", "/"),
      peer_url(&http, "http", NULL, "/"), tls};
  for (int i = 0; i < WARM_UP; i++)
    run_round(&round, i);
  AWAIT(&ws.monitor, ws.ended == WARM_UP);
  int fds = entries("/proc/self/fd"), threads = entries("/proc/self/task");
  long memory = resident_kilobytes();
  for (int i = 0; i < ROUNDS; i++)
    run_round(&round, i);
  AWAIT(&ws.monitor, ws.ended == WARM_UP + ROUNDS);
  on_loop(round.loop, count_handles, round.loop);
  CHECK_INT(entries("/proc/self/fd"), fds);
  long grown = resident_kilobytes() - memory;
  printf("  %d rounds: %ld KB more\n", ROUNDS, grown);
  CHECK(entries("/proc/self/task") <= threads + 2); /* a script's thread is listed until it has fully ended */
#ifndef CSIO_SANITIZE                               /* sanitizers hold on to freed memory */
  CHECK(grown < 1024);
#endif
  csio_loop_close(round.loop);
  peer_stop(&ws);
  peer_stop(&http);
}

static void leaves_nothing_behind(void)
{
  run_rounds(NULL, NULL);
}

static void leaves_nothing_behind_with_tls(void)
{
  identity authority = identity_make("authority", NULL, NULL, -1000, 100000);
  identity server = identity_make("server", "DNS:localhost", &authority, -1000, 100000);
  SSL_CTX *ctx = server_context(&server, NULL);
  csio_tls *tls = tls_trusting(&authority);
  run_rounds(ctx, tls);
  csio_tls_release(tls);
  SSL_CTX_free(ctx);
  identity_free(&server);
  identity_free(&authority);
}

/* Makes a loop, uses every kind of handle, and closes it, again and again. */
static void leaves_nothing_of_loops(void)
{
  static peer ws, http;
  peer_start(&ws, ws_echo, NULL, NULL);
  peer_start(&http, answer, NULL, NULL);
  round round = {NULL, peer_url(&ws, "ws", NULL, "/"), peer_url(&http, "http", NULL, "/"), NULL};
  int fds = 0, threads = 0;
  for (int i = 0; i < 30; i++) {
    round.loop = test_loop();
    run_round(&round, i);
    csio_loop_close(round.loop);
    AWAIT(&ws.monitor, ws.ended == i + 1);
    AWAIT(&http.monitor, http.ended == i + 1);
    if (i == 5) {
      fds = entries("/proc/self/fd");
      threads = entries("/proc/self/task");
    }
  }
  CHECK_INT(entries("/proc/self/fd"), fds);
  CHECK(entries("/proc/self/task") <= threads + 2); /* a script's thread is listed until it has fully ended */
  peer_stop(&ws);
  peer_stop(&http);
}

int main(int argc, char **argv)
{
  RUN(leaves_nothing_behind);
  RUN(leaves_nothing_behind_with_tls);
  RUN(leaves_nothing_of_loops);
}
