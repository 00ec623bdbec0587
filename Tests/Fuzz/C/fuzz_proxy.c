/* What a proxy answers, byte for byte, until it ends the connection. The first byte of the input chooses the
 * kind of proxy, and whether it is given a user and password. */
#include "fuzz.h"

#include "net/dial_internal.h"

#include <csio/error.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct outcome {
  int done, gone;
  int socket;
} outcome;

static void on_done(void *data, int socket, const csio__failure *failure)
{
  outcome *outcome = data;
  MUST((socket < 0) == (failure != NULL));
  if (failure) MUST(failure->error.code && *failure->error.message);
  outcome->done++;
  outcome->socket = socket;
}

static void on_gone(void *data)
{
  outcome *outcome = data;
  outcome->gone++;
}

/* A dial that has just connected. */
static csio__dial *make_dial(csio_loop *loop, const csio_proxy *proxy, int socket, outcome *outcome)
{
  csio__dial *dial = calloc(1, sizeof *dial);
  csio__attempt *attempt = calloc(1, sizeof *attempt);
  MUST(dial && attempt);
  *dial = (csio__dial){
      .loop = loop,
      .target = {.host = "example.com", .port = 443, .proxy = proxy},
      .on_done = on_done,
      .on_gone = on_gone,
      .data = outcome,
      .pending = 1, /* the timer */
      .attempts = attempt,
      .attempt_count = 1,
      .attempt_next = 1,
      .running = 1,
      .winner = attempt,
  };
  uv_timer_init(&loop->uv, &dial->timer);
  dial->timer.data = dial;
  attempt->dial = dial;
  attempt->socket = socket;
  return dial;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
  static csio_loop loop; /* of which only libuv's is used */
  static char host[] = "proxy.example", user[] = "user", password[] = "password";
  if (!loop.uv.data) {
    MUST(!uv_loop_init(&loop.uv));
    loop.uv.data = &loop;
  }
  unsigned choice = size ? *bytes : 0;
  const csio_proxy proxy = {
      .kind = choice & 1 ? CSIO__PROXY_SOCKS5H : CSIO__PROXY_HTTP,
      .host = host,
      .port = 1080,
      .user = choice & 2 ? user : NULL,
      .password = choice & 2 ? password : NULL,
  };
  int ends[2];
  outcome outcome = {.socket = -1};
  MUST(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends));
  if (size > 1) MUST(write(ends[1], bytes + 1, size - 1) == (ssize_t)(size - 1));
  shutdown(ends[1], SHUT_WR);
  csio__dial_ask_proxy(make_dial(&loop, &proxy, ends[0], &outcome));
  uv_run(&loop.uv, UV_RUN_DEFAULT);
  MUST(outcome.done == 1 && outcome.gone == 1);
  if (outcome.socket >= 0) close(outcome.socket);
  close(ends[1]);
  return 0;
}
