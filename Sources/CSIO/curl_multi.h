/* libcurl's multi interface as a guest of the loop. */
#ifndef CSIO_CURL_MULTI_H
#define CSIO_CURL_MULTI_H

#include "loop_internal.h"

#include <curl/curl.h>

/* Gets what CURLOPT_PRIVATE holds when the transfer ended; the easy handle is out of the multi handle by
 * then. */
typedef void (*csio__curl_done)(void *transfer, CURLcode result);

/* libcurl's own start, once in a process. */
void csio__curl_global_init(void);

/* A time as libcurl takes it. */
long csio__curl_ms(uint64_t ms);

/* Starts a transfer. `done` is the same for all transfers of a loop. */
int csio__curl_add(csio_loop *loop, CURL *easy, csio__curl_done done);

/* Ends a transfer without calling back. */
void csio__curl_remove(csio_loop *loop, CURL *easy);

/* Closes all connections, at the loop's end; then, once the loop's handles are closed, frees the rest. */
void csio__curl_stop(csio_loop *loop);
void csio__curl_free(csio_loop *loop);

#endif
