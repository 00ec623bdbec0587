/* What the context and its connections know of each other. */
#ifndef CSIO_LWS_INTERNAL_H
#define CSIO_LWS_INTERNAL_H

#include "ws/lws_context.h"

typedef struct csio__vhost {
  struct csio__vhost *next;
  struct lws_vhost *lws;
  csio_tls *tls; /* the setting that it is for, NULL for connections without TLS */
  SSL_CTX *ctx;
  csio__tls_session *session;
  size_t connections;
} csio__vhost;

struct csio__lws {
  csio__guest guest;
  csio_loop *loop;
  struct lws_context *context; /* libwebsockets sets this to NULL when the context is gone */
  csio__vhost *vhosts;
  csio__conn *conns;
  int decoy; /* -1 while there is none */
  unsigned decoyed;
  char decoy_name[16]; /* as libwebsockets takes it */
};

/* How libwebsockets calls back; each list ends with an empty one. */
extern const struct lws_protocols csio__lws_protocols[];
extern const struct lws_extension csio__lws_extensions[];

/* The loop's, made with the first use; fills `failure` where it cannot be made for another reason than
 * memory. */
int csio__lws_of(csio_loop *loop, struct csio__lws **out, csio__failure *failure);

/* The virtual host of a TLS setting, or of none. */
int csio__lws_vhost_for(struct csio__lws *lws, csio_tls *tls, csio__vhost **out);

/* Ends, soon, the connections that linger for the sake of a close frame. */
void csio__lws_hurry(csio__guest *guest);

/* libwebsockets has nothing of the connection any more. */
void csio__conn_free(csio__conn *conn);

#endif
