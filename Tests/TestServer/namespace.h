/* The server's namespaces and the sockets in them. */
#ifndef TEST_SERVER_NAMESPACE_H
#define TEST_SERVER_NAMESPACE_H

#include "server.h"

struct socket;

struct namespace
{
  const char *name;
  bool wants_token; /* CONNECT is refused unless its payload contains the token */
  bool greets;      /* emits `auth` with the payload of CONNECT */
  unsigned delay;   /* milliseconds before CONNECT is answered */
  struct socket *sockets;
};

/* Creates the namespaces of the server's mode. */
void namespaces_set_up(struct server *server);
/* Frees the namespaces and the remaining sockets, none of which has a session. */
void namespaces_free(struct server *server);
/* The namespace with that name, or NULL. */
struct namespace *namespace_find(struct server *server, struct slice name);

#endif
