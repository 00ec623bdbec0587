#include "server.h"

#include <signal.h>

static uv_signal_t signals[2];
static uv_pipe_t input;

static void stop_watching(bool watches_input)
{
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    uv_close((uv_handle_t *)&signals[i], NULL);
  if (watches_input) uv_close((uv_handle_t *)&input, NULL);
}

static void stop(struct server *server)
{
  stop_watching(server->options->stop_with_input);
  server_stop(server);
}

static void on_signal(uv_signal_t *handle, int number)
{
  (void)number;
  stop(handle->data);
}

static void provide(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
  static char ignored[256];
  (void)handle;
  (void)size;
  *buffer = uv_buf_init(ignored, sizeof ignored);
}

static void on_input(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
  (void)buffer;
  if (count < 0) stop(stream->data);
}

/* Watches standard input for its end. */
static bool watch_input(uv_loop_t *loop, struct server *server)
{
  if (uv_guess_handle(0) != UV_NAMED_PIPE || uv_pipe_init(loop, &input, 0)) {
    fputs("socketio-test-server: --stop-with-input: standard input is not a pipe\n", stderr);
    return false;
  }
  input.data = server;
  uv_pipe_open(&input, 0);
  uv_read_start((uv_stream_t *)&input, provide, on_input);
  return true;
}

int main(int argc, char **argv)
{
  static const int numbers[] = {SIGINT, SIGTERM};
  struct options options;
  switch (options_parse(&options, argc, argv)) {
  case OPTIONS_DONE:
    return 0;
  case OPTIONS_WRONG:
    return 2;
  case OPTIONS_RUN:
    break;
  }
  uv_loop_t loop;
  struct server server;
  signal(SIGPIPE, SIG_IGN);
  if (uv_loop_init(&loop)) return 1;
  if (options.stop_with_input && !watch_input(&loop, &server)) {
    uv_loop_close(&loop);
    return 1;
  }
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    uv_signal_init(&loop, &signals[i]);
    signals[i].data = &server;
    uv_signal_start(&signals[i], on_signal, numbers[i]);
  }
  bool started = server_start(&server, &options, &loop);
  if (!started) stop_watching(options.stop_with_input);
  uv_run(&loop, UV_RUN_DEFAULT);
  server_free(&server);
  uv_loop_close(&loop);
  return started ? 0 : 1;
}
