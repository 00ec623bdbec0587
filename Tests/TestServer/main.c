#include "server.h"

#include <signal.h>

static uv_signal_t signals[2];

static void on_signal(uv_signal_t *handle, int number)
{
  (void)number;
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    uv_close((uv_handle_t *)&signals[i], NULL);
  server_stop(handle->data);
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
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    uv_signal_init(&loop, &signals[i]);
    signals[i].data = &server;
    uv_signal_start(&signals[i], on_signal, numbers[i]);
  }
  bool started = server_start(&server, &options, &loop);
  if (!started)
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
      uv_close((uv_handle_t *)&signals[i], NULL);
  uv_run(&loop, UV_RUN_DEFAULT);
  server_free(&server);
  uv_loop_close(&loop);
  return started ? 0 : 1;
}
