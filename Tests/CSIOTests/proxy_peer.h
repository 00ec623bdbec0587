/* A proxy of the kinds that csio_proxy knows, one connection per thread. Whatever host is asked for, it
 * connects to 127.0.0.1: names that nobody else can resolve are resolved here. */
#ifndef CSIO_TESTS_PROXY_PEER_H
#define CSIO_TESTS_PROXY_PEER_H

#include "peer.h"

#include <csio/csio.h>

/* The `data` of a peer whose script is one of the two below. */
typedef struct proxy_plan {
  const char *user, *password; /* asked for; NULL for nobody */
  int socks_reply;             /* to every CONNECT, other than 0 */
  /* under the peer's monitor */
  int tunnels;      /* made */
  char target[300]; /* the last one asked for, "HOST:PORT" */
} proxy_plan;

/* CONNECT is tunnelled; other requests are answered 200 with their first line as the body. */
void http_proxy(client *client);

/* SOCKS 5. */
void socks_proxy(client *client);

/* What a test hands to the library; the caller releases it. */
csio_proxy *proxy_at(const char *url);

/* The same of a peer, with credentials, "" for none. */
csio_proxy *proxy_of(const peer *peer, const char *scheme, const char *credentials);

#endif
