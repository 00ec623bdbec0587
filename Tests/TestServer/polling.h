/* The polling transport: packets wait in the session's queue for a GET, and arrive in the bodies of POSTs. */
#ifndef TEST_SERVER_POLLING_H
#define TEST_SERVER_POLLING_H

#include "session.h"

/* Takes a GET, which is answered once there is something to send. */
void polling_on_poll(struct session *session, struct connection *connection);
/* Takes the body of a POST. */
void polling_on_data(struct session *session, struct connection *connection, struct slice body);

void polling_queue_packet(struct session *session, char type, struct slice payload);
void polling_queue_binary(struct session *session, struct slice bytes);

/* Called when the connection of the held GET is writable. */
void polling_respond_if_ready(struct connection *connection);
/* Answers a held GET with a noop packet. */
void polling_release(struct session *session);
/* Sends the queue over the session's WebSocket. */
void polling_move_queue(struct session *session);

#endif
