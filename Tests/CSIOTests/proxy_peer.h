/* A proxy of each kind that csio_proxy knows, one thread per connection. It connects to 127.0.0.1 whatever
 * host is asked for, so names that nothing else resolves work here. */
#ifndef CSIO_TESTS_PROXY_PEER_H
#define CSIO_TESTS_PROXY_PEER_H

#include "peer.h"

#include <csio/csio.h>

/* The `data` of a peer that runs one of the scripts below. */
typedef struct proxy_plan {
  const char *user, *password; /* required credentials; NULL for none */
  int socks_reply;             /* the reply to every CONNECT, unless 0 */
  /* under the peer's monitor */
  int tunnels;      /* made */
  char target[300]; /* the last one requested, "HOST:PORT" */
} proxy_plan;

/* Tunnels CONNECT; answers other requests 200 with their request line as the body. */
void http_proxy(client *client);

/* SOCKS 5. */
void socks_proxy(client *client);

/* The kinds of proxy without TLS, and the scripts that play them. */
enum { PROXY_KINDS = 3 };
typedef struct proxy_kind {
  const char *scheme;
  script script;
} proxy_kind;
extern const proxy_kind proxy_kinds[PROXY_KINDS];

/* A proxy for this URL; the caller releases it. */
csio_proxy *proxy_at(const char *url);

/* The same for a peer, with credentials, "" for none. */
csio_proxy *proxy_of(const peer *peer, const char *scheme, const char *credentials);

#endif
