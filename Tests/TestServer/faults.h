/* Faults that the server makes on demand. */
#ifndef TEST_SERVER_FAULTS_H
#define TEST_SERVER_FAULTS_H

#include "http_request.h"
#include "session.h"

/* The following return true if they have answered the request; it then goes no further. */

/* The first request of a session (--fail-handshakes). */
bool faults_answer_handshake(struct connection *connection);
/* A WebSocket that wants to join a session (--refuse-upgrade). */
bool faults_answer_upgrade(struct connection *connection);
/* A poll or POST of a session that faults_fail_next_… marked. */
bool faults_answer_poll(struct session *session, struct connection *connection);
bool faults_answer_post(struct session *session, struct connection *connection);

/* Answers a probe as --drop-upgrade says. False without that flag. */
bool faults_answer_probe(struct connection *connection);

/* Makes the session's next poll (or the one being held) or POST fail with the status. Queued packets stay
 * in the queue; packets in the request are lost. */
void faults_fail_next_poll(struct session *session, unsigned status);
void faults_fail_next_post(struct session *session, unsigned status);

/* --sticky: chooses the value of the cookie that a first request sets. False if no random bytes can be
 * had. */
bool faults_make_sticky(struct connection *connection);
/* True if the request carries the cookie that its session's first request set. */
bool faults_sticks(const struct session *session, const struct http_request *request);

#endif
