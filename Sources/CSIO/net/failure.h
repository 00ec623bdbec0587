/* Explains why a connection could not be made, for both transports. */
#ifndef CSIO_FAILURE_H
#define CSIO_FAILURE_H

#include "base/error_internal.h"
#include "net/curl_multi.h"

typedef struct csio__peer_name {
  char text[400];
} csio__peer_name;

/* "HOST port N" or, for the route's proxy, "the proxy HOST port N". */
csio__peer_name csio__peer_of(const csio__route *route, bool proxy);

/* Whether a connection has ended, by libcurl's result. */
static inline bool csio__is_end(CURLcode result)
{
  return result == CURLE_SEND_ERROR || result == CURLE_RECV_ERROR || result == CURLE_GOT_NOTHING;
}

/* All below fill the failure. Those that return bool return false if they do not know such a failure. */

/* The connection failed. */
bool csio__connect_failure(csio__transfer *transfer, CURLcode result, csio__failure *failure);

/* The proxy does not accept the credentials, with HTTP status 407 or, for SOCKS, 0. */
void csio__refused_credentials(csio__transfer *transfer, int status, csio__failure *failure);

/* No connection could be made. */
bool csio__could_not_connect(csio__transfer *transfer, int code, const char *cause, csio__failure *failure);

/* No connection was made within `ms`. */
int csio__connecting_took(const csio__route *route, uint64_t ms, csio__failure *failure);

/* The proxy ended the connection without an answer. */
bool csio__proxy_lost(csio__transfer *transfer, csio__failure *failure);

/* The answer's head is larger than CSIO__MAX_ANSWER_HEAD. */
bool csio__head_too_large(csio__failure *failure, const char *peer);

/* The system's number for what went wrong, or 0. */
int csio__errno_of(csio__transfer *transfer, CURLcode result);

/* The system's reason or, if there is none, libcurl's. */
const char *csio__cause_of(csio__transfer *transfer, CURLcode result);

#endif
