/* The harness: checks that end the program, and what threads wait on. */
#ifndef CSIO_TESTS_TEST_H
#define CSIO_TESTS_TEST_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void test_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define FAIL(...) test_fail(__FILE__, __LINE__, __VA_ARGS__)

#define CHECK(condition)                                                                                     \
  do {                                                                                                       \
    if (!(condition)) FAIL("%s", #condition);                                                                \
  } while (0)

#define CHECK_INT(actual, expected)                                                                          \
  do {                                                                                                       \
    long long actual_value = (long long)(actual), expected_value = (long long)(expected);                    \
    if (actual_value != expected_value) FAIL("%s is %lld, not %lld", #actual, actual_value, expected_value); \
  } while (0)

#define CHECK_STRING(actual, expected)                                                                       \
  do {                                                                                                       \
    const char *actual_text = (actual), *expected_text = (expected);                                         \
    if (!actual_text || strcmp(actual_text, expected_text))                                                  \
      FAIL("%s is \"%s\", not \"%s\"", #actual, actual_text ? actual_text : "(null)", expected_text);        \
  } while (0)

#define CHECK_CONTAINS(actual, part)                                                                         \
  do {                                                                                                       \
    const char *actual_text = (actual), *part_text = (part);                                                 \
    if (!actual_text || !strstr(actual_text, part_text))                                                     \
      FAIL("%s is \"%s\", without \"%s\"", #actual, actual_text ? actual_text : "(null)", part_text);        \
  } while (0)

/* Runs one test and prints its name. Names on the command line select tests. */
#define RUN(name) test_run(argc, argv, #name, name)
void test_run(int argc, char **argv, const char *name, void (*test)(void));

/* A lock with a condition: one thread changes something, another waits for it. */
typedef struct monitor {
  pthread_mutex_t lock;
  pthread_cond_t changed;
} monitor;

#define MONITOR {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER}

/* Makes a change that others may be waiting for. */
#define CHANGE(monitor_pointer, statement)                                                                   \
  do {                                                                                                       \
    pthread_mutex_lock(&(monitor_pointer)->lock);                                                            \
    statement;                                                                                               \
    pthread_cond_broadcast(&(monitor_pointer)->changed);                                                     \
    pthread_mutex_unlock(&(monitor_pointer)->lock);                                                          \
  } while (0)

/* Waits until the condition holds; fails the test after a minute. */
#define AWAIT(monitor_pointer, condition)                                                                    \
  do {                                                                                                       \
    monitor *awaited = (monitor_pointer);                                                                    \
    pthread_mutex_lock(&awaited->lock);                                                                      \
    while (!(condition))                                                                                     \
      if (!monitor_wait(awaited)) FAIL("waited in vain for %s", #condition);                                 \
    pthread_mutex_unlock(&awaited->lock);                                                                    \
  } while (0)

bool monitor_wait(monitor *monitor);

/* `size` bytes that depend on their position and on `seed`; the caller frees them. */
uint8_t *test_bytes(size_t size, unsigned seed);

/* Takes all file descriptors below the limit except `spare`, at most `most`; returns how many. The caller
 * closes them. */
int take_descriptors(int *taken, int most, int spare);

struct csio_cookies;
struct csio_loop;

struct csio_cookies *test_jar(void);
struct csio_loop *test_loop(void);

/* Runs `fn(arg)` on the loop's thread and returns once it has finished. */
void on_loop(struct csio_loop *loop, void (*fn)(void *), void *arg);

#endif
