/* libwebsockets alone, sending and receiving the same bytes as a Socket.IO client without encoding or
 * decoding values: the baseline for the comparison. Tuned as a C programmer would: batches under TCP_CORK,
 * large reads where throughput counts, a small buffer per connection where their number counts. Given a CA
 * file, it uses TLS.
 *
 *   raw-client HOST PORT WORKLOAD COUNT [CA] */
#include "measure.h"

#include <libwebsockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <uv.h>

enum {
  BLOB_SIZE = 100000,
  OPENING = 100, /* connections that open at the same time */
  LARGE_BUFFER = 64 * 1024,
  SMALL_BUFFER = 1024,
};

static const char event[] =
    "[\"echo\",{\"user\":\"alice\",\"text\":\"hello world, this is a message\",\"n\":42,"
    "\"tags\":[\"a\",\"b\",\"c\"]}]";
static const char binary_event[] = "[\"echo\",{\"_placeholder\":true,\"num\":0}]";

typedef struct connection {
  struct lws *wsi;
  bool joins; /* the handshake has arrived; CONNECT is to be sent */
} connection;

static struct {
  const char *host, *workload, *ca;
  int port;
  unsigned count, in_flight;
  bool binary, many;
  const char *receives; /* what the server pushes, or NULL */

  uv_loop_t loop;
  struct lws_context *context;
  connection *connections;
  unsigned opened, joined;

  unsigned sent, acknowledged, warm_up;
  bool blob_is_due; /* the text of a binary event is sent, its attachment is not */
  bool done;
  measure start;
} run;

static uint8_t buffer[LWS_PRE + BLOB_SIZE];
static uint8_t blob[BLOB_SIZE];

/* --- connecting --- */

static void open_more(void)
{
  unsigned wanted = run.many ? run.count : 1;
  while (run.opened < wanted && run.opened - run.joined < OPENING) {
    connection *connection = &run.connections[run.opened++];
    struct lws_client_connect_info info = {
        .context = run.context,
        .address = run.host,
        .host = run.host,
        .port = run.port,
        .path = "/socket.io/?EIO=4&transport=websocket",
        .local_protocol_name = "raw",
        .ietf_version_or_minus_one = -1,
        .userdata = connection,
        .pwsi = &connection->wsi,
        .ssl_connection = run.ca ? LCCSCF_USE_SSL : 0,
    };
    if (lws_client_connect_via_info(&info)) continue;
    fprintf(stderr, "raw-client: cannot connect\n");
    exit(1);
  }
}

static void finish(void)
{
  measure_print("raw-c", run.workload, run.count, &run.start);
  run.done = true;
  uv_stop(&run.loop);
}

/* --- messages --- */

static int write_bytes(struct lws *wsi, const void *bytes, size_t size, enum lws_write_protocol type)
{
  memcpy(buffer + LWS_PRE, bytes, size);
  return lws_write(wsi, buffer + LWS_PRE, size, type) < (int)size ? -1 : 0;
}

static int write_event(struct lws *wsi)
{
  char text[256];
  int size = snprintf(
      text, sizeof text, "4%s%u%s", run.binary ? "51-" : "2", run.sent, run.binary ? binary_event : event);
  run.sent++;
  return write_bytes(wsi, text, (size_t)size, LWS_WRITE_TEXT);
}

static int write_next(struct lws *wsi)
{
  if (run.blob_is_due) {
    run.blob_is_due = false;
    return write_bytes(wsi, blob, sizeof blob, LWS_WRITE_BINARY);
  }
  run.blob_is_due = run.binary;
  return write_event(wsi);
}

static bool may_write(void)
{
  return run.blob_is_due ||
         (run.sent < run.warm_up + run.count && run.sent - run.acknowledged < run.in_flight &&
             (run.sent < run.warm_up || run.acknowledged >= run.warm_up));
}

static int write_batch(struct lws *wsi)
{
  int cork = 1, err = 0;
  setsockopt(lws_get_socket_fd(wsi), IPPROTO_TCP, TCP_CORK, &cork, sizeof cork);
  while (!err && may_write() && !lws_send_pipe_choked(wsi))
    err = write_next(wsi);
  cork = 0;
  setsockopt(lws_get_socket_fd(wsi), IPPROTO_TCP, TCP_CORK, &cork, sizeof cork);
  if (may_write()) lws_callback_on_writable(wsi);
  return err;
}

/* Requests the warm-up messages first, and then the ones that count. */
static int request_push(struct lws *wsi)
{
  char text[64];
  if (run.acknowledged != run.sent) return 0;
  unsigned count = run.sent ? run.count : run.warm_up;
  int size = snprintf(text, sizeof text, "42[\"push\",\"%s\",%u]", run.receives, count);
  run.sent += count;
  return write_bytes(wsi, text, (size_t)size, LWS_WRITE_TEXT);
}

static int writable(struct lws *wsi, connection *connection)
{
  if (connection->joins) {
    connection->joins = false;
    return write_bytes(wsi, "40", 2, LWS_WRITE_TEXT);
  }
  if (run.many || run.done) return 0;
  if (run.receives) return request_push(wsi);
  if (run.in_flight == 1) return may_write() ? write_next(wsi) : 0;
  return write_batch(wsi);
}

static void joined(struct lws *wsi)
{
  run.joined++;
  if (run.many && run.joined == run.count) {
    finish();
  } else if (run.many) {
    open_more();
  } else {
    lws_callback_on_writable(wsi);
  }
}

static void acknowledged(struct lws *wsi)
{
  run.acknowledged++;
  if (run.acknowledged == run.warm_up) run.start = measure_now();
  if (run.acknowledged == run.warm_up + run.count)
    finish();
  else if (!run.receives || run.acknowledged == run.warm_up)
    lws_callback_on_writable(wsi);
}

static void received(struct lws *wsi, connection *connection, const char *text, size_t size)
{
  if (lws_frame_is_binary(wsi)) {
    if (lws_is_final_fragment(wsi)) acknowledged(wsi);
  } else if (size && text[0] == '0') {
    connection->joins = true;
    lws_callback_on_writable(wsi);
  } else if (size > 1 && text[1] == '0') {
    joined(wsi);
  } else if (size > 1 && text[1] == (run.receives ? '2' : '3')) {
    acknowledged(wsi);
  }
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
  switch (reason) {
  case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
  case LWS_CALLBACK_CLIENT_CLOSED:
    if (run.done) return 0;
    fprintf(stderr, "raw-client: a connection was lost\n");
    exit(1);
  case LWS_CALLBACK_CLIENT_RECEIVE:
    received(wsi, user, in, size);
    return 0;
  case LWS_CALLBACK_CLIENT_WRITEABLE:
    return writable(wsi, user);
  default:
    return 0;
  }
}

/* --- the run --- */

static bool choose_workload(const char *name)
{
  run.workload = name;
  run.binary = !strcmp(name, "binary");
  run.many = !strcmp(name, "connections");
  run.in_flight = run.binary ? 16 : !strcmp(name, "throughput") ? 1024 : !strcmp(name, "latency") ? 1 : 0;
  run.warm_up = run.count / 10 ? run.count / 10 : 1;
  if (!strcmp(name, "receive-text")) run.receives = "text";
  if (!strcmp(name, "receive-binary")) run.receives = "binary";
  return run.many || run.receives || run.in_flight;
}

static bool create_context(void)
{
  static struct lws_protocols protocols[2] = {{.name = "raw", .callback = on_event}};
  protocols[0].rx_buffer_size = run.many ? SMALL_BUFFER : LARGE_BUFFER;
  protocols[0].tx_packet_size = 1 << 20;
  void *loops[] = {&run.loop};
  struct lws_context_creation_info info = {
      .port = CONTEXT_PORT_NO_LISTEN,
      .protocols = protocols,
      .options = LWS_SERVER_OPTION_LIBUV,
      .foreign_loops = loops,
      .pt_serv_buf_size = LARGE_BUFFER,
      .gid = (gid_t)-1,
      .uid = (uid_t)-1,
      .client_ssl_ca_filepath = run.ca,
  };
  if (run.ca) info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  lws_set_log_level(0, NULL);
  uv_loop_init(&run.loop);
  run.context = lws_create_context(&info);
  run.connections = calloc(run.count, sizeof *run.connections);
  return run.context && run.connections;
}

int main(int argc, char **argv)
{
  if (argc == 5 || argc == 6) {
    run.host = argv[1];
    run.port = atoi(argv[2]);
    run.count = (unsigned)atoi(argv[4]);
    run.ca = argc == 6 ? argv[5] : NULL;
  }
  if (!run.count || !choose_workload(argv[3])) {
    fprintf(stderr,
        "usage: raw-client HOST PORT WORKLOAD COUNT [CA], where WORKLOAD is latency, throughput, binary, "
        "receive-text, receive-binary or connections\n");
    return 2;
  }
  if (!create_context()) return 1;
  run.start = measure_now();
  open_more();
  uv_run(&run.loop, UV_RUN_DEFAULT);
  return 0;
}
