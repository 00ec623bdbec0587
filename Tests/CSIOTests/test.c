#include "test.h"

#include <csio/csio.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

static const char *current = "?";

void test_fail(const char *file, int line, const char *format, ...)
{
  fprintf(stderr, "%s:%d: in %s: ", file, line, current);
  va_list args;
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
  abort(); /* leaves a core dump that shows every thread */
}

void test_run(int argc, char **argv, const char *name, void (*test)(void))
{
  bool wanted = argc < 2;
  for (int i = 1; i < argc; i++)
    wanted |= !strcmp(argv[i], name);
  if (!wanted) return;
  current = name;
  printf("%s\n", name);
  fflush(stdout);
  test();
}

bool monitor_wait(monitor *monitor)
{
  struct timespec deadline;
  clock_gettime(CLOCK_REALTIME, &deadline);
  deadline.tv_sec += 60;
  return pthread_cond_timedwait(&monitor->changed, &monitor->lock, &deadline) != ETIMEDOUT;
}

int take_descriptors(int *taken, int most, int spare)
{
  int count = 0, fd;
  while (count < most && (fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
    taken[count++] = fd;
  CHECK(count < most);
  while (spare-- && count)
    close(taken[--count]);
  return count;
}

uint8_t *test_bytes(size_t size, unsigned seed)
{
  uint8_t *bytes = malloc(size + 1);
  CHECK(bytes);
  uint32_t state = seed * 2654435761u + 1;
  for (size_t i = 0; i < size; i++) {
    state = state * 1664525u + 1013904223u;
    bytes[i] = (uint8_t)(state >> 24);
  }
  return bytes;
}

csio_cookies *test_jar(void)
{
  csio_cookies *jar;
  CHECK_INT(csio_cookies_create(&jar), CSIO_OK);
  return jar;
}

csio_loop *test_loop(void)
{
  csio_loop *loop;
  CHECK_INT(csio_loop_create(&loop), CSIO_OK);
  return loop;
}

typedef struct errand {
  monitor monitor;
  void (*fn)(void *);
  void *arg;
  bool done;
} errand;

static void run_errand(void *arg)
{
  errand *errand = arg;
  errand->fn(errand->arg);
  CHANGE(&errand->monitor, errand->done = true);
}

void on_loop(csio_loop *loop, void (*fn)(void *), void *arg)
{
  errand errand = {MONITOR, fn, arg, false};
  CHECK_INT(csio_loop_post(loop, run_errand, &errand), CSIO_OK);
  AWAIT(&errand.monitor, errand.done);
}
