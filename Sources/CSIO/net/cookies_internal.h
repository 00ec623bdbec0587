#ifndef CSIO_COOKIES_INTERNAL_H
#define CSIO_COOKIES_INTERNAL_H

#include <csio/cookies.h>

#include "base/buffer_internal.h"
#include "base/text.h"
#include "net/url.h"

#include <stddef.h>

enum {
  CSIO__COOKIE_MAX_SIZE = 4096, /* of name and value together */
  CSIO__COOKIE_MAX_PATH = 1024,
  CSIO__COOKIES_PER_HOST = 50,
  CSIO__COOKIES_MAX = 3000,
};

/* A cookie as described by a Set-Cookie header; points into the header. */
typedef struct csio__cookie_line {
  csio__text name, value;
  csio__text domain; /* empty for the URL's host alone */
  csio__text path;   /* empty for the URL's own */
  int64_t expires;   /* in seconds since 1970; INT64_MAX for never, INT64_MIN for a cookie to be deleted */
  bool secure;
  bool host_only; /* not for names below the domain; filled in when it is stored */
} csio__cookie_line;

/* Reads a header's value; false where it is malformed. */
bool csio__cookie_parse(csio__cookie_line *out, const char *line, int64_t now);

/* As csio_cookies_store at a certain time, in seconds since 1970. */
int csio__cookies_store(csio_cookies *cookies, const csio__url *url, const char *line, int64_t now);

/* Appends what a Cookie header to `url` holds to `out`, terminated where that is anything: `own`, unless that
 * is NULL, then the jar's cookies whose names it does not hold. */
int csio__cookies_header(
    csio_cookies *cookies, const csio__url *url, const char *own, int64_t now, csio__bytes *out);

#endif
