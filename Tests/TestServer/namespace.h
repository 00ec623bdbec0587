/* The namespaces that the server has, and the sockets in them. */
#ifndef TEST_SERVER_NAMESPACE_H
#define TEST_SERVER_NAMESPACE_H

#include "server.h"

struct socket;

struct namespace
{
  const char *name;
  bool wants_token; /* CONNECT is refused unless its payload has the token */
  bool greets;      /* emits `auth` with the payload of CONNECT */
  unsigned delay;   /* milliseconds before CONNECT is answered */
  struct socket *sockets;
};

/* Gives the server the namespaces of its mode. */
void namespaces_set_up(struct server *server);
/* Frees the sockets that are left, which have no session any more. */
void namespaces_free(struct server *server);
/* The namespace of that name, or NULL. */
struct namespace *namespace_find(struct server *server, struct slice name);

#endif
