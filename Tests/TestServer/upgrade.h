/* The upgrade of a session from polling to WebSocket. */
#ifndef TEST_SERVER_UPGRADE_H
#define TEST_SERVER_UPGRADE_H

#include "session.h"

/* Lets the WebSocket probe. Closes it if the session no longer polls or is already being probed. */
void upgrade_begin(struct session *session, struct connection *connection);
/* Takes a text message from the probing WebSocket. */
void upgrade_receive(struct connection *connection, struct slice text);
/* Closes the probing WebSocket, if any. The session goes on polling. */
void upgrade_cancel(struct session *session);

#endif
