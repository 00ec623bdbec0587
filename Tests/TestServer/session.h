/* An Engine.IO session, from its handshake to its end, over whichever transport. */
#ifndef TEST_SERVER_SESSION_H
#define TEST_SERVER_SESSION_H

#include "connection.h"
#include "http_request.h"

enum transport { TRANSPORT_POLLING, TRANSPORT_WEBSOCKET };

enum packet_type {
  PACKET_OPEN = '0',
  PACKET_CLOSE = '1',
  PACKET_PING = '2',
  PACKET_PONG = '3',
  PACKET_MESSAGE = '4',
  PACKET_UPGRADE = '5',
  PACKET_NOOP = '6',
};

/* Who takes the messages of a session: Socket.IO, or the plain echo of the conformance mode. */
struct session_handler {
  bool (*opened)(struct session *session); /* false: no memory, the session ends at once */
  void (*text)(struct session *session, struct slice text);
  void (*binary)(struct session *session, struct slice bytes);
  /* The last call. No message goes either way any more. */
  void (*closed)(struct session *session);
};

/* Sends every message back. */
extern const struct session_handler echo_handler;

enum session_state {
  SESSION_OPEN,
  SESSION_CLOSING, /* over for the handler, but a polling client has yet to fetch the close packet */
  SESSION_CLOSED,  /* over for all; the memory goes once libuv has let go of the timers */
};

struct session {
  struct server *server;
  struct session *next; /* of the same bucket */
  char id[ID_LENGTH + 1];
  const struct session_handler *handler;
  void *data; /* the handler's */
  enum session_state state;
  enum transport transport;
  struct connection *poll, *post, *websocket, *probe;
  struct buffer queue;          /* packets for the next poll, see polling.c */
  struct buffer headers, query; /* JSON objects of what the first request had */
  uv_timer_t heartbeat, upgrade;
  /* In the loop's milliseconds: the handshake or the last pong, and when the next pong must have come. */
  uint64_t heartbeat_base, pong_due;
  bool awaiting_pong, silent;
  bool probed; /* a probe was answered: polls are released until the upgrade is over */
  uint64_t upgrade_deadline;
  /* Statuses for the next poll and POST to fail with, or 0. */
  unsigned next_poll_status, next_post_status;
  char sticky_value[ID_LENGTH + 1]; /* of the cookie that --sticky wants in each request */
  int open_timers;
};

/* A new session for the request, which the caller then attaches its connection to. NULL without memory. */
struct session *session_create(struct server *server, const struct session_handler *handler,
    enum transport transport, const struct http_request *request);
/* The session of that id, open or closing, or NULL. */
struct session *session_find(struct server *server, struct slice id);

void session_attach(struct session *session, struct connection *connection, enum role role);
void session_detach(struct connection *connection);

/* Sends the first packet, which says what the session's terms are, or lets the client wait for it. */
void session_send_handshake(struct session *session);

/* Sends a packet, or nothing if the session is not open. */
void session_send_packet(struct session *session, enum packet_type type, struct slice payload);
void session_send_binary(struct session *session, struct slice bytes);

/* Takes a packet of the client, as it came: text with its type, or bytes. */
void session_receive_text(struct session *session, struct slice packet);
void session_receive_binary(struct session *session, struct slice bytes);

/* Ends an open session in good order: the client gets what was sent before, and is told. */
void session_shut_down(struct session *session, const char *reason);
/* Ends it now: what waits for the next poll is lost, a poll that is held gets the packet, a WebSocket a close
 * frame. */
void session_close(struct session *session, const char *reason, enum packet_type last_packet);
/* Ends it by cutting its connections. */
void session_drop(struct session *session);
void session_silence(struct session *session);

/* To be called for each connection that is gone. */
void session_connection_lost(struct connection *connection);

/* True if that many bytes more would make the session wait for too many. */
bool session_is_slow(const struct session *session, size_t more);

#endif
