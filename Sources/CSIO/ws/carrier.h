/* A connected socket at work. libwebsockets adopts it as a raw connection, watches it with the loop, reads it
 * and closes it; TLS, where there is any, runs in between. What the kernel does not take stays with the
 * caller: libwebsockets would copy it, and stop reading until it is out. */
#ifndef CSIO_CARRIER_H
#define CSIO_CARRIER_H

#include "base/error_internal.h"
#include "net/tls_stream.h"
#include "loop/loop_internal.h"

typedef struct csio__carrier csio__carrier;

/* What a carrier tells its owner, on the loop. */
typedef struct csio__carrier_calls {
  void (*on_ready)(void *owner); /* bytes may be sent */
  void (*on_bytes)(void *owner, const uint8_t *bytes, size_t size);
  void (*on_writable)(
      void *owner);             /* after csio__carrier_send took less than all, or csio__carrier_flush_soon */
  void (*on_end)(void *owner);  /* the peer has ended the connection, or TLS is broken */
  void (*on_gone)(void *owner); /* the last call: the socket is closed */
} csio__carrier_calls;

/* Takes the socket, also when it fails. TLS is spoken with `host` where `tls` is not NULL; else on_ready
 * comes before this returns, with `*out` set. */
int csio__carrier_open(csio_loop *loop, int socket, csio_tls *tls, const char *host, uint16_t port,
    const csio__carrier_calls *calls, void *owner, csio__carrier **out, csio__failure *failure);

/* How many of the bytes have been taken; on_writable follows where that is not all. */
size_t csio__carrier_send(csio__carrier *carrier, const uint8_t *bytes, size_t size);

/* Whether the socket is read, as it is from the start. What has been read already is still told. */
void csio__carrier_read(csio__carrier *carrier, bool on);

/* Calls on_writable at the end of this turn of the loop. */
void csio__carrier_flush_soon(csio__carrier *carrier);

/* The same, with the last bytes there will be: the system takes what it can, and sends it even if the process
 * ends. */
void csio__carrier_send_last(csio__carrier *carrier);

/* Whether bytes that were taken still wait in here; on_writable comes when they are out. */
bool csio__carrier_holds_bytes(const csio__carrier *carrier);

/* Ends the sending side, and the connection once the peer has ended its own, or the time is over. What still
 * comes is dropped; on_gone is the only call that follows. */
void csio__carrier_linger(csio__carrier *carrier, unsigned seconds);

/* Ends the connection soon; on_gone is the only call that follows. */
void csio__carrier_kill(csio__carrier *carrier);

/* Puts what TLS knows of the connection's end into words, in on_end; false where that is nothing. */
bool csio__carrier_tls_failure(csio__carrier *carrier, const char *host, csio__failure *failure);

#endif
