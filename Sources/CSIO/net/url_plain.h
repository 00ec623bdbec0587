/* URLs that mean the same to every reader. */
#ifndef CSIO_URL_PLAIN_H
#define CSIO_URL_PLAIN_H

#include "net/url.h"

/* Reads a URL in which nothing is to be decoded, converted or left out, as most are: libcurl takes fifteen
 * times as long. `*err` is OK or NOMEM then. False for all others, which may be URLs or not. */
bool csio__url_read_plain(csio__url *out, const char *text, const char *plain, const char *secure, int *err);

#endif
