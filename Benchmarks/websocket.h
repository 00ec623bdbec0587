/* The server's half of RFC 6455, as far as an echo server for one kind of client needs it. */
#ifndef WEBSOCKET_H
#define WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  WEBSOCKET_TEXT = 1,
  WEBSOCKET_BINARY = 2,
  WEBSOCKET_CLOSE = 8,
  WEBSOCKET_PING = 9,
  WEBSOCKET_PONG = 10,
  WEBSOCKET_MAX_HEAD = 10, /* bytes before the payload of a server's frame */
};

/* A client's frame, its payload unmasked in place. */
typedef struct websocket_frame {
  unsigned opcode;
  uint8_t *payload;
  size_t size;
  size_t whole; /* bytes of the whole frame, head included */
} websocket_frame;

typedef enum websocket_result { WEBSOCKET_FRAME, WEBSOCKET_MORE, WEBSOCKET_BROKEN } websocket_result;

/* Reads the frame that begins at `bytes`. Supports only unfragmented messages. */
websocket_result websocket_read(uint8_t *bytes, size_t size, websocket_frame *out);

/* Writes the head of a frame and returns its size. */
size_t websocket_write_head(uint8_t *into, unsigned opcode, size_t payload);

/* Writes the answer to a request that ends with an empty line; 0 if it is not a WebSocket handshake. */
size_t websocket_answer(const char *request, char *into, size_t room);

#endif
