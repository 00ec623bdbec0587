/* WebSockets (RFC 6455, client side). Every function is called on the loop's thread.
 *
 *   create, set what is needed, connect; then on_open, any number of on_message and on_drain, then exactly
 * one of on_close (the connection was closed by either side) and on_error (it could not be made, or was
 * lost); then close. */
#ifndef CSIO_WS_H
#define CSIO_WS_H

#include "buffer.h"
#include "cookies.h"
#include "error.h"
#include "loop.h"
#include "proxy.h"
#include "tls.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csio_ws csio_ws;

/* A message's type. To send, the following may be added with `|`: CSIO_WS_UNCOMPRESSED, and CSIO_WS_URGENT
 * for a message that goes out before those that wait, uncompressed. An urgent one that still waits is dropped
 * for the next, so that no more than one ever does. */
typedef enum csio_ws_type {
  CSIO_WS_TEXT = 1,
  CSIO_WS_BINARY = 2,
  CSIO_WS_UNCOMPRESSED = 4,
  CSIO_WS_URGENT = 8
} csio_ws_type;

/* The callbacks, each of which may be NULL. */
typedef void (*csio_ws_open_cb)(csio_ws *ws, void *data);
/* One whole message; the bytes are the library's and valid during the call. Text is valid UTF-8. */
typedef void (*csio_ws_message_cb)(
    csio_ws *ws, csio_ws_type type, const uint8_t *bytes, size_t size, void *data);
/* The peer's answer to csio_ws_ping, with the ping's payload: it has read everything that was queued before
 * that ping, and all that it sent before it answered has been delivered. A peer may answer only the last of
 * several pings, and send pongs that nobody asked for. The bytes are valid during the call. */
typedef void (*csio_ws_pong_cb)(csio_ws *ws, const uint8_t *payload, size_t size, void *data);
/* Everything that was queued has been handed to the operating system. */
typedef void (*csio_ws_drain_cb)(csio_ws *ws, void *data);
/* The peer's close frame has come: its code (1000 to 1003, 1007 to 1014, 3000 to 4999; 1005 where it gave
 * none) and reason (UTF-8, not terminated, `size` up to 123 bytes). Or the connection ended without one, by
 * FIN, reset or an error of TLS: code 1006. */
typedef void (*csio_ws_close_cb)(csio_ws *ws, uint16_t code, const char *reason, size_t size, void *data);
/* The connection could not be made, or it was made and the peer broke the protocol (PROTOCOL) or sent too
 * much (TOO_LARGE), or the loop ends (CANCELLED). */
typedef void (*csio_ws_error_cb)(csio_ws *ws, const csio_error *error, void *data);

/* Makes a WebSocket; `url` (ws or wss) is copied. Fails with URL, NOMEM, SYSTEM. */
CSIO_EXTERN int csio_ws_create(csio_loop *loop, const char *url, csio_ws **out);

CSIO_EXTERN void csio_ws_set_data(csio_ws *ws, void *data);
CSIO_EXTERN void csio_ws_on_open(csio_ws *ws, csio_ws_open_cb callback);
CSIO_EXTERN void csio_ws_on_message(csio_ws *ws, csio_ws_message_cb callback);
CSIO_EXTERN void csio_ws_on_pong(csio_ws *ws, csio_ws_pong_cb callback);
CSIO_EXTERN void csio_ws_on_drain(csio_ws *ws, csio_ws_drain_cb callback);
CSIO_EXTERN void csio_ws_on_close(csio_ws *ws, csio_ws_close_cb callback);
CSIO_EXTERN void csio_ws_on_error(csio_ws *ws, csio_ws_error_cb callback);

/* Adds a header to the handshake; INVALID for one that cannot stand in a header, for those that belong to the
 * handshake itself (Connection, Upgrade, Sec-WebSocket-*), and for Content-Length and Transfer-Encoding. A
 * Host header replaces the URL's, an Authorization header what the URL's user and password would give, and
 * Proxy-Authorization goes to the proxy where there is one. */
CSIO_EXTERN int csio_ws_add_header(csio_ws *ws, const char *name, const char *value);

/* Offers a subprotocol; called again, one more. */
CSIO_EXTERN int csio_ws_add_protocol(csio_ws *ws, const char *name);

/* TLS settings, retained; NULL for the default ones. */
CSIO_EXTERN int csio_ws_set_tls(csio_ws *ws, csio_tls *tls);

/* A cookie jar, retained; NULL for none. The handshake carries the jar's cookies, after those of a Cookie
 * header that was added, whose names win; the Set-Cookie headers of the server's answer, a refusal included,
 * go into the jar. */
CSIO_EXTERN int csio_ws_set_cookies(csio_ws *ws, csio_cookies *cookies);

/* A proxy, retained; NULL, the default, for none. Fails with UNSUPPORTED for an https proxy: libwebsockets
 * cannot speak TLS inside TLS. Where it cannot be used on_error gets PROXY, where it does not accept user and
 * password PROXY_AUTH. */
CSIO_EXTERN int csio_ws_set_proxy(csio_ws *ws, csio_proxy *proxy);

/* The address of this machine to connect from, in numbers ("127.0.0.1", "::1"); NULL, the default, for any.
 * Only addresses of the same family are connected to then. Fails with INVALID for anything but an address. */
CSIO_EXTERN int csio_ws_set_local_address(csio_ws *ws, const char *address);

/* Whether compression (permessage-deflate, RFC 7692) is offered; false unless set. Without context takeover
 * on our side, so that sending takes no memory per WebSocket; receiving takes some 48 KiB from the first
 * compressed message on, unless the server promises server_no_context_takeover. */
CSIO_EXTERN int csio_ws_set_deflate(csio_ws *ws, bool deflate);

/* Messages of fewer bytes are sent uncompressed (default: 1024). */
CSIO_EXTERN int csio_ws_set_deflate_threshold(csio_ws *ws, size_t bytes);

/* Limit from csio_ws_connect to on_open in milliseconds (default: 60,000); 0 is no limit. */
CSIO_EXTERN int csio_ws_set_timeout(csio_ws *ws, uint64_t ms);

/* Largest accepted message in bytes, decompressed, 0 for no limit (default: 64 MiB); beyond it the WebSocket
 * is closed with code 1009 and on_error gets TOO_LARGE. */
CSIO_EXTERN int csio_ws_set_max_message(csio_ws *ws, size_t bytes);

/* Connects and makes the handshake. Names are resolved and addresses chosen by libcurl, as for HTTP requests.
 * Never calls back before it returns. */
CSIO_EXTERN int csio_ws_connect(csio_ws *ws);

/* Queues one message, copying `bytes`. Allowed between on_open and csio_ws_shutdown, else STATE. */
CSIO_EXTERN int csio_ws_send(csio_ws *ws, csio_ws_type type, const void *bytes, size_t size);

/* Queues one message without copying it. `message` becomes the library's, also when the call fails, and its
 * bytes are overwritten. */
CSIO_EXTERN int csio_ws_send_buffer(csio_ws *ws, csio_ws_type type, csio_buffer *message);

/* Queues a ping with up to 125 bytes of payload, copied, behind the messages that were queued before; on_pong
 * follows if the peer answers. Allowed when csio_ws_send is, else STATE; INVALID for a longer payload. */
CSIO_EXTERN int csio_ws_ping(csio_ws *ws, const void *payload, size_t size);

/* Bytes of messages and pings queued and not yet handed to the operating system. */
CSIO_EXTERN size_t csio_ws_queued_bytes(const csio_ws *ws);

/* Stops reading: from the call on, on_message does not run until csio_ws_read_start, so that a peer which
 * sends faster than its messages are dealt with is held up by TCP. May be called inside a callback; allowed
 * between on_open and csio_ws_shutdown, else STATE. What has been read by then, 64 KiB at most, and the part
 * of a message that has come, stay in memory. Sending goes on. Pings are not answered meanwhile, and neither
 * a close frame nor the end of the connection is noticed, unless sending fails or TLS was ended in what has
 * been read: then the messages that came before are reported, and the end, although reading is stopped. */
CSIO_EXTERN int csio_ws_read_stop(csio_ws *ws);

/* Goes on reading, in a later turn of the loop; does nothing where reading is not stopped. Fails with STATE
 * before on_open and after the end. */
CSIO_EXTERN int csio_ws_read_start(csio_ws *ws);

/* Starts the closing handshake after everything queued; code 0 sends a close frame without a code. on_close
 * follows, at the latest after 5 s, with or without the peer's answer. Goes on reading where that was
 * stopped, for the answer stands behind what the peer has sent. Where memory is short, the reason is left
 * out. */
CSIO_EXTERN int csio_ws_shutdown(csio_ws *ws, uint16_t code, const char *reason);

/* From on_open on: the subprotocol the server chose, "" for none. From then on, and in on_error with
 * HANDSHAKE: the value of a header of its answer. A header's name is compared without case, `index` counts
 * from 0 among headers of that name; NULL for none. */
CSIO_EXTERN const char *csio_ws_protocol(const csio_ws *ws);
CSIO_EXTERN const char *csio_ws_header(const csio_ws *ws, const char *name, size_t index);

/* In on_error with HANDSHAKE: what the server answered instead, up to 2 KiB of it, as far as it came within
 * half a second; else nothing. Not terminated, and UTF-8 or not, as it came. */
CSIO_EXTERN const uint8_t *csio_ws_body(const csio_ws *ws, size_t *size);

/* Frees the WebSocket. A connection that still stands is cut without a closing handshake; on_close and
 * on_error do not run any more. `on_closed` (may be NULL) gets the data in a later turn of the loop, when the
 * socket is closed: after TOO_LARGE and PROTOCOL that may take 5 s, so that the peer learns why, unless the
 * loop is closed or the peer goes on sending. The handle must not be used after the call. */
CSIO_EXTERN void csio_ws_close(csio_ws *ws, void (*on_closed)(void *data));

#ifdef __cplusplus
}
#endif
#endif
