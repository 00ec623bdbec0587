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

/* The slices point into the text, except for the name of the main namespace. A slice without data means
 * that the part is missing. */
struct sio_packet {
  enum sio_type type; /* without the distinction of binary types: see attachments */
  size_t attachments;
  struct slice text; /* the whole packet */
  struct slice namespace, id, json;
};

/* False if the text is not a packet, or its JSON does not fit the type. */
bool sio_parse(struct sio_packet *packet, struct slice text);

/* Appends the part before the JSON. The type comes without the distinction of binary types. */
void sio_append_head(
    struct buffer *out, enum sio_type type, size_t attachments, const char *namespace, struct slice id);

#endif
