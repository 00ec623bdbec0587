/* A Socket.IO socket: one client's membership of one namespace. */
#ifndef TEST_SERVER_SOCKET_H
#define TEST_SERVER_SOCKET_H

#include "namespace.h"
#include "packet.h"
#include "session.h"

/* The arguments of an event or of an acknowledgement, as text with commas between, and the bytes that the
 * placeholders in it stand for. */
struct arguments {
  struct slice json;
  const struct slice *attachments;
  size_t attachment_count;
};

struct socket {
  struct server *server;
  struct session *session; /* NULL: it is lost, and may be recovered */
  struct namespace *namespace;
  struct socket *next_of_client;
  struct socket *previous, *next; /* in the namespace */
  char id[ID_LENGTH + 1];
  struct buffer auth;   /* the payload of CONNECT, {} if it had none */
  bool awaits_greeting; /* `auth` is yet to be emitted */
  uint64_t next_ask;    /* the id of the next acknowledgement that is asked for */
  struct buffer asked;  /* the ids that are still unanswered, as uint64_t */
  /* For recovery.c: a secret of the client's (empty: nothing is recovered), when the session was lost in the
   * loop's milliseconds, and events that were emitted. */
  char private_id[ID_LENGTH + 1];
  uint64_t lost_at;
  struct buffer kept;
};

/* A joined socket, or NULL without memory. */
struct socket *socket_create(struct session *session, struct namespace *namespace, struct slice auth);
void socket_free(struct socket *socket);
/* Gives a lost socket another session. False without memory. */
bool socket_resume(struct socket *socket, struct session *session, struct slice auth);

/* Each of the following may end the session, if its client reads too slowly, and with it the socket. */
void socket_emit(struct socket *socket, const char *event, const struct arguments *arguments);
/* Emits an event whose acknowledgement becomes an `answer`. */
void socket_ask(struct socket *socket, const char *event, const struct arguments *arguments);
void socket_acknowledge(struct socket *socket, struct slice id, const struct arguments *arguments);

/* True if that acknowledgement was asked for, which it is no longer then. */
bool socket_take_answer(struct socket *socket, struct slice id);

/* Sends a packet without attachments: its JSON may be empty. */
void socket_send_packet(
    struct session *session, enum sio_type type, const char *namespace, struct slice json);

#endif
