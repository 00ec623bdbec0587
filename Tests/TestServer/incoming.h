/* Packets that have been read and wait for their turn, in the order of the official server: a packet of a
 * joined namespace is taken one step after the read that brought it, and the handlers of an event run one
 * step later, if its socket is still there. All steps are over before the next read. */
#ifndef TEST_SERVER_INCOMING_H
#define TEST_SERVER_INCOMING_H

#include "client.h"

/* Takes a packet for a socket of the client. The text that it points into is copied, unless it is the
 * client's, which then becomes empty, as the bytes of the attachments do. */
void incoming_add(struct client *client, struct socket *socket, const struct sio_packet *packet);

/* Takes all steps that wait. To be called after each read. */
void incoming_run(struct server *server);

/* Forgets what waits for the client, whose session is over. */
void incoming_forget(struct client *client);

#endif
