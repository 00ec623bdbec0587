/* What the echo server sends to a client that requests many messages: `42["push","text",COUNT]` for texts
 * of 110 bytes, `42["push","long",COUNT]` for texts of 10 times as many, `42["push","binary",COUNT]` for
 * events with 100,000 bytes each. */
#ifndef PUSH_H
#define PUSH_H

#include "stream.h"

typedef struct push {
  const struct push_batch *batch;
  unsigned long left; /* messages */
  size_t sent;        /* bytes sent of the current batch */
  bool begun;         /* nothing else may be sent until the last message is out */
} push;

/* Reads such a request; false for any other text. */
bool push_request(push *push, const uint8_t *text, size_t size);

/* Sends as much as the stream takes for now; false if the connection has ended. */
bool push_send(push *push, stream *stream);

#endif
