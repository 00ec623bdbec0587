/* libcsio alone, without the Swift library: the same workloads through csio_ws, sending and expecting the
 * bytes of a Socket.IO client.
 *
 *   core-client URL WORKLOAD COUNT
 *
 * URL begins with ws or wss. The system's authorities are trusted (SSL_CERT_FILE names others). */
#include "measure.h"

#include <csio/csio.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
  BLOB_SIZE = 100000,
  OPENING = 100, /* connections that open at the same time */
};

static const char event[] =
    "[\"echo\",{\"user\":\"alice\",\"text\":\"hello world, this is a message\",\"n\":42,"
    "\"tags\":[\"a\",\"b\",\"c\"]}]";
static const char binary_event[] = "[\"echo\",{\"_placeholder\":true,\"num\":0}]";
static const char path[] = "/socket.io/?EIO=4&transport=websocket";

static struct {
  char url[256];
  const char *workload, *receives; /* what the server pushes, or NULL */
  unsigned count, in_flight;
  bool binary, many;

  csio_loop *loop;
  csio_ws **sockets; /* one more than `count`: the first one creates what all share */
  unsigned opened, joined, closed;

  unsigned sent, answered, warm_up;
  measure start;

  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool done; /* under `lock` */
} run = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static uint8_t blob[BLOB_SIZE];

static void fail(const char *what)
{
  fprintf(stderr, "core-client: %s\n", what);
  exit(1);
}

static void check(int err)
{
  if (err) fail(csio_err_message(err));
}

/* --- the end --- */

static void on_closed(void *data)
{
  (void)data;
  if (++run.closed < run.opened) return;
  pthread_mutex_lock(&run.lock);
  run.done = true;
  pthread_cond_signal(&run.changed);
  pthread_mutex_unlock(&run.lock);
}

static void finish(void)
{
  measure_print("core", run.workload, run.count, &run.start);
  for (unsigned i = 0; i < run.opened; i++)
    csio_ws_close(run.sockets[i], on_closed);
}

/* --- messages --- */

static void send_text(csio_ws *ws, const char *text)
{
  check(csio_ws_send(ws, CSIO_WS_TEXT, text, strlen(text)));
}

static void send_event(csio_ws *ws)
{
  char text[256];
  snprintf(
      text, sizeof text, "4%s%u%s", run.binary ? "51-" : "2", run.sent++, run.binary ? binary_event : event);
  send_text(ws, text);
  if (run.binary) check(csio_ws_send(ws, CSIO_WS_BINARY, blob, sizeof blob));
}

/* Requests the warm-up messages first, and then the ones that count. */
static void request_push(csio_ws *ws)
{
  char text[64];
  unsigned count = run.sent ? run.count : run.warm_up;
  snprintf(text, sizeof text, "42[\"push\",\"%s\",%u]", run.receives, count);
  run.sent += count;
  send_text(ws, text);
}

/* Sends what may be in flight: only warm-up messages during the warm-up. */
static void send_more(csio_ws *ws)
{
  unsigned limit = run.answered < run.warm_up ? run.warm_up : run.warm_up + run.count;
  while (run.sent < limit && run.sent - run.answered < run.in_flight)
    send_event(ws);
}

static void answered(csio_ws *ws)
{
  run.answered++;
  if (run.answered == run.warm_up) run.start = measure_now();
  if (run.answered == run.warm_up + run.count)
    finish();
  else if (!run.receives)
    send_more(ws);
  else if (run.answered == run.warm_up)
    request_push(ws);
}

/* --- connections --- */

static void open_more(void);

static void joined(csio_ws *ws)
{
  run.joined++;
  if (run.receives) {
    request_push(ws);
  } else if (!run.many) {
    send_more(ws);
  } else if (run.joined == run.count + 1) {
    finish();
  } else {
    if (run.joined == 1) run.start = measure_now();
    open_more();
  }
}

static void on_message(csio_ws *ws, csio_ws_type type, const uint8_t *bytes, size_t size, void *data)
{
  (void)data;
  if (type & CSIO_WS_BINARY) {
    answered(ws);
  } else if (size && bytes[0] == '0') {
    send_text(ws, "40");
  } else if (size > 1 && bytes[1] == '0') {
    joined(ws);
  } else if (size > 1 && bytes[1] == (run.receives ? '2' : '3')) {
    answered(ws);
  }
}

static void on_error(csio_ws *ws, const csio_error *error, void *data)
{
  (void)ws, (void)data;
  fail(error->message);
}

static void on_close(csio_ws *ws, uint16_t code, const char *reason, size_t size, void *data)
{
  (void)ws, (void)code, (void)reason, (void)size, (void)data;
  fail("a connection was lost");
}

static void open_one(void)
{
  csio_ws *ws;
  check(csio_ws_create(run.loop, run.url, &ws));
  csio_ws_on_message(ws, on_message);
  csio_ws_on_error(ws, on_error);
  csio_ws_on_close(ws, on_close);
  check(csio_ws_connect(ws));
  run.sockets[run.opened++] = ws;
}

static void open_more(void)
{
  while (run.opened < run.count + 1 && run.opened - run.joined < OPENING)
    open_one();
}

static void begin(void *arg)
{
  (void)arg;
  open_one();
}

/* --- the run --- */

static bool choose_workload(const char *name)
{
  run.workload = name;
  run.binary = !strcmp(name, "binary");
  run.many = !strcmp(name, "connections");
  run.in_flight = run.binary ? 16 : !strcmp(name, "throughput") ? 1024 : !strcmp(name, "latency") ? 1 : 0;
  if (!strcmp(name, "receive-text")) run.receives = "text";
  if (!strcmp(name, "receive-binary")) run.receives = "binary";
  run.warm_up = run.count / 10 ? run.count / 10 : 1;
  return run.many || run.receives || run.in_flight;
}

static void allow_descriptors(void)
{
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur >= run.count + 100) return;
  files.rlim_cur = run.count + 100;
  if (setrlimit(RLIMIT_NOFILE, &files)) fail("more file descriptors are not allowed");
}

int main(int argc, char **argv)
{
  if (argc == 4) run.count = (unsigned)strtoul(argv[3], NULL, 10);
  if (!run.count || !choose_workload(argv[2])) {
    fprintf(stderr, "usage: core-client URL WORKLOAD COUNT, where WORKLOAD is latency, throughput, binary, "
                    "receive-text, receive-binary or connections\n");
    return 2;
  }
  snprintf(run.url, sizeof run.url, "%s%s", argv[1], path);
  run.sockets = calloc(run.count + 1, sizeof *run.sockets);
  if (!run.sockets) fail("out of memory");
  if (run.many) allow_descriptors();
  check(csio_loop_create(&run.loop));
  check(csio_loop_post(run.loop, begin, NULL));
  pthread_mutex_lock(&run.lock);
  while (!run.done)
    pthread_cond_wait(&run.changed, &run.lock);
  pthread_mutex_unlock(&run.lock);
  csio_loop_close(run.loop);
  free(run.sockets);
  return 0;
}
