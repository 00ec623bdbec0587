#ifndef CSIO_HTTP_INTERNAL_H
#define CSIO_HTTP_INTERNAL_H

#include <csio/http.h>

#include "buffer_internal.h"
#include "error_internal.h"
#include "loop_internal.h"
#include "tls_internal.h"
#include "url.h"

#include <curl/curl.h>

typedef enum csio__http_state {
  CSIO__HTTP_NEW,
  CSIO__HTTP_RUNNING,
  CSIO__HTTP_DONE,
} csio__http_state;

struct csio_http {
  csio__handle handle;
  csio__http_state state;
  CURL *easy;
  struct curl_slist *headers;
  char *method;
  csio__url url;
  csio_tls *tls;
  csio__tls_session *session; /* of the TLS connection that this request made */
  csio_buffer *body;
  size_t body_sent;
  csio__bytes answer;
  size_t max_body;
  bool too_large;
  bool no_memory;
  csio_http_done_cb on_done;
  void (*on_closed)(void *data);
  void *data;
  csio__task close_task;
  char curl_error[CURL_ERROR_SIZE];
};

/* Turns libcurl's result into csio's code and sentence. */
void csio__http_failure(csio_http *http, CURLcode result, csio__failure *failure);

/* The same for what concerns TLS alone; false when the failure does not. */
bool csio__http_tls_failure(csio_http *http, CURLcode result, csio__failure *failure);
int csio__http_prepare_tls(csio_http *http);

/* Sets everything on the easy handle that does not come from a setter. */
int csio__http_prepare(csio_http *http);

#endif
