/* The server's side of a WebSocket, frame by frame. */
#ifndef CSIO_TESTS_WS_PEER_H
#define CSIO_TESTS_WS_PEER_H

#include "peer.h"

enum { CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10, COMPRESSED = 0x40 };

typedef struct frame {
  int opcode;
  bool final;
  bool compressed; /* the frame is marked as compressed */
  size_t size;
  uint8_t *bytes; /* terminated */
} frame;

/* Reads the request and answers 101, adding `extra` (whole header lines, or ""). The request's head is
 * kept in `request`, unless NULL. False if the client is gone. */
bool ws_accept(client *client, const char *extra, request *request);

/* The same for a request that has been read already. */
bool ws_answer(client *client, const char *head, const char *extra);

/* The Sec-WebSocket-Accept value for a request's key. Static storage per thread. */
const char *ws_accept_key(const char *head);

/* Reads one frame and checks that it is masked, as a client's must be. False at the end of the connection. */
bool ws_read(client *client, frame *frame);
void frame_free(frame *frame);

/* COMPRESSED in `opcode` marks the frame as compressed. */
bool ws_write(client *client, int opcode, bool final, const void *bytes, size_t size);

/* Sends a close frame; code 0 sends one without a code. */
bool ws_write_close(client *client, unsigned code, const char *reason);

/* A script that echoes every message, and answers a close frame with the same code. */
void ws_echo(client *client);

/* The same, after the handshake. */
void ws_echo_frames(client *client);

#endif
