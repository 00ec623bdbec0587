#ifndef CSIO_HTTP_INTERNAL_H
#define CSIO_HTTP_INTERNAL_H

#include <csio/http.h>

#include "base/buffer_internal.h"
#include "base/error_internal.h"
#include "loop/loop_internal.h"
#include "net/curl_multi.h"
#include "net/request.h"

struct csio_http {
  csio__handle handle;
  csio__request request;
  csio__transfer transfer;
  struct curl_slist *hop_headers; /* of this hop */
  char *method;
  bool may_redirect;
  unsigned redirects_left;
  uint64_t connect_timeout;
  uint64_t deadline; /* 0 for none */
  char *key;         /* of this hop's connections */
  bool keep_alive;
  csio__tls_handshake *handshake; /* of the TLS connection that this hop made last */
  bool shakes_with_proxy;         /* that is the proxy's */
  csio_buffer *body;
  bool stale;              /* a kept connection was given up before the request was sent over it */
  long sent_before_asking; /* as libcurl counts */
  bool repeated;           /* libcurl was about to send the request again */
  size_t head_size;
  csio__bytes answer;
  uint64_t sent_before, received_before; /* in earlier hops */
  bool too_large;
  bool no_memory;
  csio_http_done_cb on_done;
  void *data;
  csio__task close_task;
  char curl_error[CURL_ERROR_SIZE];
};

/* --- to libcurl --- */

/* Sets on the easy handle what is the same for all hops. */
int csio__http_prepare(csio_http *http);

/* Sets what differs from hop to hop (the URL, its credentials and cookies, the time left), and starts. */
int csio__http_start_hop(csio_http *http);

/* --- from libcurl --- */

/* Prepares for the hop to which the answer redirects. False where there is none; `failure` is filled if the
 * redirect must not be followed. */
bool csio__http_redirect(csio_http *http, csio__failure *failure);

#endif
