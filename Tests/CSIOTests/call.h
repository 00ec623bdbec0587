/* A request made from a test's thread, whose result can be waited for. */
#ifndef CSIO_TESTS_CALL_H
#define CSIO_TESTS_CALL_H

#include "test.h"

#include <csio/csio.h>

typedef struct call {
  monitor monitor;
  csio_loop *loop;
  csio_http *http;
  /* what to ask for */
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
  void *data;                         /* the test's */
  /* what came */
  int done; /* under `monitor` */
  int err;  /* of the functions that start the request */
  int error_code, error_status;
  char message[512];
  int status;
  uint8_t *answer; /* terminated */
  size_t answer_size;
  bool closed;
} call;

/* Starts; does not wait. */
void call_start(call *call);

/* Starts, waits for the result, and leaves the handle open for csio_http_… on the loop. */
void call_run(call *call);

/* Closes the handle and waits for that. */
void call_close(call *call);

/* call_run and call_close of a GET of `url`. */
call call_get(csio_loop *loop, const char *url);

/* call_run and call_close of what must fail with this error. */
void call_expect_error(call *call, int code, const char *part);

/* The same of a GET of `url`. */
void call_get_expect_error(csio_loop *loop, const char *url, int code, const char *part);

/* What call_run keeps, freed. */
void call_free(call *call);

#endif
