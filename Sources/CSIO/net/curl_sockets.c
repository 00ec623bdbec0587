#include "net/curl_sockets.h"

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

static csio__own_socket *find(csio__sockets *sockets, int fd)
{
  for (size_t i = 0; i < sockets->count; i++)
    if (sockets->items[i].fd == fd) return &sockets->items[i];
  return NULL;
}

bool csio__sockets_add(csio__sockets *sockets, int fd)
{
  csio__own_socket *entry = find(sockets, fd); /* of one that libcurl has closed by itself */
  if (!entry && sockets->count == sockets->room) {
    size_t room = sockets->room ? sockets->room * 2 : 16;
    csio__own_socket *items = realloc(sockets->items, room * sizeof *items);
    if (!items) return false;
    sockets->items = items;
    sockets->room = room;
  }
  if (!entry) entry = &sockets->items[sockets->count++];
  *entry = (csio__own_socket){.fd = fd};
  return true;
}

/* Both 0 where the system does not tell. */
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

static csio__fate fate_of(const csio__own_socket *used)
{
  csio__tcp_counts now = counts_of(used->fd), before = used->before;
  if (now.acknowledged != before.acknowledged) return CSIO__FATE_OPEN;
  return now.received > before.received ? CSIO__FATE_UNREACHED : CSIO__FATE_UNACKNOWLEDGED;
}

int csio__sockets_close(csio__sockets *sockets, int fd)
{
  csio__own_socket *entry = find(sockets, fd);
  if (entry) {
    if (entry->fate) *entry->fate = fate_of(entry);
    *entry = sockets->items[--sockets->count];
  }
  return close(fd);
}

static void read_end(csio__end *end, const struct sockaddr_storage *address)
{
  const struct sockaddr_in *v4 = (struct sockaddr_in *)address;
  const struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
  bool is_v6 = address->ss_family == AF_INET6;
  inet_ntop(
      address->ss_family, is_v6 ? (void *)&v6->sin6_addr : (void *)&v4->sin_addr, end->ip, sizeof end->ip);
  end->port = ntohs(is_v6 ? v6->sin6_port : v4->sin_port);
}

/* Finds out once between what a connection is. */
static void look_up(csio__own_socket *entry)
{
  struct sockaddr_storage local = {0}, remote = {0};
  socklen_t local_size = sizeof local, remote_size = sizeof remote;
  if (getsockname(entry->fd, (struct sockaddr *)&local, &local_size) ||
      getpeername(entry->fd, (struct sockaddr *)&remote, &remote_size))
    return;
  read_end(&entry->local, &local);
  read_end(&entry->remote, &remote);
}

static bool is_end(const csio__end *end, const char *ip, int port)
{
  return end->port == port && !strcmp(end->ip, ip);
}

static bool has_input(int fd)
{
  char byte;
  return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

static csio__own_socket *find_between(
    csio__sockets *sockets, const char *local_ip, int local_port, const char *remote_ip, int remote_port)
{
  for (size_t i = 0; i < sockets->count; i++) {
    csio__own_socket *entry = &sockets->items[i];
    if (!entry->local.port) look_up(entry);
    if (is_end(&entry->local, local_ip, local_port) && is_end(&entry->remote, remote_ip, remote_port))
      return entry;
  }
  return NULL;
}

bool csio__sockets_use(csio__sockets *sockets, const char *local_ip, int local_port, const char *remote_ip,
    int remote_port, csio__fate *fate)
{
  csio__own_socket *used = find_between(sockets, local_ip, local_port, remote_ip, remote_port);
  if (!used) return true; /* it has ended, which libcurl is about to notice */
  if (has_input(used->fd)) return false;
  used->before = counts_of(used->fd);
  if (used->before.acknowledged) used->fate = fate;
  return true;
}

void csio__sockets_leave(csio__sockets *sockets, const csio__fate *fate)
{
  for (size_t i = 0; i < sockets->count; i++)
    if (sockets->items[i].fate == fate) sockets->items[i].fate = NULL;
}
