/* The sockets of libcurl's connections. It tells its callbacks of the ends of the connection that it is about
 * to use, and not of the socket. */
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
  /* The peer acknowledged nothing of it, and so has sent no answer to it. It may have read it, just before it
   * reset the connection. */
  CSIO__FATE_UNACKNOWLEDGED,
  /* Besides, the peer has told the connection's end in order, and so had nothing of it by then. */
  CSIO__FATE_UNREACHED,
} csio__fate;

typedef struct csio__end {
  char ip[46];
  int port;
} csio__end;

typedef struct csio__own_socket {
  int fd;
  csio__end local, remote; /* port 0 while they are not known */
  csio__fate *fate;        /* of the request that uses it; NULL for a connection that was just made */
  csio__tcp_counts before; /* that request */
} csio__own_socket;

typedef struct csio__sockets {
  csio__own_socket *items;
  size_t count, room;
} csio__sockets;

/* False when memory is short. */
bool csio__sockets_add(csio__sockets *sockets, int fd);

/* Takes it out and closes it. */
int csio__sockets_close(csio__sockets *sockets, int fd);

/* The kept connection between these ends is to be used. False where something waits to be read from it before
 * a request was sent: its end, mostly. libcurl looks, but takes TLS's closing alert for a sign of life.
 *
 * Its end may also be under way and cross the request: `*fate` is filled when the socket is closed. */
bool csio__sockets_use(csio__sockets *sockets, const char *local_ip, int local_port, const char *remote_ip,
    int remote_port, csio__fate *fate);

/* `*fate` is not to be touched any more. */
void csio__sockets_leave(csio__sockets *sockets, const csio__fate *fate);

#endif
