/* libwebsockets as a guest of the loop: one context per loop, one virtual host per TLS setting. */
#ifndef CSIO_LWS_CONTEXT_H
#define CSIO_LWS_CONTEXT_H

#include "base/error_internal.h"
#include "loop/loop_internal.h"
#include "net/tls_internal.h"

#include <libwebsockets.h>

/* libwebsockets reads and writes handshakes in a buffer of this size, which every connection shares. */
enum { CSIO__LWS_SHARED_BUFFER = 64 * 1024 };

struct csio_ws;

/* A connection or the attempt at one: what libwebsockets' callbacks get. It lives as long as its socket,
 * which closes a turn of the loop after everything else of the WebSocket has ended. */
typedef struct csio__conn {
  struct csio_ws *ws; /* NULL when libwebsockets made nothing of the attempt */
  struct lws *wsi;
  struct csio__vhost *vhost;
  struct csio__conn *next;
  struct csio__conn **link;
  csio__task task; /* to flush, or to kill */
  int socket;      /* connected, until libwebsockets has taken it; then -1 */
  bool starting;   /* libwebsockets is being told of it, and may report its end right then */
  bool gone;       /* libwebsockets has nothing of it any more */
  bool asked;      /* the handshake's request has been written, so TLS is done */
  bool dead;       /* libwebsockets has reported the end, or has been told to make one */
  bool killed;     /* the task is to kill */
} csio__conn;

/* What is to be spoken on a connection. */
typedef struct csio__lws_target {
  bool secure;
  const char *host;      /* for SNI and verification */
  const char *protocols; /* subprotocols offered, separated by ", ", or NULL */
  csio_tls *tls;
} csio__lws_target;

/* Starts the handshake for `ws` on a connected socket, which it takes, also when it fails. The callbacks may
 * come before this returns, with `*out` set. On failure `*out` is NULL and `failure` filled, unless the
 * WebSocket has been told why. */
int csio__lws_connect(struct csio_ws *ws, csio_loop *loop, const csio__lws_target *target, int socket,
    csio__conn **out, csio__failure *failure);

/* Calls csio__ws_flush soon. */
void csio__conn_flush(csio__conn *conn);

/* Ends a connection soon, without a closing handshake. */
void csio__conn_kill(csio__conn *conn);

/* The session of the connection's TLS setting, NULL for one without TLS. */
csio__tls_session *csio__conn_tls(csio__conn *conn);

#endif
