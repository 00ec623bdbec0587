/* What the server does with events: the test repertoire that --help lists. */
#ifndef TEST_SERVER_EVENTS_H
#define TEST_SERVER_EVENTS_H

#include "socket.h"

/* Each may end the session, and with it the socket. There are as many attachments as the packet says. */
void events_on_event(struct socket *socket, const struct sio_packet *packet, const struct slice *attachments);
void events_on_ack(struct socket *socket, const struct sio_packet *packet, const struct slice *attachments);

#endif
