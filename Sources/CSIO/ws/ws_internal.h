#ifndef CSIO_WS_INTERNAL_H
#define CSIO_WS_INTERNAL_H

#include <csio/ws.h>

#include "base/buffer_internal.h"
#include "net/cookies_internal.h"
#include "ws/deflate.h"
#include "net/dial.h"
#include "base/error_internal.h"
#include "loop/loop_internal.h"
#include "ws/lws_context.h"
#include "net/url.h"

enum {
  CSIO__WS_MAX_REASON = 123,
  CSIO__WS_MAX_HANDSHAKE = 60 * 1024, /* leaves room in libwebsockets' buffer for its own part */
};

typedef enum csio__ws_state {
  CSIO__WS_NEW,
  CSIO__WS_CONNECTING, /* from csio_ws_connect to on_open */
  CSIO__WS_OPEN,
  CSIO__WS_CLOSING, /* either side has begun the closing handshake */
  CSIO__WS_ENDED,   /* on_close or on_error has been called, or never will be */
} csio__ws_state;

struct csio_ws {
  csio__handle handle;
  csio__ws_state state;
  csio__url url;
  csio_tls *tls;
  csio_proxy *proxy;
  char *local_address;
  csio_cookies *jar;
  uint64_t timeout;
  size_t max_message;
  bool deflate; /* offered */
  size_t deflate_threshold;
  char *host_header;       /* the user's, or NULL */
  csio__bytes headers;     /* the user's others, as they go out */
  csio__bytes own_cookies; /* the user's Cookie headers, joined and terminated once there is one */
  csio__bytes protocols;   /* offered, separated by ", " and terminated once there is one */

  csio_ws_open_cb on_open;
  csio_ws_message_cb on_message;
  csio_ws_drain_cb on_drain;
  csio_ws_close_cb on_close;
  csio_ws_error_cb on_error;
  void (*on_closed)(void *data);
  void *data;

  uv_timer_t timer; /* limits connecting, then the closing handshake */
  csio__dial *dial; /* while it goes on */
  csio__conn *conn; /* from then on */
  unsigned pending; /* what still refers to this: the timer, the dial, the connection */

  csio_buffer *first, **last; /* messages to send */
  size_t queued;              /* bytes in them */
  size_t
      in_lws;   /* bytes of the messages that libwebsockets holds since the socket took a part of them only */
  bool drained; /* nothing was queued since the last on_drain */
  unsigned held_turns; /* for how many turns of the loop the queue has been held back */
  size_t received;     /* bytes since the last csio__ws_flush */

  csio__bytes message; /* the fragments so far of a message */
  bool binary;         /* its type */
  bool compressed;
  csio__inflater *inflater;

  csio__deflate_terms deflate_terms; /* what the server agreed to */
  bool extended;                     /* libwebsockets has turned our extension on */

  uint16_t close_code; /* ours to send, then the peer's; 0 for none to send */
  uint8_t close_size;
  char close_reason[CSIO__WS_MAX_REASON];
  bool close_sent;     /* our close frame has gone out */
  bool close_received; /* `close_code` and the reason are the peer's */
  bool lingering;      /* the close frame of a message too large is under way, and is not to be cut off */

  char *protocol;      /* what the server chose */
  csio__bytes cookies; /* its Set-Cookie headers, each terminated */
  char *extensions;    /* its Sec-WebSocket-Extensions, or NULL */
};

/* What the connection's callbacks do. Those that return int end the connection by returning other than 0. */
int csio__ws_write_handshake(csio__conn *conn, char **end, size_t room);
int csio__ws_read_answer(csio__conn *conn);
void csio__ws_opened(csio__conn *conn);
int csio__ws_received(csio__conn *conn, const uint8_t *bytes, size_t size);
int csio__ws_writable(csio__conn *conn);
void csio__ws_flush(csio__conn *conn);
int csio__ws_peer_closed(csio__conn *conn, const uint8_t *payload, size_t size);
void csio__ws_connect_failed(csio__conn *conn, const char *text, size_t size);
void csio__ws_ended(csio__conn *conn);
void csio__ws_conn_gone(csio__conn *conn);

/* Whether the extension is to be turned on; called once for every time that the server names it. */
bool csio__ws_extend(csio__conn *conn);

const char *csio__ws_host(const struct csio_ws *ws);

/* Puts the last headers of the request together. INVALID where it is too large. */
int csio__ws_complete_request(struct csio_ws *ws);

/* Connects, then makes the handshake. */
int csio__ws_dial(struct csio_ws *ws);

/* Limits the present phase; `on_timer` is the WebSocket's own. */
void csio__ws_start_timer(struct csio_ws *ws, uint64_t ms);

/* Ends the WebSocket and calls back, once. */
void csio__ws_fail(struct csio_ws *ws, const csio__failure *failure);
void csio__ws_closed(struct csio_ws *ws, uint16_t code, const char *reason, size_t size);

/* Drops what `pending` counted. */
void csio__ws_unpend(struct csio_ws *ws);

/* Frees the messages that will not be sent any more. */
void csio__ws_drop_queue(struct csio_ws *ws);

#endif
