/* The sockets of libcurl's connections. libcurl names the two ends of the connection that it is about to use,
 * but not the socket. */
#ifndef CSIO_CURL_SOCKETS_H
#define CSIO_CURL_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes, and one for the connection's end. */
typedef struct csio__tcp_counts {
  uint64_t acknowledged; /* by the peer */
  uint64_t received;
} csio__tcp_counts;

/* What is known of a request when the kept connection that took it has been closed. */
typedef enum csio__fate {
  CSIO__FATE_OPEN, /* it may have reached the server */
  /* The peer acknowledged nothing of it and has ended the connection in order: it had nothing of it by then.
   * One that resets the connection may have read it just before. */
  CSIO__FATE_UNREACHED,
} csio__fate;

typedef struct csio__own_socket csio__own_socket;

/* A transfer that connects or uses a connection. */
typedef struct csio__socket_user {
  const char *key; /* the settings that its connections are made under; NULL for none */
  /* of a connection that has been closed: */
  csio__fate fate;   /* where that was a kept one */
  uint64_t received; /* since the request, in bytes; 0 where the system does not count */
  bool ended;        /* by the peer, with nothing left to be read */
} csio__socket_user;

/* The two ends of a connection. */
typedef struct csio__ends {
  const char *local_ip, *remote_ip;
  int local_port, remote_port;
} csio__ends;

/* Those of a loop: connections being made by libcurl, in use, and kept. */
typedef struct csio__sockets {
  csio__own_socket *first;
} csio__sockets;

/* A socket that `user` connects. False when memory is short. */
bool csio__sockets_add(csio__sockets *sockets, int fd, csio__socket_user *user);

/* Where the socket's watcher is noted, itself NULL for none; NULL for an unknown socket. */
void **csio__sockets_watch(csio__sockets *sockets, int fd);

/* Forgets it, and closes it unless it was taken. */
int csio__sockets_close(csio__sockets *sockets, int fd);

/* The connection between these ends is about to take a request of the user's. False for a kept connection
 * that was made under other settings, or has input before a request was sent: mostly its end, which libcurl
 * overlooks where TLS's closing alert comes first.
 *
 * The end may also cross the request: the user's fate is set when the socket is closed. */
bool csio__sockets_use(csio__sockets *sockets, csio__ends ends, csio__socket_user *user);

/* The socket of the connection that the user has just made between these ends, or -1. It belongs to the
 * caller from now on. */
int csio__sockets_take(csio__sockets *sockets, csio__ends ends, csio__socket_user *user);

/* Forgets all; closes none. */
void csio__sockets_free(csio__sockets *sockets);

/* Reports nothing to the user from now on. */
void csio__sockets_leave(csio__sockets *sockets, const csio__socket_user *user);

#endif
