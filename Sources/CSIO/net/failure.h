/* Why a connection could not be made, in the same words for both transports. */
#ifndef CSIO_FAILURE_H
#define CSIO_FAILURE_H

#include "base/error_internal.h"
#include "net/curl_multi.h"

typedef struct csio__peer_name {
  char text[400];
} csio__peer_name;

/* "HOST port N" or, for the route's proxy, "the proxy HOST port N". */
csio__peer_name csio__peer_of(const csio__transfer *transfer, bool proxy);

/* Fills the failure where it was the connection that failed; else false. */
bool csio__connect_failure(csio__transfer *transfer, CURLcode result, csio__failure *failure);

/* The proxy does not accept the credentials, with HTTP status 407 or, for SOCKS, 0. */
void csio__refused_credentials(csio__transfer *transfer, int status, csio__failure *failure);

/* The system's words or, where there are none, libcurl's. */
const char *csio__cause_of(csio__transfer *transfer, CURLcode result);

#endif
