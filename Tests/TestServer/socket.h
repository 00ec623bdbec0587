/* A Socket.IO socket: one client in one namespace. */
#ifndef TEST_SERVER_SOCKET_H
#define TEST_SERVER_SOCKET_H

#include "namespace.h"
#include "packet.h"
#include "session.h"

/* The arguments of an event or an acknowledgement, as text separated by commas, and the bytes of its
 * placeholders. */
struct arguments {
  struct slice json;
  const struct slice *attachments;
  size_t attachment_count;
};

struct socket {
  struct server *server;
  struct session *session; /* NULL if it is lost and may be recovered */
  struct namespace *namespace;
  struct socket *next_of_client;
  struct socket *previous, *next; /* in the namespace */
  char id[ID_LENGTH + 1];
  struct buffer auth;   /* the payload of CONNECT, {} if it had none */
  bool awaits_greeting; /* `auth` has yet to be emitted */
  uint64_t next_ask;    /* the id of the next acknowledgement to request */
  struct buffer asked;  /* the ids that are still unanswered, as uint64_t */
  /* For recovery.c: the client's secret (empty: nothing is recovered), when the session was lost in the
   * loop's milliseconds, and the events emitted. */
  char private_id[ID_LENGTH + 1];
  uint64_t lost_at;
  struct buffer kept;
};

/* Creates a joined socket; NULL if out of memory. */
struct socket *socket_create(struct session *session, struct namespace *namespace, struct slice auth);
void socket_free(struct socket *socket);
/* Attaches a lost socket to a new session. False if out of memory. */
bool socket_resume(struct socket *socket, struct session *session, struct slice auth);

/* Each of the following may end the session, and with it the socket, if its client reads too slowly. */
void socket_emit(struct socket *socket, const char *event, const struct arguments *arguments);
/* Emits an event whose acknowledgement is sent back as an `answer` event. */
void socket_ask(struct socket *socket, const char *event, const struct arguments *arguments);
void socket_acknowledge(struct socket *socket, struct slice id, const struct arguments *arguments);

/* True if that acknowledgement was requested; a second call with the id returns false. */
bool socket_take_answer(struct socket *socket, struct slice id);

/* Sends a packet without attachments. Its JSON may be empty. */
void socket_send_packet(
    struct session *session, enum sio_type type, const char *namespace, struct slice json);

#endif
