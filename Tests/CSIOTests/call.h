/* An HTTP request made from a test's thread, whose result can be waited for. */
#ifndef CSIO_TESTS_CALL_H
#define CSIO_TESTS_CALL_H

#include "test.h"

#include <csio/csio.h>

typedef struct call {
  monitor monitor;
  csio_loop *loop;
  csio_http *http;
  /* the request */
  const char *method, *url;
  const void *body;
  size_t body_size;
  const char *header_name, *header_value;
  csio_tls *tls;
  csio_cookies *cookies;
  csio_proxy *proxy;
  const char *local_address;
  bool no_keep_alive;
  uint64_t timeout, connect_timeout;
  size_t max_body; /* 0 leaves the default */
  unsigned redirects;
  void (*on_done)(struct call *call); /* on the loop's thread, before `done` is set */
  void *data;                         /* for the test */
  /* the result */
  int done; /* under `monitor` */
  int err;  /* from the functions that start the request */
  int error_code, error_status;
  char message[512];
  int status;
  uint8_t *answer; /* terminated */
  size_t answer_size;
  bool closed;
} call;

/* Starts the request; does not wait. */
void call_start(call *call);

/* Starts, waits for the result, and leaves the handle open for csio_http_… calls on the loop. */
void call_run(call *call);

/* Closes the handle and waits until it is closed. */
void call_close(call *call);

/* call_run and call_close for a GET of `url`. */
call call_get(csio_loop *loop, const char *url);

/* call_run and call_close for a request that must fail with this error. */
void call_expect_error(call *call, int code, const char *part);

/* The same for a GET of `url`. */
void call_get_expect_error(csio_loop *loop, const char *url, int code, const char *part);

/* Frees what call_run keeps. */
void call_free(call *call);

#endif
