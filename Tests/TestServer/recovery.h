/* Connection state recovery (--recovery): sockets outlive their sessions for a while, and the events that
 * were emitted to them are kept. */
#ifndef TEST_SERVER_RECOVERY_H
#define TEST_SERVER_RECOVERY_H

#include "socket.h"

/* To be called for a new socket. False if there is no randomness. */
bool recovery_begin(struct socket *socket);

/* Keeps the packet of an event that was emitted with that offset. Forgets the oldest if they get too many. */
void recovery_keep(
    struct socket *socket, uint64_t offset, struct slice packet, const struct arguments *arguments);

/* Takes the session away from the socket. False if the socket has no reason to stay. */
bool recovery_lose(struct socket *socket);

/* The lost socket that the payload of a CONNECT names, if all is still there that its client has missed, or
 * NULL. Frees those whose time is up. */
struct socket *recovery_find(struct server *server, struct namespace *namespace, struct slice payload);
/* Sends what comes behind the offset in the payload. This may end the session. */
void recovery_replay(struct socket *socket, struct slice payload);

#endif
