/* A connected socket. libwebsockets adopts it as a raw connection, watches, reads and closes it; TLS, if any,
 * runs in between. The caller keeps what the kernel does not take: libwebsockets would copy it, and stop
 * reading until it is sent. */
#ifndef CSIO_CARRIER_H
#define CSIO_CARRIER_H

#include "base/error_internal.h"
#include "net/tls_stream.h"
#include "net/url.h"
#include "loop/loop_internal.h"

typedef struct csio__carrier csio__carrier;

/* A carrier's calls to its owner, on the loop. */
typedef struct csio__carrier_calls {
  void (*on_ready)(void *owner); /* bytes may be sent */
  void (*on_bytes)(void *owner, const uint8_t *bytes, size_t size);
  void (*on_writable)(
      void *owner);             /* after csio__carrier_send took less than all, or csio__carrier_flush_soon */
  void (*on_end)(void *owner);  /* the peer has ended the connection, or TLS is broken */
  void (*on_gone)(void *owner); /* the last call: the socket is closed */
} csio__carrier_calls;

/* The socket becomes the carrier's, also on failure. Speaks TLS, by these settings or the default ones, if
 * the URL is secure; else on_ready is called before this returns, with `*out` set. */
int csio__carrier_open(csio_loop *loop, int socket, const csio__url *url, csio_tls *tls,
    const csio__carrier_calls *calls, void *owner, csio__carrier **out, csio__failure *failure);

/* How many of the bytes have been taken; on_writable follows where that is not all. */
size_t csio__carrier_send(csio__carrier *carrier, const uint8_t *bytes, size_t size);

/* Starts or stops reading the socket, which is read at first. What was read before is still reported. */
void csio__carrier_read(csio__carrier *carrier, bool on);

/* Calls on_writable at the end of this turn of the loop. */
void csio__carrier_flush_soon(csio__carrier *carrier);

/* The same for the last bytes: the system takes all that it can, and sends it even if the process ends. */
void csio__carrier_send_last(csio__carrier *carrier);

/* Whether bytes that were taken still wait here; on_writable follows when they are sent. */
bool csio__carrier_holds_bytes(const csio__carrier *carrier);

/* Ends the sending side, and the connection when the peer has ended its side or the time is over. Input is
 * dropped; on_gone is the only call that follows. */
void csio__carrier_linger(csio__carrier *carrier, unsigned seconds);

/* Ends the connection soon; on_gone is the only call that follows. */
void csio__carrier_kill(csio__carrier *carrier);

/* In on_end: describes the failure if it was one of TLS, else returns false. */
bool csio__carrier_tls_failure(csio__carrier *carrier, const char *host, csio__failure *failure);

#endif
