/* A program that exits while its loops still run. */
#include "call.h"
#include "certs.h"
#include "tls_settings.h"
#include "socket.h"
#include "ws_peer.h"

#include <spawn.h>
#include <sys/wait.h>

/* --- the program that ends --- */

static csio_loop *loop;
static csio_tls *tls;
static char **urls; /* of an https and a wss server */

static void use_both_transports(void)
{
  call call = {.loop = loop, .url = urls[0], .tls = tls, .no_keep_alive = true};
  call_run(&call);
  call_close(&call);
  if (call.error_code) FAIL("%s gives %s", call.url, call.message);
  call_free(&call);
  socket_test socket = {.loop = loop, .url = urls[1], .tls = tls};
  socket_open(&socket);
  socket_close(&socket);
}

/* atexit functions run in reverse order: this one runs after OpenSSL's clean-up would have. */
static int end_with_a_loop_running(char **own_urls)
{
  urls = own_urls;
  CHECK(!atexit(use_both_transports));
  tls = tls_lenient();
  loop = test_loop();
  use_both_transports();
  return 0;
}

/* --- the test --- */

static void serve(client *client)
{
  request *request = malloc(sizeof *request);
  CHECK(request);
  if (client_read_request(client, request)) client_answer(client, 200, "fine");
  request_free(request);
  free(request);
}

/* A loop may be in the middle of a handshake when the program exits; OpenSSL's state must still be there. */
static void tls_outlives_main(void)
{
  identity identity = identity_make("server", "DNS:localhost", NULL, -DAY, DAY);
  SSL_CTX *ctx = server_context(&identity, NULL);
  peer http, ws;
  peer_start(&http, serve, ctx, NULL);
  peer_start(&ws, ws_echo, ctx, NULL);
  char *arguments[] = {"csio-test-exit", "ends", (char *)peer_url(&http, "https", "localhost", "/"),
      (char *)peer_url(&ws, "wss", "localhost", "/"), NULL};
  extern char **environ;
  pid_t pid;
  int status = -1;
  CHECK(!posix_spawn(&pid, "/proc/self/exe", NULL, NULL, arguments, environ));
  CHECK(waitpid(pid, &status, 0) == pid);
  CHECK_INT(status, 0);
  CHECK_INT(peer_count(&http, &http.handshakes), 2);
  CHECK_INT(peer_count(&ws, &ws.handshakes), 2);
  peer_stop(&http);
  peer_stop(&ws);
  SSL_CTX_free(ctx);
  identity_free(&identity);
}

int main(int argc, char **argv)
{
  if (argc == 4 && !strcmp(argv[1], "ends")) return end_with_a_loop_running(argv + 2);
  RUN(tls_outlives_main);
}
