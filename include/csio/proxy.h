/* A proxy for HTTP requests and WebSockets. Proxies of the environment are used only if the program asks
 * for them with csio_proxy_from_environment.
 *
 * A csio_proxy is reference-counted, and constant once a handle has used it. */
#ifndef CSIO_PROXY_H
#define CSIO_PROXY_H

#include "common.h"
#include "tls.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csio_proxy csio_proxy;

/* Creates a proxy from its URL, "[SCHEME://][USER[:PASSWORD]@]HOST[:PORT]", with user and password
 * percent-encoded. The schemes are
 *
 *   http     the default (port 80): WebSockets and https requests use CONNECT, http requests are sent to the
 *            proxy; Basic authentication
 *   https    the same, with TLS to the proxy (port 443), for HTTP requests only: csio_ws_set_proxy fails with
 *            UNSUPPORTED
 *   socks5   (port 1080) with or without user and password; the target's name is resolved locally
 *   socks5h  (port 1080) the same, but the proxy resolves the target's name
 *
 * The caller owns the one reference of `*out`. Fails with UNSUPPORTED for another scheme, with URL for an
 * invalid URL or a host of more than 255 bytes, or with NOMEM. May be called on any thread. */
CSIO_EXTERN int csio_proxy_create(const char *url, csio_proxy **out);

/* Adds or drops a reference. May be called on any thread. csio_proxy_release does nothing if `proxy` is
 * NULL. */
CSIO_EXTERN csio_proxy *csio_proxy_retain(csio_proxy *proxy);
CSIO_EXTERN void csio_proxy_release(csio_proxy *proxy);

/* Sets the TLS settings for the connection to an https proxy and retains them; NULL, the default, selects
 * the default settings. Fails with STATE once the proxy is in use. */
CSIO_EXTERN int csio_proxy_set_tls(csio_proxy *proxy, csio_tls *tls);

/* Returns "HOST port N" of an http or https proxy, and NULL for others. Such a proxy gets plain http requests
 * itself, so a status such as 502 may be its own answer instead of the server's. The string stays valid as
 * long as the proxy. May be called on any thread. */
CSIO_EXTERN const char *csio_proxy_http_name(const csio_proxy *proxy);

/* Creates the proxy that the environment names for a target (http, https, ws or wss); `*out` is NULL if
 * there is none. http_proxy is used for http and ws, https_proxy or HTTPS_PROXY for https and wss, and
 * otherwise all_proxy or ALL_PROXY. HTTP_PROXY is ignored, because clients of a CGI program can set it.
 * no_proxy or NO_PROXY lists the hosts to connect to directly, separated by commas or blanks: "*" for all,
 * a name (with or without a leading dot) for itself and all names below it, or an IP address; each with or
 * without ":PORT".
 *
 * Reads only the environment. Like getenv, it must not run while another thread changes the environment.
 * Fails like csio_proxy_create, and with URL for an invalid target. */
CSIO_EXTERN int csio_proxy_from_environment(const char *target_url, csio_proxy **out);

#ifdef __cplusplus
}
#endif
#endif
