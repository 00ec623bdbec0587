/* The events that the server handles, as listed by --help. */
#ifndef TEST_SERVER_EVENTS_H
#define TEST_SERVER_EVENTS_H

#include "socket.h"

/* Handles an event, which may end the session and with it the socket. All attachments have arrived. */
void events_on_event(struct socket *socket, const struct sio_packet *packet, const struct slice *attachments);
void events_on_ack(struct socket *socket, const struct sio_packet *packet, const struct slice *attachments);

#endif
