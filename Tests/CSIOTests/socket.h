/* A WebSocket made from a test's thread, whose events can be waited for. */
#ifndef CSIO_TESTS_SOCKET_H
#define CSIO_TESTS_SOCKET_H

#include "test.h"

#include <csio/csio.h>

typedef struct socket_test socket_test;

struct socket_test {
  monitor monitor;
  csio_loop *loop;
  csio_ws *ws;
  /* settings */
  const char *url;
  csio_tls *tls;
  csio_cookies *cookies;
  csio_proxy *proxy;
  const char *local_address;
  bool deflate;
  size_t deflate_threshold; /* 0 leaves the default */
  uint64_t timeout;
  size_t max_message; /* 0 leaves the default */
  const char *protocols[3];
  const char *headers[4][2];
  bool may_not_start; /* an error of csio_ws_connect is a result */
  /* called on the loop's thread, before the counters change */
  void (*on_open)(socket_test *socket);
  void (*on_message)(socket_test *socket, csio_ws_type type, const uint8_t *bytes, size_t size);
  void (*on_drain)(socket_test *socket);
  void (*on_end)(socket_test *socket);
  void *data; /* for the test */
  /* results, under `monitor` */
  int err; /* from the functions that start it */
  int opened, messages, drains, closes, errors, gone;
  size_t bytes;
  csio_ws_type type; /* of the last message */
  uint8_t *message;  /* the last one, null-terminated */
  size_t size;
  int code;
  char reason[124];
  int error_code, error_status;
  char error[512];
  char body[3000]; /* of a refusal */
};

/* Starts connecting; does not wait. */
void socket_start(socket_test *socket);

/* Ends a connection that is being made, which reports no error when it is closed, and CANCELLED when its loop
 * is. */
void socket_end_early(csio_loop *loop, const char *url);

/* Starts, and waits until it is open. */
void socket_open(socket_test *socket);

/* Starts, expects this error, and closes it. */
void socket_expect_error(socket_test *socket, int code, const char *part);

void socket_send(socket_test *socket, csio_ws_type type, const void *bytes, size_t size);
void socket_shutdown(socket_test *socket, uint16_t code, const char *reason);

/* Waits for on_close or on_error. */
void socket_await_end(socket_test *socket);

/* Closes the handle, unless a callback did, and waits until it is closed. */
void socket_close(socket_test *socket);

/* For a callback: closes the handle. */
void socket_close_inside(socket_test *socket);

#endif
