/* The frames that a client sends (RFC 6455, section 5). Those of a batch go out in one piece. */
#ifndef CSIO_FRAME_WRITER_H
#define CSIO_FRAME_WRITER_H

#include "base/buffer_internal.h"
#include "loop/loop_internal.h"

typedef enum csio__frame_kind {
  CSIO__FRAME_TEXT = 0x1,
  CSIO__FRAME_BINARY = 0x2,
  CSIO__CONTROL_CLOSE = 0x8,
  CSIO__CONTROL_PING = 0x9,
  CSIO__CONTROL_PONG = 0xa,
  CSIO__FRAME_COMPRESSED = 0x40, /* besides TEXT or BINARY */
} csio__frame_kind;

typedef struct csio__framer csio__framer;

/* The loop's; NULL when memory is short. */
csio__framer *csio__framer_of(csio_loop *loop);

/* Another one of the loop, for one owner after the other: its batch grows over several calls. NULL while it
 * belongs to someone else, or when memory is short. */
csio__framer *csio__framer_claim(csio_loop *loop);

/* Gives it back, and drops what it holds. */
void csio__framer_release(csio__framer *framer);

/* Adds a message, or a control frame with up to 125 bytes, to the batch. False where there is no room for it,
 * which in an empty batch means that it is too large for any, or where the system has no random bytes. */
bool csio__framer_add(csio__framer *framer, unsigned kind, const void *payload, size_t size);

/* Adds a close frame with a reason of up to 123 bytes; code 0 sends neither. False as above. */
bool csio__framer_add_close(csio__framer *framer, uint16_t code, const void *reason, size_t size);

/* The frames of the batch, which is empty then; they stay until the next message is added. */
uint8_t *csio__framer_take(csio__framer *framer, size_t *size);

/* Makes a frame of the message in its own memory and returns where it begins; NULL where the system has no
 * random bytes. */
uint8_t *csio__framer_wrap(csio__framer *framer, unsigned kind, csio_buffer *message, size_t *size);

#endif
