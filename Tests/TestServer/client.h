/* The Socket.IO side of a session: assembles packets and holds the sockets of the joined namespaces. */
#ifndef TEST_SERVER_CLIENT_H
#define TEST_SERVER_CLIENT_H

#include "socket.h"

struct client {
  struct session *session;
  struct socket *sockets;
  struct joining *joining; /* CONNECTs that are still unanswered */
  uv_timer_t connect_timeout, greeting;
  int open_timers;
  /* A packet that still lacks attachments. */
  bool assembling;
  struct buffer text, bytes;
  size_t attachment_count, attachments_wanted;
  size_t attachment_lengths[SIO_MAX_ATTACHMENTS];
};

extern const struct session_handler client_handler;

/* The socket with that id, or NULL. */
struct socket *client_find(struct client *client, const char *id);

/* Sends the greeting that the socket is waiting for, ahead of anything else. False if that ends the
 * session. */
bool client_greet(struct socket *socket);

/* Removes the socket from its namespace and frees it. */
void client_remove(struct socket *socket);

#endif
