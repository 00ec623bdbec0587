/* libcurl's multi interface as a guest of the loop. */
#ifndef CSIO_CURL_MULTI_H
#define CSIO_CURL_MULTI_H

#include "net/curl_sockets.h"
#include "loop/loop_internal.h"

#include <curl/curl.h>

/* What libcurl does for a request, embedded in that. */
typedef struct csio__transfer {
  CURL *easy;
  /* The transfer has ended, and `easy` is out of the multi handle. CURLE_ABORTED_BY_CALLBACK means that there
   * was no memory to go on with it. */
  void (*on_done)(struct csio__transfer *transfer, CURLcode result);
  csio__fate fate;         /* of what was sent over a kept connection that has ended */
  struct csio__curl *curl; /* while it goes on, else NULL, as the next two */
  struct csio__transfer *next;
  struct csio__transfer **link;
} csio__transfer;

/* libcurl's own start, once in a process. */
void csio__curl_global_init(void);

/* A time as libcurl takes it. */
long csio__curl_ms(uint64_t ms);

/* Starts a transfer whose `easy` and `on_done` are set. */
int csio__curl_start(csio_loop *loop, csio__transfer *transfer);

/* Ends a transfer without calling back; one that does not go on is left alone. */
void csio__curl_cancel(csio__transfer *transfer);

/* Makes the socket for a connection of the transfer's; CURL_SOCKET_BAD, with errno set, where it cannot. */
curl_socket_t csio__curl_open_socket(csio__transfer *transfer, const struct curl_sockaddr *address);

/* The kept connection between these ends is to be used; false where it has ended, or is in no state to be
 * used. */
bool csio__curl_use_kept(
    csio__transfer *transfer, const char *local_ip, int local_port, const char *remote_ip, int remote_port);

#endif
