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
  bool running;
  csio__transfer transfer;
  struct curl_slist *hop_headers; /* what this hop says */
  char *method;
  bool may_redirect;
  unsigned redirects_left;
  uint64_t connect_timeout;
  uint64_t deadline; /* 0 for none */
  char *key;         /* of this hop's connections */
  bool keep_alive;
  csio__tls_handshake *handshake; /* of the TLS connection that this hop made last */
  csio_buffer *body;
  bool stale;              /* a kept connection was given up before the request was sent over it */
  long sent_before_asking; /* as libcurl counts */
  bool repeated;           /* libcurl would have sent the request again */
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

/* --- what libcurl is told --- */

/* Sets everything on the easy handle that is the same for all hops. */
int csio__http_prepare(csio_http *http);

/* Sets what differs from hop to hop: the URL, its credentials and cookies, the time left. */
int csio__http_prepare_hop(csio_http *http);
int csio__http_prepare_tls(csio_http *http);

/* --- what libcurl says --- */

/* Whether the kept connection that took the request has ended, and the request may be sent again all the
 * same: it is sure to have had no effect. */
bool csio__http_is_undone(const csio_http *http);

/* Goes where the answer redirects to: whether there is another hop to make. `failure` is filled where
 * it must not be followed. */
bool csio__http_redirect(csio_http *http, csio__failure *failure);

/* Turns libcurl's result into csio's code and sentence. */
void csio__http_failure(csio_http *http, CURLcode result, csio__failure *failure);

/* The same for an answer that is the proxy's. */
bool csio__http_proxy_refused(csio_http *http, csio__failure *failure);

/* The same for what concerns TLS alone; false when the failure does not. */
bool csio__http_tls_failure(csio_http *http, CURLcode result, csio__failure *failure);

#endif
