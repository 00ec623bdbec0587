#include "namespace.h"

#include "socket.h"

static struct namespace usual[] = {
    {.name = "/"},
    {.name = "/admin", .wants_token = true},
    {.name = "/echo"},
    {.name = "/slow", .delay = 300},
};

static struct namespace conformance[] = {
    {.name = "/", .greets = true},
    {.name = "/custom", .greets = true},
};

void namespaces_set_up(struct server *server)
{
  bool conforms = server->options->conformance;
  server->namespaces = conforms ? conformance : usual;
  server->namespace_count =
      conforms ? sizeof conformance / sizeof *conformance : sizeof usual / sizeof *usual;
}

void namespaces_free(struct server *server)
{
  for (size_t i = 0; i < server->namespace_count; i++)
    while (server->namespaces[i].sockets)
      socket_free(server->namespaces[i].sockets);
}

struct namespace *namespace_find(struct server *server, struct slice name)
{
  for (size_t i = 0; i < server->namespace_count; i++)
    if (slice_is(name, server->namespaces[i].name)) return &server->namespaces[i];
  return NULL;
}
