/* A proxy that HTTP requests and WebSockets go through. The environment's proxies are used only where a
 * program asks for them with csio_proxy_from_environment.
 *
 * A csio_proxy is counted by reference, and constant once it is first used by a handle. */
#ifndef CSIO_PROXY_H
#define CSIO_PROXY_H

#include "common.h"
#include "tls.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csio_proxy csio_proxy;

/* Reads a proxy's URL, "SCHEME://[USER[:PASSWORD]@]HOST[:PORT]", user and password percent-encoded. Schemes
 * are
 *
 *   http     the default where there is none (port 80): WebSockets and https requests by CONNECT, others
 *            handed to the proxy; Basic authentication
 *   https    the same with TLS to the proxy (443): HTTP requests only, csio_ws_set_proxy gives UNSUPPORTED
 *   socks5   (1080) with user and password, or without; the target's name is resolved here
 *   socks5h  (1080) the same, the target's name being resolved by the proxy
 *
 * The caller owns the one reference of `*out`. Fails with UNSUPPORTED for another scheme, with URL, a host of
 * more than 255 bytes included, and with NOMEM. Any thread. */
CSIO_EXTERN int csio_proxy_create(const char *url, csio_proxy **out);

/* Adds and drops a reference. Any thread. csio_proxy_release(NULL) is allowed. */
CSIO_EXTERN csio_proxy *csio_proxy_retain(csio_proxy *proxy);
CSIO_EXTERN void csio_proxy_release(csio_proxy *proxy);

/* TLS settings for the connection to an https proxy, retained; NULL, as by default, for the default ones.
 * Fails with STATE once the proxy is in use. */
CSIO_EXTERN int csio_proxy_set_tls(csio_proxy *proxy, csio_tls *tls);

/* The proxy that the environment names for a target (http, https, ws or wss), `*out` being NULL where that is
 * none: http_proxy for http and ws, https_proxy or HTTPS_PROXY for https and wss, else all_proxy or
 * ALL_PROXY. HTTP_PROXY is ignored, since in a CGI program a client can set it. no_proxy or NO_PROXY lists,
 * separated by commas or blanks, the hosts that are reached directly: "*" for all, a name (with or without a
 * dot in front) for itself and the names under it, an address for itself, each with or without ":PORT".
 *
 * Reads the environment and nothing else; like getenv, not while another thread changes it. Fails as
 * csio_proxy_create, and with URL for a bad target. */
CSIO_EXTERN int csio_proxy_from_environment(const char *target_url, csio_proxy **out);

#ifdef __cplusplus
}
#endif
#endif
