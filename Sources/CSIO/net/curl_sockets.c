#include "net/curl_sockets.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/tcp.h>
#endif

struct csio__own_socket {
  csio__own_socket *next;
  int fd;
  int local_port; /* 0 until it has taken a request */
  bool kept;      /* used by others before `user` */
  bool taken;     /* not libcurl's any more */
  void *watch;
  csio__socket_user *user; /* NULL while nobody uses it */
  csio__tcp_counts before; /* the request of the user */
  char key[];
};

static csio__own_socket **place_of(csio__sockets *sockets, int fd)
{
  csio__own_socket **place = &sockets->first;
  while (*place && (*place)->fd != fd)
    place = &(*place)->next;
  return place;
}

static void forget(csio__own_socket **place)
{
  csio__own_socket *entry = *place;
  *place = entry->next;
  free(entry);
}

bool csio__sockets_add(csio__sockets *sockets, int fd, csio__socket_user *user)
{
  const char *key = csio__or_empty(user->key);
  csio__own_socket **stale = place_of(sockets, fd);
  csio__own_socket *entry = calloc(1, sizeof *entry + strlen(key) + 1);
  if (!entry) return false;
  if (*stale) { /* libcurl has closed it by itself */
    entry->watch = (*stale)->watch;
    forget(stale);
  }
  strcpy(entry->key, key);
  entry->fd = fd;
  entry->user = user;
  entry->next = sockets->first;
  sockets->first = entry;
  return true;
}

void **csio__sockets_watch(csio__sockets *sockets, int fd)
{
  csio__own_socket *entry = *place_of(sockets, fd);
  return entry ? &entry->watch : NULL;
}

/* Both 0 where the system does not count. */
static csio__tcp_counts counts_of(int fd)
{
#ifdef __linux__
  struct tcp_info info = {0};
  socklen_t size = sizeof info;
  if (!getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size))
    return (csio__tcp_counts){info.tcpi_bytes_acked, info.tcpi_bytes_received};
#else
  (void)fd;
#endif
  return (csio__tcp_counts){0};
}

/* 1 where there is a byte to read, which stays; 0 at the end; -1 while there is neither. */
static int peek(int fd)
{
  char byte;
  ssize_t size = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (size < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? -1 : 0;
  return (int)size;
}

/* Notes for the user how the connection ended. */
static void note_end(const csio__own_socket *entry)
{
  csio__socket_user *user = entry->user;
  csio__tcp_counts before = entry->before, now = counts_of(entry->fd);
  bool acknowledged = !before.acknowledged || now.acknowledged != before.acknowledged;
  user->received = now.received - before.received;
  if (entry->kept) user->fate = !acknowledged && user->received ? CSIO__FATE_UNREACHED : CSIO__FATE_OPEN;
  user->ended = peek(entry->fd) == 0;
}

int csio__sockets_close(csio__sockets *sockets, int fd)
{
  csio__own_socket **place = place_of(sockets, fd), *entry = *place;
  bool taken = entry && entry->taken;
  if (entry && entry->user && !taken) note_end(entry);
  if (entry) forget(place);
  return taken ? 0 : close(fd);
}

void csio__sockets_free(csio__sockets *sockets)
{
  while (sockets->first)
    forget(&sockets->first);
}

static bool is_end(const struct sockaddr_storage *address, const char *ip, int port)
{
  char text[INET6_ADDRSTRLEN];
  const struct sockaddr_in *v4 = (struct sockaddr_in *)address;
  const struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
  bool is_v6 = address->ss_family == AF_INET6;
  if (ntohs(is_v6 ? v6->sin6_port : v4->sin_port) != port) return false;
  const void *raw = is_v6 ? (void *)&v6->sin6_addr : (void *)&v4->sin_addr;
  return inet_ntop(address->ss_family, raw, text, sizeof text) && !strcmp(text, ip);
}

static bool is_between(const csio__own_socket *entry, csio__ends ends)
{
  struct sockaddr_storage local = {0}, remote = {0};
  socklen_t local_size = sizeof local, remote_size = sizeof remote;
  if (entry->local_port && entry->local_port != ends.local_port) return false;
  return !getsockname(entry->fd, (struct sockaddr *)&local, &local_size) &&
         is_end(&local, ends.local_ip, ends.local_port) &&
         !getpeername(entry->fd, (struct sockaddr *)&remote, &remote_size) &&
         is_end(&remote, ends.remote_ip, ends.remote_port);
}

bool csio__sockets_use(csio__sockets *sockets, csio__ends ends, csio__socket_user *user)
{
  csio__own_socket *entry = sockets->first;
  while (entry && ((entry->user && entry->user != user) || !is_between(entry, ends)))
    entry = entry->next;
  if (!entry) return false; /* it has ended */
  entry->kept = !entry->user;
  if (entry->kept && (peek(entry->fd) >= 0 || strcmp(entry->key, csio__or_empty(user->key)))) return false;
  entry->user = user;
  entry->local_port = ends.local_port;
  entry->before = counts_of(entry->fd);
  return true;
}

int csio__sockets_take(csio__sockets *sockets, csio__ends ends, csio__socket_user *user)
{
  csio__own_socket *entry = sockets->first;
  while (entry && (entry->user != user || !is_between(entry, ends)))
    entry = entry->next;
  if (!entry) return -1;
  entry->taken = true;
  return entry->fd;
}

void csio__sockets_leave(csio__sockets *sockets, const csio__socket_user *user)
{
  for (csio__own_socket *entry = sockets->first; entry; entry = entry->next)
    if (entry->user == user) entry->user = NULL;
}
