/* A cookie jar (RFC 6265), which HTTP requests and WebSockets fill and read.
 *
 * A csio_cookies is counted by reference. Every function may be called on any thread, also while the jar is
 * in use on others.
 *
 * A Domain attribute that names a public suffix ("co.uk", "github.io") is refused, unless it is the host
 * itself: the cookie is for that host alone then. Which suffixes are public is known from libpsl, which is
 * loaded when the program runs, where the system has it; without it, only names without a dot ("com") count
 * as such. At most 50 cookies of one host and 3,000 in all are kept, the ones unused for longest giving way;
 * one of more than 4,096 bytes, name and value together, is refused. Secure cookies go to https and wss URLs
 * only, are taken from those only, and are not replaced or hidden by what others set. HttpOnly and SameSite
 * are accepted and mean nothing here. Cookies do not outlive the jar. */
#ifndef CSIO_COOKIES_H
#define CSIO_COOKIES_H

#include "buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csio_cookies csio_cookies;

/* Makes an empty jar with one reference, the caller's. Fails with NOMEM, SYSTEM. */
CSIO_EXTERN int csio_cookies_create(csio_cookies **out);

/* Adds and drops a reference. csio_cookies_release(NULL) is allowed. */
CSIO_EXTERN csio_cookies *csio_cookies_retain(csio_cookies *cookies);
CSIO_EXTERN void csio_cookies_release(csio_cookies *cookies);

/* Takes in the value of one Set-Cookie header that came from `url` (http, https, ws or wss). Fails with
 * INVALID for a cookie that is malformed or that this URL may not set, with URL and with NOMEM. */
CSIO_EXTERN int csio_cookies_store(csio_cookies *cookies, const char *url, const char *set_cookie);

/* What a Cookie header to `url` holds, as "a=1; b=2", the longer paths and then the older cookies first. The
 * caller owns `*out`; a NUL that its size does not count follows the bytes. `*out` is NULL where no cookie
 * matches. Fails with URL, NOMEM. */
CSIO_EXTERN int csio_cookies_header(csio_cookies *cookies, const char *url, csio_buffer **out);

/* How many cookies there are that have not expired. */
CSIO_EXTERN size_t csio_cookies_count(csio_cookies *cookies);

CSIO_EXTERN void csio_cookies_clear(csio_cookies *cookies);

#ifdef __cplusplus
}
#endif
#endif
