/* The opening handshake of a WebSocket (RFC 6455, section 4): a request out, an answer in. */
#ifndef CSIO_HANDSHAKE_H
#define CSIO_HANDSHAKE_H

#include "ws/deflate.h"

typedef struct csio__handshake_request {
  const char *target, *host_header;
  const csio__bytes *headers; /* whole lines; NULL for none */
  const char *protocols;      /* offered, separated by ", ", or NULL; they must outlive the handshake */
  bool deflate;               /* offered */
} csio__handshake_request;

typedef enum csio__handshake_state {
  CSIO__HANDSHAKE_WAITING,
  CSIO__HANDSHAKE_ACCEPTED,
  CSIO__HANDSHAKE_REFUSED, /* with `status` */
  CSIO__HANDSHAKE_BROKEN,  /* `fault` ends "HOST did not answer the WebSocket handshake correctly: …" */
  CSIO__HANDSHAKE_TOO_LARGE,
  CSIO__HANDSHAKE_NO_MEMORY,
} csio__handshake_state;

/* Zero is free of memory. */
typedef struct csio__handshake {
  csio__handshake_state state;
  unsigned status; /* 0 until the status line is read; of 1xx answers that of the latest */
  const char *fault;
  csio__deflate_terms terms; /* what the server agreed to */
  /* what was asked for */
  char accept[29]; /* what Sec-WebSocket-Accept must be */
  bool deflate;
  const char *protocols;
  /* what has been read */
  bool in_headers;
  bool old;         /* HTTP/1.0 */
  bool chunked;     /* the body of a refusal */
  size_t taken;     /* bytes, 1xx answers included */
  csio__bytes head; /* names and values, each terminated, up to `line`, where a line begins */
  size_t line;      /* or, of a refusal, the body */
} csio__handshake;

/* Makes a key and appends the request to `out`. NOMEM, or SYSTEM where there are no random bytes. */
int csio__handshake_begin(
    csio__handshake *handshake, const csio__handshake_request *request, csio__bytes *out);

/* Reads the answer. `*bytes` moves behind what was read: frames may follow the head at once. */
csio__handshake_state csio__handshake_read(csio__handshake *handshake, const uint8_t **bytes, size_t *size);

/* A header of the answer, by its name without case; NULL where there are no more than `index`. */
const char *csio__handshake_header(const csio__handshake *handshake, const char *name, size_t index);

/* Reads the body of a refusal; true when it is complete, or enough to show. */
bool csio__handshake_read_body(csio__handshake *handshake, const uint8_t *bytes, size_t size);

/* Ends the reading of the body, which may be cut off. */
void csio__handshake_end_body(csio__handshake *handshake);

/* The body of a refusal, as far as it has been read. */
const uint8_t *csio__handshake_body(const csio__handshake *handshake, size_t *size);

/* May be called again. */
void csio__handshake_free(csio__handshake *handshake);

#endif
