/* How a connection is made, for both transports: by libcurl, directly or through a proxy. */
#ifndef CSIO_ROUTE_H
#define CSIO_ROUTE_H

#include "net/curl_multi.h"

/* Sets what a route takes on the easy handle. Fails with NOMEM. */
int csio__route_prepare(csio__transfer *transfer);

/* A line of an HTTP proxy's answer to CONNECT, for a header function, whose result is returned. Refusals end
 * the transfer. */
size_t csio__route_hear(csio__transfer *transfer, const char *line, size_t size);

/* Frees what belongs to the transfer, which does not go on. */
void csio__transfer_free(csio__transfer *transfer);

#endif
