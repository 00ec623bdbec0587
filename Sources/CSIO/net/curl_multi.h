/* libcurl's multi interface as a guest of the loop. */
#ifndef CSIO_CURL_MULTI_H
#define CSIO_CURL_MULTI_H

#include "net/curl_sockets.h"
#include "loop/loop_internal.h"
#include "net/request.h"

#include <curl/curl.h>

/* What libcurl does for a request or for a dial, embedded in that. */
typedef struct csio__transfer {
  CURL *easy;
  csio__route route;
  struct curl_slist *proxy_headers;
  /* The transfer has ended, and `easy` is out of the multi handle. CURLE_ABORTED_BY_CALLBACK means that there
   * was no memory to go on with it. */
  void (*on_done)(struct csio__transfer *transfer, CURLcode result);
  bool (*may_connect)(struct csio__transfer *transfer); /* asked before each connection; NULL for yes */
  csio__socket_user user;
  /* since csio__curl_start: */
  bool connected;       /* has connected rather than used a kept connection */
  bool bare;            /* a socket was made, and TLS has not begun on it */
  bool stands;          /* the connection has stood, all the way to the target */
  int socket_errno;     /* why there was no socket */
  size_t proxy_head;    /* bytes of the proxy's answer to CONNECT */
  char proxy_line[100]; /* its status line, as much as fits */
  int proxy_status;
  struct csio__curl *curl; /* while it goes on, else NULL, as the next two */
  struct csio__transfer *next;
  struct csio__transfer **link;
} csio__transfer;

/* libcurl's own start, once in a process. */
void csio__curl_global_init(void);

/* What libcurl may open to start or to resolve a name. */
enum { CSIO__CURL_DESCRIPTORS = 4 };

/* A time as libcurl takes it. */
long csio__curl_ms(uint64_t ms);

/* Starts a transfer that is prepared. Fails with NOMEM or SYSTEM. */
int csio__curl_start(csio_loop *loop, csio__transfer *transfer);

/* Ends a transfer without calling back; one that does not go on is left alone. */
void csio__curl_cancel(csio__transfer *transfer);

/* Makes the socket for a connection of the transfer's; CURL_SOCKET_BAD, with errno set, where it cannot. */
curl_socket_t csio__curl_open_socket(csio__transfer *transfer, const struct curl_sockaddr *address);

/* The connection between these ends is to be used; false for a kept one that is not to. */
bool csio__curl_use(csio__transfer *transfer, csio__ends ends);

#endif
