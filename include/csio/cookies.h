/* A cookie jar (RFC 6265), shared by HTTP requests and WebSockets.
 *
 * A csio_cookies is reference-counted. Every function may be called on any thread, even while other
 * threads use the jar.
 *
 * A cookie whose Domain attribute is a public suffix ("co.uk", "github.io") is refused, unless the suffix
 * is the host itself; the cookie then applies to that host only. Public suffixes come from libpsl, which
 * is loaded at run time if the system has it. Without libpsl, only names without a dot ("com") count as
 * public suffixes.
 *
 * The jar keeps at most 50 cookies per host and 3,000 in total, and evicts the least recently used. A
 * cookie whose name and value together exceed 4,096 bytes is refused. Secure cookies are accepted from
 * https and wss URLs only, are sent to such URLs only, and cannot be replaced or shadowed by cookies from
 * other URLs. HttpOnly and SameSite are accepted but have no effect. Cookies are not persisted. */
#ifndef CSIO_COOKIES_H
#define CSIO_COOKIES_H

#include "buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csio_cookies csio_cookies;

/* Creates an empty jar with one reference, owned by the caller. Fails with NOMEM. */
CSIO_EXTERN int csio_cookies_create(csio_cookies **out);

/* Adds or drops a reference. csio_cookies_release does nothing if `cookies` is NULL. */
CSIO_EXTERN csio_cookies *csio_cookies_retain(csio_cookies *cookies);
CSIO_EXTERN void csio_cookies_release(csio_cookies *cookies);

/* Stores the cookie of one Set-Cookie header received from `url` (http, https, ws or wss). Fails with
 * INVALID if the cookie is malformed or the URL may not set it, or with URL, NOMEM or FILES. */
CSIO_EXTERN int csio_cookies_store(csio_cookies *cookies, const char *url, const char *set_cookie);

/* Builds the value of a Cookie header for a request to `url`, as "a=1; b=2": cookies with longer paths
 * first, then older ones. The caller owns `*out`, which is NULL if no cookie matches. The bytes are
 * followed by a NUL, which is not part of the size. Fails with URL, NOMEM or FILES. */
CSIO_EXTERN int csio_cookies_header(csio_cookies *cookies, const char *url, csio_buffer **out);

/* Returns the number of cookies that have not expired. */
CSIO_EXTERN size_t csio_cookies_count(csio_cookies *cookies);

CSIO_EXTERN void csio_cookies_clear(csio_cookies *cookies);

#ifdef __cplusplus
}
#endif
#endif
