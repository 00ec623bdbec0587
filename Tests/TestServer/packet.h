/* Socket.IO packets, as the text of an Engine.IO message: <type>[<attachments>-][<namespace>,][<id>][<JSON>].
 */
#ifndef TEST_SERVER_PACKET_H
#define TEST_SERVER_PACKET_H

#include "buffer.h"

enum sio_type {
  SIO_CONNECT = '0',
  SIO_DISCONNECT = '1',
  SIO_EVENT = '2',
  SIO_ACK = '3',
  SIO_CONNECT_ERROR = '4',
  SIO_BINARY_EVENT = '5',
  SIO_BINARY_ACK = '6',
};

enum { SIO_MAX_ATTACHMENTS = 256 };

/* The slices point into the text, the namespace of the main one apart; without data they were not there. */
struct sio_packet {
  enum sio_type type; /* without the difference that binary makes: attachments tell */
  size_t attachments;
  struct slice text; /* the whole */
  struct slice namespace, id, json;
};

/* False if the text is no packet, or its JSON not what the type wants. */
bool sio_parse(struct sio_packet *packet, struct slice text);

/* Appends the part before the JSON. The type is given without the difference that binary makes. */
void sio_append_head(
    struct buffer *out, enum sio_type type, size_t attachments, const char *namespace, struct slice id);

#endif
