/* HTTP/1.1 requests, with decompression of answers. Each loop keeps connections and reuses them. Every
 * function must be called on the loop's thread.
 *
 *   create, set options, start; then exactly one call of `on_done`; then close (possibly inside on_done).
 *
 * An answer with any status is a success; an error means that no complete answer arrived.
 *
 * A request is sent at most once, whatever its method. If a kept connection ends after it has taken the
 * request, the request fails with LOST instead of being sent again. A kept connection that the server has
 * already closed is not used. A request that crosses with the server's close is sent over another
 * connection only if the server has certainly received none of it. */
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

/* Reports the end of a request. `error` is NULL if an answer arrived. */
typedef void (*csio_http_done_cb)(csio_http *http, const csio_error *error, void *data);

/* Creates a request. `method` and `url` (http or https) are copied. Fails with URL, NOMEM or FILES. */
CSIO_EXTERN int csio_http_create(csio_loop *loop, const char *method, const char *url, csio_http **out);

/* Sets the `data` that the callbacks receive; NULL by default. */
CSIO_EXTERN void csio_http_set_data(csio_http *http, void *data);

/* Adds a request header; name and value are copied. Replaces a header that the library would send itself
 * (such as Accept). Proxy-Authorization is sent to the proxy, if there is one, and never to the server.
 * Fails with INVALID for a name or value that is not allowed in a header, and for Content-Length and
 * Transfer-Encoding. */
CSIO_EXTERN int csio_http_add_header(csio_http *http, const char *name, const char *value);

/* Sets the request's body. Takes ownership of `body`, even on failure. */
CSIO_EXTERN int csio_http_set_body(csio_http *http, csio_buffer *body);

/* Sets the TLS settings and retains them; NULL selects the default settings. */
CSIO_EXTERN int csio_http_set_tls(csio_http *http, csio_tls *tls);

/* Sets a cookie jar and retains it; NULL for none. The request sends the jar's cookies after those of a
 * Cookie header added by the caller, whose names take precedence. Set-Cookie headers of the answer, and of
 * redirects on the way, are stored in the jar. */
CSIO_EXTERN int csio_http_set_cookies(csio_http *http, csio_cookies *cookies);

/* Sets a proxy and retains it; NULL, the default, for none. The request fails with PROXY if the proxy
 * cannot be used, and with PROXY_AUTH if the proxy rejects the credentials. */
CSIO_EXTERN int csio_http_set_proxy(csio_http *http, csio_proxy *proxy);

/* Sets the local address to connect from, a numeric IP address ("127.0.0.1", "::1"); NULL, the default,
 * for any. Only remote addresses of the same family are then used. Fails with INVALID for anything else. */
CSIO_EXTERN int csio_http_set_local_address(csio_http *http, const char *address);

/* Sets whether the request may use a kept connection (one idle for less than 2 s) and whether its own is
 * kept; true by default. If false, the request asks the server to close the connection after the answer. */
CSIO_EXTERN int csio_http_set_keep_alive(csio_http *http, bool keep_alive);

/* Set a time limit in milliseconds for the whole request, and for connecting alone; 0, the default, means
 * no limit. */
CSIO_EXTERN int csio_http_set_timeout(csio_http *http, uint64_t ms);
CSIO_EXTERN int csio_http_set_connect_timeout(csio_http *http, uint64_t ms);

/* Sets the largest accepted body in bytes; 0 for no limit (default: 64 MiB). A larger body makes the
 * request fail with TOO_LARGE, as do a status line and headers of more than 32 KiB together. */
CSIO_EXTERN int csio_http_set_max_body(csio_http *http, size_t bytes);

/* Follows up to `count` redirects of a GET (default: 0). Headers added by the caller are sent again,
 * except that Authorization, Proxy-Authorization, Cookie and Host are not sent to another scheme, host or
 * port. A redirect from https to http fails with REDIRECT. */
CSIO_EXTERN int csio_http_set_redirects(csio_http *http, unsigned count);

/* Sends the request. Fails with STATE, NOMEM, FILES or, for TLS, as csio_tls_create does; `on_done` is not
 * called then. Everything else is reported by `on_done`, never before this returns. */
CSIO_EXTERN int csio_http_start(csio_http *http, csio_http_done_cb on_done);

/* Return the status, the body and a header of the answer, from on_done until csio_http_close. The body is
 * decompressed and otherwise as received; it need not be UTF-8. Header names are compared without case.
 * `index` selects one of several headers with the same name, starting at 0; csio_http_header returns NULL
 * if there is no such header. */
CSIO_EXTERN int csio_http_status(const csio_http *http);
CSIO_EXTERN const uint8_t *csio_http_body(const csio_http *http, size_t *size);
CSIO_EXTERN const char *csio_http_header(const csio_http *http, const char *name, size_t index);

/* Return how many bytes of the request, and of the answer, have been sent and received so far, heads and
 * bodies. */
CSIO_EXTERN uint64_t csio_http_bytes_sent(const csio_http *http);
CSIO_EXTERN uint64_t csio_http_bytes_received(const csio_http *http);

/* Frees the request, and cancels it if it has not finished: on_done is not called any more. `on_closed`
 * (may be NULL) receives the request's data in a later turn of the loop. Do not use the handle after this
 * call. */
CSIO_EXTERN void csio_http_close(csio_http *http, void (*on_closed)(void *data));

#ifdef __cplusplus
}
#endif
#endif
