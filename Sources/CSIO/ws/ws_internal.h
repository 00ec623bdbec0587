#ifndef CSIO_WS_INTERNAL_H
#define CSIO_WS_INTERNAL_H

#include <csio/ws.h>

#include "base/buffer_internal.h"
#include "base/error_internal.h"
#include "loop/loop_internal.h"
#include "net/dial.h"
#include "net/request.h"
#include "ws/carrier.h"
#include "ws/frame_reader.h"
#include "ws/handshake.h"

enum { CSIO__WS_MAX_REASON = 123 };

typedef enum csio__ws_state {
  CSIO__WS_NEW,
  CSIO__WS_CONNECTING, /* from csio_ws_connect to on_open */
  CSIO__WS_OPEN,
  CSIO__WS_CLOSING, /* csio_ws_shutdown was called */
  CSIO__WS_ENDED,   /* on_close or on_error has been called, or never will be */
} csio__ws_state;

/* What the socket has not taken yet of the bytes given to it. */
typedef struct csio__ws_rest {
  csio_buffer *buffer; /* holds the bytes */
  const uint8_t *at;
  size_t size;
  size_t payload; /* bytes of messages that count as queued until all is out */
} csio__ws_rest;

struct csio_ws {
  csio__handle handle;
  csio__ws_state state;
  unsigned pending; /* references: by the timer, by the carrier */
  csio__request request;
  size_t deflate_threshold;
  csio__bytes protocols; /* offered, separated by ", " and terminated once there is one */

  csio_ws_open_cb on_open;
  csio_ws_message_cb on_message;
  csio_ws_pong_cb on_pong;
  csio_ws_drain_cb on_drain;
  csio_ws_close_cb on_close;
  csio_ws_error_cb on_error;
  void *data;

  uv_timer_t timer;       /* limits connecting, then the closing handshake */
  csio__dial *dial;       /* while it goes on */
  csio__carrier *carrier; /* from then on */

  csio__handshake handshake;
  csio__frame_reader reader;
  csio__bytes kept; /* received while reading is stopped */

  csio_buffer *first, **last; /* messages and pings to send */
  size_t queued;              /* bytes in them */
  struct csio__framer *batch; /* frames of messages before those; NULL if there are none */
  size_t batched;             /* bytes of its messages */
  csio__ws_rest rest;
  csio_buffer *pong; /* the latest; sent before the next message */

  csio__bytes close_reason;
  uint16_t close_code; /* ours to send; 0 for none */
  bool close_sent;
  bool lingering; /* the connection stays until the peer has read our close frame */

  bool deflate; /* offered */
  bool read_stopped;
  bool resuming; /* on_writable goes on reading */
  bool urgent;   /* the first of the messages to send is */
  bool drained;  /* nothing was queued since the last on_drain */
};

/* Reads frames. */
void csio__ws_receive(struct csio_ws *ws, const uint8_t *bytes, size_t size);

/* Goes on reading, first what was kept. With `ended`, nothing more comes and reading cannot be stopped. */
void csio__ws_go_on(struct csio_ws *ws, bool ended);

/* Sends what waits, as far as the socket takes it. */
void csio__ws_flush(struct csio_ws *ws);

/* Sends bytes while nothing else waits; keeps what the socket does not take, and counts it as `payload` bytes
 * of messages. Fails with NOMEM. */
int csio__ws_send_bytes(struct csio_ws *ws, const uint8_t *bytes, size_t size, size_t payload);

/* Sends a close frame, without a code for 0, unless a frame is cut off or one was sent. */
void csio__ws_say_close(struct csio_ws *ws, uint16_t code, const uint8_t *reason, size_t size);

/* Ends the WebSocket without a callback. */
void csio__ws_end(struct csio_ws *ws);

/* Ends the WebSocket and calls back, once. */
void csio__ws_fail(struct csio_ws *ws, const csio__failure *failure);
void csio__ws_fail_with(struct csio_ws *ws, int code);
void csio__ws_closed(struct csio_ws *ws, uint16_t code, const uint8_t *reason, size_t size);

/* Gives up a reference of `pending`; frees the WebSocket with the last. */
void csio__ws_unpend(struct csio_ws *ws);

#endif
