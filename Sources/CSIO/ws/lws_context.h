/* libwebsockets as a guest of the loop: one context and one virtual host for each loop. */
#ifndef CSIO_LWS_CONTEXT_H
#define CSIO_LWS_CONTEXT_H

#include "base/error_internal.h"
#include "loop/loop_internal.h"

#include <libwebsockets.h>

enum { CSIO__READ_SIZE = 64 * 1024 }; /* the most that is read from a socket at once */

typedef struct csio__lws csio__lws;

struct csio__lws {
  csio__guest guest;
  csio_loop *loop;
  struct lws_context *context; /* libwebsockets sets this to NULL when the context is gone */
  struct lws_vhost *vhost;
  void (*hurry)(csio__lws *lws);
  struct csio__carrier *carriers;
  int wake, wake_twin; /* the descriptor that wakes libwebsockets up, and a duplicate; -1 for none */
  uint8_t plain[CSIO__READ_SIZE]; /* what TLS has decrypted */
};

/* The loop's, made on first use; fills `failure` if it cannot be made. Connections call `protocols` back;
 * `hurry` ends those that linger when the loop closes. */
int csio__lws_of(csio_loop *loop, const struct lws_protocols *protocols, void (*hurry)(csio__lws *lws),
    csio__lws **out, csio__failure *failure);

#endif
