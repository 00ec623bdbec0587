/* TCP connections, directly or through a proxy: libcurl makes them, and lets go of the socket. */
#ifndef CSIO_DIAL_H
#define CSIO_DIAL_H

#include "base/buffer_internal.h"
#include "base/error_internal.h"
#include "loop/loop_internal.h"
#include "net/proxy_internal.h"

/* All of it stays the caller's, and must stay as it is until `on_gone`. */
typedef struct csio__dial_target {
  const char *host; /* without brackets */
  uint16_t port;
  const char *local_address;       /* numeric, or NULL */
  const csio_proxy *proxy;         /* of a kind other than CSIO__PROXY_HTTPS, or NULL */
  const char *proxy_authorization; /* the value of that header for an HTTP proxy, or NULL */
  /* In ms, 0 for none. A silent address gets half of what is left of it, then the next one is tried. */
  uint64_t timeout;
} csio__dial_target;

typedef struct csio__dial csio__dial;

/* `socket` is connected, non-blocking and the callee's, and `failure` NULL; or it is -1. */
typedef void (*csio__dial_done)(void *data, int socket, const csio__failure *failure);

/* Starts connecting. Calls `on_done` once, unless cancelled, and then `on_gone` when nothing is left; neither
 * before it returns. Fails with NOMEM or SYSTEM. */
int csio__dial_start(csio_loop *loop, const csio__dial_target *target, csio__dial_done on_done,
    void (*on_gone)(void *data), void *data, csio__dial **out);

/* Only between csio__dial_start and on_done. */
void csio__dial_cancel(csio__dial *dial);

#endif
