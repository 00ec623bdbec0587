/* TCP connections: made directly to an address, and by libcurl to a name or through a proxy. */
#ifndef CSIO_DIAL_H
#define CSIO_DIAL_H

#include "base/error_internal.h"
#include "loop/loop_internal.h"
#include "net/request.h"

typedef struct csio__dial csio__dial;

/* `socket` is connected, non-blocking and belongs to the callee; or it is -1, and `failure` says why. */
typedef void (*csio__dial_done)(void *data, int socket, const csio__failure *failure);

/* Starts connecting. What `route` points at must stay until the dial has ended; its proxy must not be an
 * https one. Calls `on_done` once, unless cancelled, and not before it returns. Fails with NOMEM or FILES.
 */
int csio__dial_start(
    csio_loop *loop, const csio__route *route, csio__dial_done on_done, void *data, csio__dial **out);

/* Only between csio__dial_start and on_done. */
void csio__dial_cancel(csio__dial *dial);

#endif
