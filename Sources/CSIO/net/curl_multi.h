/* libcurl's multi interface as a guest of the loop. */
#ifndef CSIO_CURL_MULTI_H
#define CSIO_CURL_MULTI_H

#include "net/curl_sockets.h"
#include "loop/loop_internal.h"
#include "net/request.h"

#include <curl/curl.h>

/* The work of libcurl for a request or a dial; embedded in it. */
typedef struct csio__transfer {
  CURL *easy;
  csio__route route;
  struct curl_slist *proxy_headers;
  /* The transfer has ended, and `easy` has left the multi handle. CURLE_ABORTED_BY_CALLBACK: out of memory.
   */
  void (*on_done)(struct csio__transfer *transfer, CURLcode result);
  bool (*may_connect)(struct csio__transfer *transfer); /* asked before each connection; NULL for yes */
  csio__socket_user user;
  csio__sockets *sockets; /* the loop's */
  /* since csio__curl_start: */
  bool connected;       /* has made a connection, not used a kept one */
  bool bare;            /* a socket was made, and TLS has not begun on it */
  bool stands;          /* the connection to the target was made */
  int socket_errno;     /* why there was no socket */
  long old_errno;       /* libcurl's, which it keeps, from before the connection stood */
  size_t proxy_head;    /* bytes of the proxy's answer to CONNECT */
  char proxy_line[100]; /* its status line, as much as fits */
  int proxy_status;
  struct csio__curl *curl; /* while it goes on, else NULL, as the next two */
  struct csio__transfer *next;
  struct csio__transfer **link;
} csio__transfer;

/* What libcurl may open to start or to resolve a name. */
enum { CSIO__CURL_DESCRIPTORS = 4 };

/* A time as libcurl takes it. */
long csio__curl_ms(uint64_t ms);

/* Starts a transfer that is prepared. Fails with NOMEM or FILES. */
int csio__curl_start(csio_loop *loop, csio__transfer *transfer);

/* Ends a transfer without calling back; one that does not go on is left alone. */
void csio__curl_cancel(csio__transfer *transfer);

/* Sets the route on the easy handle. Fails with NOMEM. */
int csio__route_prepare(csio__transfer *transfer);

/* libcurl's header function for an HTTP proxy's answer to CONNECT; `transfer` is its data. A refusal ends the
 * transfer. */
size_t csio__proxy_header(char *line, size_t unit, size_t count, void *transfer);

/* Frees what belongs to a transfer that is not under way. */
void csio__transfer_free(csio__transfer *transfer);

#endif
