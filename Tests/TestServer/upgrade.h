/* The change of a session from polling to a WebSocket. */
#ifndef TEST_SERVER_UPGRADE_H
#define TEST_SERVER_UPGRADE_H

#include "session.h"

/* The WebSocket may now probe, or is closed if the session does not poll (any more) or is being probed
 * already. */
void upgrade_begin(struct session *session, struct connection *connection);
/* A text message of the probing WebSocket. */
void upgrade_receive(struct connection *connection, struct slice text);
/* Closes the probing WebSocket, if there is one. The session goes on polling. */
void upgrade_cancel(struct session *session);

#endif
