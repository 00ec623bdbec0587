/* The frames that a server sends (RFC 6455, section 5, and RFC 7692): bytes in, messages out. */
#ifndef CSIO_FRAME_READER_H
#define CSIO_FRAME_READER_H

#include "base/text.h"
#include "ws/deflate.h"

enum { CSIO__MAX_CONTROL = 125 }; /* the most that a control frame carries */

typedef enum csio__frame_event_kind {
  CSIO__FRAME_NONE,    /* the input is used up */
  CSIO__FRAME_MESSAGE, /* a whole message; the bytes of all events stay until the next call */
  CSIO__FRAME_PING,
  CSIO__FRAME_PONG,
  CSIO__FRAME_CLOSE,     /* with the peer's code, 1005 for none; the bytes are its reason */
  CSIO__FRAME_BROKEN,    /* `fault` ends the sentence "HOST sent …"; `code` is what to close with */
  CSIO__FRAME_TOO_LARGE, /* close with 1009 */
  CSIO__FRAME_NO_MEMORY,
} csio__frame_event_kind;

typedef struct csio__frame_event {
  csio__frame_event_kind kind;
  bool binary;
  uint16_t code;
  const uint8_t *bytes;
  size_t size;
  const char *fault;
} csio__frame_event;

/* Zero is the start: no limit, no compression. */
typedef struct csio__frame_reader {
  size_t max_message; /* 0: no limit */
  csio__inflater *inflater;
  csio__bytes message; /* what has come of a message */
  csio__bytes control; /* what has come of a control frame in parts */
  uint64_t rest;       /* what is missing of the frame */
  csio__deflate_terms terms;
  csio__utf8 utf8; /* of the text so far */
  uint8_t head_size;
  uint8_t head[10];
  char fault[24];
  bool in_frame;   /* `head` is whole */
  bool in_message; /* more frames of it are to come */
  bool binary;
  bool compressed;
  bool delivered; /* `message` goes with the next call */
  bool ended;     /* nothing more is read */
} csio__frame_reader;

void csio__frame_reader_init(
    csio__frame_reader *reader, size_t max_message, const csio__deflate_terms *terms);

/* The next event of the input, which moves on. Call it until it gives NONE: that also frees what a large
 * message took. After CLOSE, BROKEN, TOO_LARGE and NO_MEMORY it drops all input. */
csio__frame_event csio__frame_reader_next(csio__frame_reader *reader, const uint8_t **bytes, size_t *size);

/* Whether a close frame may carry the code (RFC 6455, section 7.4). */
bool csio__is_close_code(unsigned code);

/* Frees the memory and ends the reading; may be called again. */
void csio__frame_reader_free(csio__frame_reader *reader);

#endif
