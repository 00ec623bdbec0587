/* An Engine.IO session, from handshake to end, over either transport. */
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

/* Handles the messages of a session: Socket.IO, or the plain echo of the conformance mode. */
struct session_handler {
  bool (*opened)(struct session *session); /* false if out of memory; the session then ends at once */
  void (*text)(struct session *session, struct slice text);
  void (*binary)(struct session *session, struct slice bytes);
  /* The last call. No more messages go either way. */
  void (*closed)(struct session *session);
};

/* Echoes every message. */
extern const struct session_handler echo_handler;

enum session_state {
  SESSION_OPEN,
  SESSION_CLOSING, /* ended for the handler, but a polling client has yet to fetch the close packet */
  SESSION_CLOSED,  /* fully ended; the memory is freed once libuv has released the timers */
};

struct session {
  struct server *server;
  struct session *next; /* in the same bucket */
  char id[ID_LENGTH + 1];
  const struct session_handler *handler;
  void *data; /* for the handler */
  enum session_state state;
  enum transport transport;
  struct connection *poll, *post, *websocket, *probe;
  struct buffer queue;          /* packets for the next poll, see polling.c */
  struct buffer headers, query; /* JSON objects that describe the first request */
  uv_timer_t heartbeat, upgrade;
  /* In the loop's milliseconds: the handshake or the last pong, and when the next pong is due. */
  uint64_t heartbeat_base, pong_due;
  bool awaiting_pong, silent;
  bool probed; /* a probe was answered: polls are answered at once until the upgrade is over */
  uint64_t upgrade_deadline;
  /* Statuses that the next poll and POST fail with, or 0. */
  unsigned next_poll_status, next_post_status;
  char sticky_value[ID_LENGTH + 1]; /* of the cookie that --sticky requires in each request */
  int open_timers;
};

/* Creates a session for the request; the caller then attaches its connection. NULL if out of memory. */
struct session *session_create(struct server *server, const struct session_handler *handler,
    enum transport transport, const struct http_request *request);
/* The session with that id, open or closing, or NULL. */
struct session *session_find(struct server *server, struct slice id);

void session_attach(struct session *session, struct connection *connection, enum role role);
void session_detach(struct connection *connection);

/* Sends the handshake packet with the session's parameters, or delays it. */
void session_send_handshake(struct session *session);

/* Sends a packet; does nothing if the session is not open. */
void session_send_packet(struct session *session, enum packet_type type, struct slice payload);
void session_send_binary(struct session *session, struct slice bytes);

/* Takes a packet from the client, as received: text with its type, or bytes. */
void session_receive_text(struct session *session, struct slice packet);
void session_receive_binary(struct session *session, struct slice bytes);

/* Ends an open session cleanly: the client receives everything sent before, and a close. */
void session_shut_down(struct session *session, const char *reason);
/* Ends it now: what waits for the next poll is lost, a held poll gets the packet, a WebSocket a close
 * frame. */
void session_close(struct session *session, const char *reason, enum packet_type last_packet);
/* Ends it by cutting its connections. */
void session_drop(struct session *session);
void session_silence(struct session *session);

/* Call for each connection that is gone. */
void session_connection_lost(struct connection *connection);

/* True if with that many more bytes too much would be waiting for the session. */
bool session_is_slow(const struct session *session, size_t more);

#endif
