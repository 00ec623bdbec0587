#ifndef CSIO_URL_H
#define CSIO_URL_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The parts of a URL that connecting needs. All strings belong to it. */
typedef struct csio__url {
  char *whole;     /* normalised, without the fragment */
  char *host;      /* a name in ASCII, or an address without brackets */
  char *authority; /* what stands in the Host header: the port only where it is not the default one */
  char *target;    /* path and query */
  char *userinfo;  /* "user:password" decoded, or NULL */
  uint16_t port;
  bool has_port; /* the URL itself named it */
  bool secure;
} csio__url;

/* Reads a URL whose scheme is `plain` or `secure` ("http" and "https"). Fails with URL or NOMEM, and
 * for an international name with FILES where descriptors have run out. */
int csio__url_parse(csio__url *out, const char *text, const char *plain, const char *secure);

/* The fast part of it, for URLs in which nothing is decoded, converted or left out, as in most; libcurl takes
 * fifteen times as long. `*err` is OK or NOMEM then. False for all others, valid or not. */
bool csio__url_read_plain(csio__url *out, const char *text, const char *plain, const char *secure, int *err);

/* The same for http, https, ws and wss. */
int csio__url_parse_any(csio__url *out, const char *text);

/* Whether a host is an address in numbers, without brackets. */
bool csio__is_address(const char *host);

/* Whether a host, the beginning of a string, is `domain` or a name below it. */
bool csio__is_within(csio__text host, csio__text domain);

void csio__url_free(csio__url *url);

#endif
