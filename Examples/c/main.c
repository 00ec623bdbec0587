/* Makes an HTTP request to a Socket.IO server and opens a WebSocket: csio-example http://localhost:3000
 *
 * Either begins a session, since this is what such servers answer. Over the WebSocket, it asks to join the
 * main namespace and closes the connection after the first message.
 *
 * The callbacks run on the loop's thread, so they need no lock among themselves; the main thread waits for
 * them on a condition variable. */
#include <csio/csio.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct example {
  csio_loop *loop;
  char *http_url;
  char *ws_url;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int left;     /* under `lock`: operations that have not finished */
  int failures; /* under `lock` */
} example;

static void ended(example *example, int failed)
{
  pthread_mutex_lock(&example->lock);
  example->left--;
  example->failures += failed;
  pthread_cond_signal(&example->changed);
  pthread_mutex_unlock(&example->lock);
}

/* --- HTTP --- */

static void on_answer(csio_http *http, const csio_error *error, void *data)
{
  if (error) {
    fprintf(stderr, "HTTP: %s (%s)\n", error->message, csio_err_name(error->code));
  } else {
    size_t size;
    csio_http_body(http, &size);
    const char *type = csio_http_header(http, "Content-Type", 0);
    printf("HTTP: status %d, %zu bytes, %s\n", csio_http_status(http), size, type ? type : "no type");
  }
  csio_http_close(http, NULL);
  ended(data, error != NULL);
}

static int start_request(example *example)
{
  csio_http *http;
  int err = csio_http_create(example->loop, "GET", example->http_url, &http);
  if (err) return err;
  csio_http_set_data(http, example);
  csio_http_set_timeout(http, 10000);
  err = csio_http_start(http, on_answer);
  if (err) csio_http_close(http, NULL);
  return err;
}

/* --- WebSocket --- */

static void on_open(csio_ws *ws, void *data)
{
  (void)data;
  printf("WebSocket: open\n");
  csio_ws_send(ws, CSIO_WS_TEXT, "40", 2);
}

static void on_message(csio_ws *ws, csio_ws_type type, const uint8_t *bytes, size_t size, void *data)
{
  (void)data;
  printf("WebSocket: %s of %zu bytes: %.*s\n", type == CSIO_WS_TEXT ? "text" : "binary", size,
      type == CSIO_WS_TEXT ? (int)size : 0, (const char *)bytes);
  csio_ws_shutdown(ws, 1000, "done"); /* fails harmlessly if the closing handshake has already started */
}

static void on_close(csio_ws *ws, uint16_t code, const char *reason, size_t size, void *data)
{
  printf("WebSocket: closed with code %u \"%.*s\"\n", (unsigned)code, (int)size, reason);
  csio_ws_close(ws, NULL);
  ended(data, 0);
}

static void on_error(csio_ws *ws, const csio_error *error, void *data)
{
  fprintf(stderr, "WebSocket: %s (%s)\n", error->message, csio_err_name(error->code));
  csio_ws_close(ws, NULL);
  ended(data, 1);
}

static int start_websocket(example *example)
{
  csio_ws *ws;
  int err = csio_ws_create(example->loop, example->ws_url, &ws);
  if (err) return err;
  csio_ws_set_data(ws, example);
  csio_ws_on_open(ws, on_open);
  csio_ws_on_message(ws, on_message);
  csio_ws_on_close(ws, on_close);
  csio_ws_on_error(ws, on_error);
  csio_ws_set_timeout(ws, 10000);
  err = csio_ws_connect(ws);
  if (err) csio_ws_close(ws, NULL);
  return err;
}

/* --- */

/* Runs on the loop's thread, where handles are created. */
static void start(void *data)
{
  example *example = data;
  int err = start_request(example);
  if (err) {
    fprintf(stderr, "HTTP: %s\n", csio_err_message(err));
    ended(example, 1);
  }
  err = start_websocket(example);
  if (err) {
    fprintf(stderr, "WebSocket: %s\n", csio_err_message(err));
    ended(example, 1);
  }
}

/* Where a server begins sessions over a transport, with "ws…" for a WebSocket. NULL without memory. */
static char *session_url(const char *server, const char *transport)
{
  const char *format = "%s%s/socket.io/?EIO=4&transport=%s";
  const char *scheme = strcmp(transport, "websocket") ? "http" : "ws";
  const char *rest = server + strlen("http");
  int size = snprintf(NULL, 0, format, scheme, rest, transport) + 1;
  char *url = malloc((size_t)size);
  if (url) snprintf(url, (size_t)size, format, scheme, rest, transport);
  return url;
}

int main(int argc, char **argv)
{
  example example = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .left = 2};
  if (argc != 2 || strncmp(argv[1], "http", 4)) {
    fprintf(stderr, "usage: %s http://HOST[:PORT]\n", argv[0]);
    return 2;
  }
  example.http_url = session_url(argv[1], "polling");
  example.ws_url = session_url(argv[1], "websocket");
  if (!example.http_url || !example.ws_url) return 1;
  printf("%s\n", csio_version_details());
  int err = csio_loop_create(&example.loop);
  if (!err) err = csio_loop_post(example.loop, start, &example);
  if (err) {
    fprintf(stderr, "%s\n", csio_err_message(err));
    return 1;
  }
  pthread_mutex_lock(&example.lock);
  while (example.left)
    pthread_cond_wait(&example.changed, &example.lock);
  pthread_mutex_unlock(&example.lock);
  csio_loop_close(example.loop);
  free(example.http_url);
  free(example.ws_url);
  return example.failures != 0;
}
