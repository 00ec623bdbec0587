/* A TCP or TLS connection: bytes in, bytes out, and the end. libwebsockets accepts it, speaks TLS on it and
 * buffers what the socket does not take at once; what is spoken over it is decided in http_front.c and
 * websocket.c. */
#ifndef TEST_SERVER_CONNECTION_H
#define TEST_SERVER_CONNECTION_H

#include "buffer.h"
#include "server.h"

/* What the connection is to its session at the moment. */
enum role {
  ROLE_NONE,
  ROLE_POLL,      /* a GET that waits for packets */
  ROLE_POST,      /* a POST whose body is still arriving */
  ROLE_WEBSOCKET, /* the session's transport */
  ROLE_PROBE,     /* a WebSocket that may become it */
};

struct http_exchange {
  bool busy;      /* a request awaits its response: no further one is looked at */
  size_t awaited; /* length of a POST, head included, whose head has been dealt with; 0: none */
  bool keep_alive;
  size_t discard;   /* bytes of a body that nobody wants still to come */
  char origin[128]; /* the request's Origin, for the response */
  bool begins_session;
  char sticky_value[ID_LENGTH + 1]; /* of the cookie that --sticky wants set */
};

struct websocket {
  bool in_message;         /* a fragmented message is being collected */
  bool binary, compressed; /* this message is */
  bool close_sent;
  size_t skip; /* bytes of a frame that is too big still to come */
  struct buffer message;
  bool deflates;                  /* permessage-deflate was agreed upon */
  char session_id[ID_LENGTH + 1]; /* of the session that it belongs to, or did */
  bool end_recorded;
};

struct connection {
  struct lws *wsi;
  struct server *server;
  uint64_t number; /* counts the connections of the server from 1 */
  struct connection *previous, *next;
  struct buffer input, output;
  /* Takes bytes off the front of the input and says how many, 0 to wait for more. It may write to them. */
  size_t (*receive)(struct connection *connection, char *data, size_t length);
  enum role role;
  struct session *session; /* set while there is a role */
  bool has_spoken, close_when_sent, killed;
  struct http_exchange http;
  struct websocket websocket;
};

extern const struct lws_protocols connection_protocols[];

/* To be called after bytes were appended to the output. */
void connection_send(struct connection *connection);
/* Ends the connection once everything has been sent. */
void connection_close(struct connection *connection);
/* Ends it as soon as control is back in the event loop, whatever waits to be sent. */
void connection_kill(struct connection *connection);
/* Ends it in that many seconds unless this is called again; 0: takes that back. */
void connection_set_deadline(struct connection *connection, int seconds);

#endif
