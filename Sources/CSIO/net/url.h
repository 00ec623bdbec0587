#ifndef CSIO_URL_H
#define CSIO_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A URL in the parts that connecting needs. All strings belong to it. */
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
 * for an international name with SYSTEM where descriptors have run out. */
int csio__url_parse(csio__url *out, const char *text, const char *plain, const char *secure);

/* The same for http, https, ws and wss. */
int csio__url_parse_any(csio__url *out, const char *text);

/* Whether a host is an address in numbers, without brackets. */
bool csio__is_address(const char *host);

/* Whether the first `length` bytes of a host are `domain`, of `size` bytes, or a name below it. */
bool csio__is_within(const char *host, size_t length, const char *domain, size_t size);

void csio__url_free(csio__url *url);

#endif
