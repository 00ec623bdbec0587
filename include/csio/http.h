/* HTTP/1.1 requests, compressed answers included. Connections are kept and reused per loop. Every function is
 * called on the loop's thread.
 *
 *   create, set what is needed, start, then exactly one call of `on_done`, then close (also inside on_done).
 *
 * An answer with any status is a success; an error means that no whole answer came. A request is sent at most
 * once, whatever its method: where a kept connection ends after it has taken the request, the request fails
 * with LOST rather than being repeated. One that the server has closed before is not used, and a request that
 * crosses the connection's end goes over another one where it is certain that the server had none of it. */
#ifndef CSIO_HTTP_H
#define CSIO_HTTP_H

#include "buffer.h"
#include "cookies.h"
#include "error.h"
#include "loop.h"
#include "proxy.h"
#include "tls.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csio_http csio_http;

/* `error` is NULL when an answer came. */
typedef void (*csio_http_done_cb)(csio_http *http, const csio_error *error, void *data);

/* Makes a request; `method` and `url` (http or https) are copied. Fails with URL, NOMEM, SYSTEM. */
CSIO_EXTERN int csio_http_create(csio_loop *loop, const char *method, const char *url, csio_http **out);

/* Sets what the callbacks get as `data`; NULL unless set. */
CSIO_EXTERN void csio_http_set_data(csio_http *http, void *data);

/* Adds a request header, both parts copied; one that the library would send itself (as Accept) is replaced.
 * Proxy-Authorization goes to the proxy where there is one, and to nobody else. Fails with INVALID for a name
 * or value that cannot stand in a header, and for Content-Length and Transfer-Encoding. */
CSIO_EXTERN int csio_http_add_header(csio_http *http, const char *name, const char *value);

/* The request's body. `body` becomes the library's, also when the call fails. */
CSIO_EXTERN int csio_http_set_body(csio_http *http, csio_buffer *body);

/* TLS settings, retained; NULL for the default ones. */
CSIO_EXTERN int csio_http_set_tls(csio_http *http, csio_tls *tls);

/* A cookie jar, retained; NULL for none. The request carries the jar's cookies, after those of a Cookie
 * header that was added, whose names win; the Set-Cookie headers of the answer, and of redirects on the way,
 * go into the jar. */
CSIO_EXTERN int csio_http_set_cookies(csio_http *http, csio_cookies *cookies);

/* A proxy, retained; NULL, the default, for none. Where it cannot be used the request fails with PROXY, where
 * it does not accept user and password with PROXY_AUTH. */
CSIO_EXTERN int csio_http_set_proxy(csio_http *http, csio_proxy *proxy);

/* The address of this machine to connect from, in numbers ("127.0.0.1", "::1"); NULL, the default, for any.
 * Only addresses of the same family are connected to then. Fails with INVALID for anything but an address. */
CSIO_EXTERN int csio_http_set_local_address(csio_http *http, const char *address);

/* Whether a kept connection (idle for less than 2 s) may be used, and this one be kept; true unless set.
 * Without, the request asks the server to close the connection after the answer. */
CSIO_EXTERN int csio_http_set_keep_alive(csio_http *http, bool keep_alive);

/* Limit for the whole request in milliseconds, and for connecting alone; 0, the default, is no limit. */
CSIO_EXTERN int csio_http_set_timeout(csio_http *http, uint64_t ms);
CSIO_EXTERN int csio_http_set_connect_timeout(csio_http *http, uint64_t ms);

/* Largest accepted body in bytes, 0 for no limit (default: 64 MiB); beyond it the request fails with
 * TOO_LARGE, as it does for status line and headers of more than 32 KiB. */
CSIO_EXTERN int csio_http_set_max_body(csio_http *http, size_t bytes);

/* Follows up to `count` redirects of a GET (default 0). Headers that were added go along, but Authorization,
 * Proxy-Authorization, Cookie and Host not to another scheme, host or port. One from https to http fails with
 * REDIRECT. */
CSIO_EXTERN int csio_http_set_redirects(csio_http *http, unsigned count);

/* Sends the request. */
CSIO_EXTERN int csio_http_start(csio_http *http, csio_http_done_cb on_done);

/* The answer, from on_done until csio_http_close: status, body (UTF-8 or not, as it came, decompressed) and
 * headers. A header's name is compared without case; `index` counts from 0 among headers of that name; NULL
 * when there is none. */
CSIO_EXTERN int csio_http_status(const csio_http *http);
CSIO_EXTERN const uint8_t *csio_http_body(const csio_http *http, size_t *size);
CSIO_EXTERN const char *csio_http_header(const csio_http *http, const char *name, size_t index);

/* Bytes of the request's head and body sent, and of the answer's received so far. */
CSIO_EXTERN uint64_t csio_http_bytes_sent(const csio_http *http);
CSIO_EXTERN uint64_t csio_http_bytes_received(const csio_http *http);

/* Frees the request, cancelling it where it is under way: on_done does not run any more. `on_closed` (may be
 * NULL) gets the request's data in a later turn of the loop. The handle must not be used after the call. */
CSIO_EXTERN void csio_http_close(csio_http *http, void (*on_closed)(void *data));

#ifdef __cplusplus
}
#endif
#endif
