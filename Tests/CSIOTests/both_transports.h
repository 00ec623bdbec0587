/* What HTTP requests and WebSockets must do alike. */
#ifndef CSIO_TESTS_BOTH_TRANSPORTS_H
#define CSIO_TESTS_BOTH_TRANSPORTS_H

#include "peer.h"

#include <csio/csio.h>

/* A script for both: answers requests with "from the server", and echoes WebSocket messages. No request may
 * carry headers that are for a proxy. */
void both_serve(client *client);

/* Connects to `host` on both transports, plain or with TLS, and through a proxy unless that is NULL; expects
 * the same code from both. OK means that bytes went both ways. An empty `part` matches any message. */
void both_expect(csio_loop *loop, const peer *server, bool secure, const char *host, csio_tls *tls,
    csio_proxy *proxy, int code, int status, const char *part);

/* The same with a server of its own and without a proxy. Takes both contexts. */
void both_expect_tls(
    csio_loop *loop, SSL_CTX *server_tls, const char *host, csio_tls *tls, int code, const char *part);

#endif
