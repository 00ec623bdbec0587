#include "call.h"

static void on_done(csio_http *http, const csio_error *error, void *data)
{
  call *call = data;
  CHECK(csio_loop_is_current(call->loop));
  call->status = csio_http_status(http);
  if (error) {
    call->error_code = error->code;
    call->error_status = error->http_status;
    snprintf(call->message, sizeof call->message, "%s", error->message);
  } else {
    const uint8_t *body = csio_http_body(http, &call->answer_size);
    call->answer = malloc(call->answer_size + 1);
    CHECK(call->answer);
    memcpy(call->answer, body, call->answer_size);
    call->answer[call->answer_size] = '\0';
  }
  if (call->on_done) call->on_done(call);
  CHANGE(&call->monitor, call->done++);
}

static void start(void *arg)
{
  call *call = arg;
  call->err = csio_http_create(call->loop, call->method, call->url, &call->http);
  if (call->err) {
    call->http = NULL;
    return;
  }
  csio_http *http = call->http;
  csio_http_set_data(http, call);
  CHECK_INT(csio_http_set_tls(http, call->tls), CSIO_OK);
  CHECK_INT(csio_http_set_cookies(http, call->cookies), CSIO_OK);
  CHECK_INT(csio_http_set_proxy(http, call->proxy), CSIO_OK);
  CHECK_INT(csio_http_set_local_address(http, call->local_address), CSIO_OK);
  CHECK_INT(csio_http_set_keep_alive(http, !call->no_keep_alive), CSIO_OK);
  CHECK_INT(csio_http_set_timeout(http, call->timeout), CSIO_OK);
  CHECK_INT(csio_http_set_connect_timeout(http, call->connect_timeout), CSIO_OK);
  CHECK_INT(csio_http_set_redirects(http, call->redirects), CSIO_OK);
  if (call->max_body) CHECK_INT(csio_http_set_max_body(http, call->max_body), CSIO_OK);
  if (call->header_name)
    CHECK_INT(csio_http_add_header(http, call->header_name, call->header_value), CSIO_OK);
  if (call->body) {
    csio_buffer *body = csio_buffer_create(call->body_size);
    CHECK(body);
    memcpy(csio_buffer_bytes(body), call->body, call->body_size);
    CHECK_INT(csio_http_set_body(http, body), CSIO_OK);
  }
  call->err = csio_http_start(http, on_done);
}

void call_start(call *call)
{
  call->monitor = (monitor)MONITOR;
  if (!call->method) call->method = "GET";
  on_loop(call->loop, start, call);
}

void call_run(call *call)
{
  call_start(call);
  CHECK_INT(call->err, CSIO_OK);
  AWAIT(&call->monitor, call->done);
}

static void on_closed(void *data)
{
  call *call = data;
  CHANGE(&call->monitor, call->closed = true);
}

static void close_http(void *arg)
{
  call *call = arg;
  csio_http_close(call->http, on_closed);
}

void call_close(call *call)
{
  on_loop(call->loop, close_http, call);
  AWAIT(&call->monitor, call->closed);
}

call call_get(csio_loop *loop, const char *url)
{
  call call = {.loop = loop, .url = url};
  call_run(&call);
  call_close(&call);
  return call;
}

void call_expect_error(call *call, int code, const char *part)
{
  call_run(call);
  call_close(call);
  if (call->error_code != code)
    FAIL("%s gives %s (%s), not %s", call->url, csio_err_name(call->error_code), call->message,
        csio_err_name(code));
  CHECK_CONTAINS(call->message, part);
}

void call_get_expect_error(csio_loop *loop, const char *url, int code, const char *part)
{
  call call = {.loop = loop, .url = url};
  call_expect_error(&call, code, part);
}

void call_free(call *call)
{
  free(call->answer);
  call->answer = NULL;
}
