/* What Socket.IO makes of a session: it puts packets together, and holds the sockets of the namespaces
 * joined. */
#ifndef TEST_SERVER_CLIENT_H
#define TEST_SERVER_CLIENT_H

#include "socket.h"

struct client {
  struct session *session;
  struct socket *sockets;
  struct joining *joining; /* CONNECTs that are yet to be answered */
  uv_timer_t connect_timeout, greeting;
  int open_timers;
  /* A packet some of whose attachments are yet to come. */
  bool assembling;
  struct buffer text, bytes;
  size_t attachment_count, attachments_wanted;
  size_t attachment_lengths[SIO_MAX_ATTACHMENTS];
};

extern const struct session_handler client_handler;

/* The socket with that id, or NULL. */
struct socket *client_find(struct client *client, const char *id);

/* Sends the greeting that the socket still waits for, before anything else. False if that ends the session.
 */
bool client_greet(struct socket *socket);

/* Makes the socket leave its namespace, and frees it. */
void client_remove(struct socket *socket);

#endif
