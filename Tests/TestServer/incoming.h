/* Packets that have been read and wait for their turn, in the order of the official server: a packet of a
 * joined namespace is processed one step after the read that brought it, and an event's handlers run one
 * step later, if its socket still exists. All steps run before the next read. */
#ifndef TEST_SERVER_INCOMING_H
#define TEST_SERVER_INCOMING_H

#include "client.h"

/* Adds a packet for a socket of the client. Copies the text that it points into, unless that is the
 * client's, which is then taken and left empty, like the bytes of the attachments. */
void incoming_add(struct client *client, struct socket *socket, const struct sio_packet *packet);

/* Runs all waiting steps. Call after each read. */
void incoming_run(struct server *server);

/* Discards what waits for a client whose session has ended. */
void incoming_forget(struct client *client);

#endif
