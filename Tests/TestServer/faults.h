/* What the server does wrong when it is told to. */
#ifndef TEST_SERVER_FAULTS_H
#define TEST_SERVER_FAULTS_H

#include "http_request.h"
#include "session.h"

/* The following are true if they have answered the request, which then must go no further. */

/* The first request of a session (--fail-handshakes). */
bool faults_answer_handshake(struct connection *connection);
/* A WebSocket that wants to join a session (--refuse-upgrade). */
bool faults_answer_upgrade(struct connection *connection);
/* A poll or a POST of a session of which faults_fail_next() said so. */
bool faults_answer_poll(struct session *session, struct connection *connection);
bool faults_answer_post(struct session *session, struct connection *connection);

/* Answers a probe as --drop-upgrade wants it. False without that flag. */
bool faults_answer_probe(struct connection *connection);

/* Lets the next poll (or the one that is held) or POST of the session be answered with the status. Packets
 * that wait stay in the queue, packets that come with it are lost. */
void faults_fail_next_poll(struct session *session, unsigned status);
void faults_fail_next_post(struct session *session, unsigned status);

/* --sticky: chooses the value of the cookie that a first request sets. False if there is no randomness. */
bool faults_make_sticky(struct connection *connection);
/* True if the request has the cookie that its session's first request set. */
bool faults_sticks(const struct session *session, const struct http_request *request);

#endif
