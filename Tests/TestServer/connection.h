/* A TCP or TLS connection: bytes in, bytes out, and its end. libwebsockets accepts it, does TLS and
 * buffers what the socket does not take at once. The protocols on top are in http_front.c and websocket.c. */
#ifndef TEST_SERVER_CONNECTION_H
#define TEST_SERVER_CONNECTION_H

#include "buffer.h"
#include "server.h"

/* What the connection currently is to its session. */
enum role {
  ROLE_NONE,
  ROLE_POLL,      /* a GET that waits for packets */
  ROLE_POST,      /* a POST whose body is still arriving */
  ROLE_WEBSOCKET, /* the session's transport */
  ROLE_PROBE,     /* a WebSocket that may become it */
};

struct http_exchange {
  bool busy;      /* a request awaits its response; the next one has to wait */
  size_t awaited; /* length of the POST, head included, whose head has been handled; 0 if none */
  bool keep_alive;
  size_t discard;   /* bytes of an unwanted body still to come */
  char origin[128]; /* the request's Origin, for the response */
  bool begins_session;
  char sticky_value[ID_LENGTH + 1]; /* of the cookie that --sticky sets */
};

struct websocket {
  bool in_message;         /* a fragmented message is being collected */
  bool binary, compressed; /* about this message */
  bool close_sent;
  size_t skip; /* bytes of an oversized frame still to come */
  struct buffer message;
  bool deflates;                  /* permessage-deflate was negotiated */
  char session_id[ID_LENGTH + 1]; /* of the session that it belongs to, or belonged to */
  bool end_recorded;
};

struct connection {
  struct lws *wsi;
  struct server *server;
  uint64_t number; /* the connection's number, from 1 */
  struct connection *previous, *next;
  struct buffer input, output;
  /* Consumes bytes from the front of the input and returns how many; 0 to wait for more. May modify them. */
  size_t (*receive)(struct connection *connection, char *data, size_t length);
  enum role role;
  struct session *session; /* set while there is a role */
  bool has_spoken, close_when_sent, killed;
  struct http_exchange http;
  struct websocket websocket;
};

extern const struct lws_protocols connection_protocols[];

/* Call after appending to the output. */
void connection_send(struct connection *connection);
/* Closes the connection once everything has been sent. */
void connection_close(struct connection *connection);
/* Closes it as soon as control returns to the event loop, even with unsent data. */
void connection_kill(struct connection *connection);
/* Closes it after that many seconds, unless called again; 0 removes the deadline. */
void connection_set_deadline(struct connection *connection, int seconds);

#endif
