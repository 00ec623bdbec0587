#include "names.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

static const struct {
  const char *name;
  const char *addresses[4];
} names[] = {
    {"second.test", {"127.0.0.3", "127.0.0.1"}},
    {"silent.test", {"127.0.0.2", "127.0.0.1"}},
    {"families.test", {"127.0.0.2", "127.0.0.3", "::1", "127.0.0.1"}},
    {"mixed.test", {"::1", "127.0.0.1"}},
    {"nobody.test", {"127.0.0.3", "127.0.0.4"}},
    {"slow.test", {"127.0.0.2", "127.0.0.3"}},
    {"fourth.test", {"127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.1"}},
};

monitor slowness = MONITOR;
bool slow;
unsigned slow_names;

/* One block of memory, as the system's freeaddrinfo expects. */
static struct addrinfo *make_info(const char *text, const char *service, struct addrinfo *next)
{
  in_port_t port = htons((uint16_t)strtoul(service ? service : "0", NULL, 10));
  struct addrinfo *info = calloc(1, sizeof *info + sizeof(struct sockaddr_in6));
  CHECK(info);
  struct sockaddr_in *v4 = (struct sockaddr_in *)(info + 1);
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(info + 1);
  bool is_v6 = strchr(text, ':');
  info->ai_family = is_v6 ? AF_INET6 : AF_INET;
  info->ai_socktype = SOCK_STREAM;
  info->ai_addrlen = is_v6 ? sizeof *v6 : sizeof *v4;
  info->ai_addr = (struct sockaddr *)(info + 1);
  info->ai_addr->sa_family = (sa_family_t)info->ai_family;
  CHECK_INT(inet_pton(info->ai_family, text, is_v6 ? (void *)&v6->sin6_addr : &v4->sin_addr), 1);
  *(is_v6 ? &v6->sin6_port : &v4->sin_port) = port;
  info->ai_next = next;
  return info;
}

/* Replaces the C library's function for the whole program, libraries included. */
__attribute__((visibility("default"))) int getaddrinfo(
    const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
  if (node && strstr(node, ".slow.test")) {
    CHANGE(&slowness, slow_names |= 1u << (*node - 'a'));
    AWAIT(&slowness, !slow);
  }
  if (node && (strstr(node, ".here.test") || strstr(node, ".slow.test"))) {
    *out = make_info("127.0.0.1", service, NULL);
    return 0;
  }
  for (size_t i = 0; node && i < sizeof names / sizeof *names; i++) {
    if (strcmp(node, names[i].name)) continue;
    struct addrinfo *list = NULL;
    for (int j = 4; j-- > 0;)
      if (names[i].addresses[j]) list = make_info(names[i].addresses[j], service, list);
    *out = list;
    return 0;
  }
  int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
  return real(node, service, hints, out);
}
