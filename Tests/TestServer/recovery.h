/* Connection state recovery (--recovery): sockets outlive their sessions for a while, and the events
 * emitted to them are kept. */
#ifndef TEST_SERVER_RECOVERY_H
#define TEST_SERVER_RECOVERY_H

#include "socket.h"

/* Call for each new socket. False if no random bytes can be had. */
bool recovery_begin(struct socket *socket);

/* Keeps the packet of an event emitted with that offset, and drops the oldest if there are too many. */
void recovery_keep(
    struct socket *socket, uint64_t offset, struct slice packet, const struct arguments *arguments);

/* Detaches the socket from its session. False if there is no reason to keep the socket. */
bool recovery_lose(struct socket *socket);

/* The lost socket that the payload of a CONNECT names, if every event that its client missed is still
 * kept; otherwise NULL. Frees expired sockets. */
struct socket *recovery_find(struct server *server, struct namespace *namespace, struct slice payload);
/* Sends the events after the offset in the payload. This may end the session. */
void recovery_replay(struct socket *socket, struct slice payload);

#endif
