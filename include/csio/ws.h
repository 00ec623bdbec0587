/* WebSockets (RFC 6455, client side). Every function must be called on the loop's thread.
 *
 *   create, set options, connect; then on_open and any number of on_message, on_pong and on_drain; then
 *   exactly one of on_close (either side closed the connection, or it ended) and on_error (it could not be
 *   established, or it failed); then close. */
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

/* A message's type. For sending, it may be combined by `|` with CSIO_WS_UNCOMPRESSED, or with
 * CSIO_WS_URGENT, which sends a message uncompressed and ahead of all queued ones. At most one urgent
 * message is queued: the next one replaces it. */
typedef enum csio_ws_type {
  CSIO_WS_TEXT = 1,
  CSIO_WS_BINARY = 2,
  CSIO_WS_UNCOMPRESSED = 4,
  CSIO_WS_URGENT = 8
} csio_ws_type;

/* The callbacks; each may be NULL. */
typedef void (*csio_ws_open_cb)(csio_ws *ws, void *data);
/* A complete message. The bytes belong to the library and are valid during the call. Text is valid UTF-8. */
typedef void (*csio_ws_message_cb)(
    csio_ws *ws, csio_ws_type type, const uint8_t *bytes, size_t size, void *data);
/* The peer's answer to csio_ws_ping, with the ping's payload. The peer has read everything that was queued
 * before that ping, and everything that it sent before its answer has been delivered. A peer may answer
 * only the last of several pings, and may send unsolicited pongs. The bytes are valid during the call. */
typedef void (*csio_ws_pong_cb)(csio_ws *ws, const uint8_t *payload, size_t size, void *data);
/* Everything queued has been passed to the operating system. */
typedef void (*csio_ws_drain_cb)(csio_ws *ws, void *data);
/* The peer's close frame has arrived, with its code (1000 to 1003, 1007 to 1014, 3000 to 4999; 1005 if it
 * had none) and reason (UTF-8, not null-terminated, `size` up to 123 bytes). Or the connection ended
 * without a close frame, by FIN, reset or a TLS error; the code is then 1006. */
typedef void (*csio_ws_close_cb)(csio_ws *ws, uint16_t code, const char *reason, size_t size, void *data);
/* The connection could not be established; or the peer broke the protocol (PROTOCOL) or sent too large a
 * message (TOO_LARGE); or the loop was closed (CANCELLED). */
typedef void (*csio_ws_error_cb)(csio_ws *ws, const csio_error *error, void *data);

/* Creates a WebSocket. `url` (ws or wss) is copied. Fails with URL, NOMEM or FILES. */
CSIO_EXTERN int csio_ws_create(csio_loop *loop, const char *url, csio_ws **out);

CSIO_EXTERN void csio_ws_set_data(csio_ws *ws, void *data);
CSIO_EXTERN void csio_ws_on_open(csio_ws *ws, csio_ws_open_cb callback);
CSIO_EXTERN void csio_ws_on_message(csio_ws *ws, csio_ws_message_cb callback);
CSIO_EXTERN void csio_ws_on_pong(csio_ws *ws, csio_ws_pong_cb callback);
CSIO_EXTERN void csio_ws_on_drain(csio_ws *ws, csio_ws_drain_cb callback);
CSIO_EXTERN void csio_ws_on_close(csio_ws *ws, csio_ws_close_cb callback);
CSIO_EXTERN void csio_ws_on_error(csio_ws *ws, csio_ws_error_cb callback);

/* Adds a header to the handshake. Fails with INVALID for a name or value that is not allowed in a header,
 * for headers of the handshake itself (Connection, Upgrade, Sec-WebSocket-*), and for Content-Length and
 * Transfer-Encoding. Host replaces the URL's host, Authorization replaces the URL's user and password, and
 * Proxy-Authorization is sent to the proxy, if there is one. */
CSIO_EXTERN int csio_ws_add_header(csio_ws *ws, const char *name, const char *value);

/* Offers a subprotocol. Each further call offers one more. */
CSIO_EXTERN int csio_ws_add_protocol(csio_ws *ws, const char *name);

/* Sets the TLS settings and retains them; NULL selects the default settings. */
CSIO_EXTERN int csio_ws_set_tls(csio_ws *ws, csio_tls *tls);

/* Sets a cookie jar and retains it; NULL for none. The handshake sends the jar's cookies after those of a
 * Cookie header added by the caller, whose names take precedence. Set-Cookie headers of the server's
 * answer, even of a refusal, are stored in the jar. */
CSIO_EXTERN int csio_ws_set_cookies(csio_ws *ws, csio_cookies *cookies);

/* Sets a proxy and retains it; NULL, the default, for none. Fails with UNSUPPORTED for an https proxy:
 * libcurl connects, and cannot hand over a connection that it encrypts. on_error gets PROXY if the proxy
 * cannot be used, and PROXY_AUTH if it rejects the credentials. */
CSIO_EXTERN int csio_ws_set_proxy(csio_ws *ws, csio_proxy *proxy);

/* Sets the local address to connect from, a numeric IP address ("127.0.0.1", "::1"); NULL, the default,
 * for any. Only remote addresses of the same family are then used. Fails with INVALID for anything else. */
CSIO_EXTERN int csio_ws_set_local_address(csio_ws *ws, const char *address);

/* Sets whether to offer compression (permessage-deflate, RFC 7692); false by default. Our side uses no
 * context takeover, so sending needs no memory per WebSocket. Receiving takes about 48 KiB from the first
 * compressed message on, unless the server promises server_no_context_takeover. */
CSIO_EXTERN int csio_ws_set_deflate(csio_ws *ws, bool deflate);

/* Sets the size in bytes below which messages are sent uncompressed (default: 1024). */
CSIO_EXTERN int csio_ws_set_deflate_threshold(csio_ws *ws, size_t bytes);

/* Sets the time limit in milliseconds from csio_ws_connect to on_open (default: 60,000); 0 means no limit. */
CSIO_EXTERN int csio_ws_set_timeout(csio_ws *ws, uint64_t ms);

/* Sets the largest accepted message in bytes, after decompression; 0 for no limit (default: 64 MiB). After
 * a larger message the WebSocket is closed with code 1009, and on_error gets TOO_LARGE. */
CSIO_EXTERN int csio_ws_set_max_message(csio_ws *ws, size_t bytes);

/* Connects and performs the handshake. libcurl resolves names and chooses addresses, as for HTTP requests.
 * Fails with STATE, NOMEM or FILES; everything else is reported by on_error. Never calls a callback before it
 * returns. */
CSIO_EXTERN int csio_ws_connect(csio_ws *ws);

/* Queues a message; `bytes` are copied. Small messages that are sent one after the other take no memory of
 * their own, and leave in one piece. Allowed between on_open and csio_ws_shutdown; otherwise fails with
 * STATE. */
CSIO_EXTERN int csio_ws_send(csio_ws *ws, csio_ws_type type, const void *bytes, size_t size);

/* Queues a message without copying it. Takes ownership of `message`, even on failure, and overwrites its
 * bytes. */
CSIO_EXTERN int csio_ws_send_buffer(csio_ws *ws, csio_ws_type type, csio_buffer *message);

/* Queues a ping after the messages already queued. Its payload, up to 125 bytes, is copied. on_pong
 * follows if the peer answers. Allowed whenever csio_ws_send is; otherwise fails with STATE. A longer
 * payload fails with INVALID. */
CSIO_EXTERN int csio_ws_ping(csio_ws *ws, const void *payload, size_t size);

/* Returns how many bytes of messages and pings are queued and not yet passed to the operating system. */
CSIO_EXTERN size_t csio_ws_queued_bytes(const csio_ws *ws);

/* Stops reading: on_message is not called until csio_ws_read_start, and TCP flow control holds back a peer
 * that sends faster than its messages are handled. May be called inside a callback. Allowed between
 * on_open and csio_ws_shutdown; otherwise fails with STATE. Data that has been read already (at most 64
 * KiB) and a partially received message stay in memory. Sending continues.
 *
 * While reading is stopped, pings are not answered, and neither a close frame nor the end of the
 * connection is noticed, with two exceptions: sending fails, or the data already read contains the end of
 * TLS. The messages that arrived before are then delivered and the end is reported, although reading is
 * stopped. */
CSIO_EXTERN int csio_ws_read_stop(csio_ws *ws);

/* Resumes reading in a later turn of the loop; does nothing if reading is not stopped. Fails with STATE
 * before on_open and after the end. */
CSIO_EXTERN int csio_ws_read_start(csio_ws *ws);

/* Starts the closing handshake after everything queued; code 0 sends a close frame without a code.
 * on_close follows after at most 5 s, with or without the peer's answer. Resumes reading if it was
 * stopped, because the peer's answer comes after the data it has sent. If out of memory, the reason is
 * omitted. */
CSIO_EXTERN int csio_ws_shutdown(csio_ws *ws, uint16_t code, const char *reason);

/* Return the subprotocol that the server chose ("" for none), from on_open on, and a header of the
 * server's answer, from on_open on and in on_error with HANDSHAKE. Header names are compared without case.
 * `index` selects one of several headers with the same name, starting at 0; csio_ws_header returns NULL if
 * there is no such header. */
CSIO_EXTERN const char *csio_ws_protocol(const csio_ws *ws);
CSIO_EXTERN const char *csio_ws_header(const csio_ws *ws, const char *name, size_t index);

/* In on_error with HANDSHAKE: returns the body that the server sent instead, up to 2 KiB, as far as it
 * arrived within half a second; otherwise nothing. It is not null-terminated, and need not be UTF-8. */
CSIO_EXTERN const uint8_t *csio_ws_body(const csio_ws *ws, size_t *size);

/* Frees the WebSocket. An open connection is cut without a closing handshake, and on_close and on_error
 * are not called any more. `on_closed` (may be NULL) receives the data in a later turn of the loop, when
 * the socket is closed. After TOO_LARGE and PROTOCOL that may take 5 s, so that the peer learns the
 * reason, unless the loop is closed or the peer goes on sending. Do not use the handle after this call. */
CSIO_EXTERN void csio_ws_close(csio_ws *ws, void (*on_closed)(void *data));

#ifdef __cplusplus
}
#endif
#endif
