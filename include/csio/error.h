/* Errors. A function that can fail returns 0 or one of the negative codes below. An operation that fails
 * later passes a `csio_error` to its callback. */
#ifndef CSIO_ERROR_H
#define CSIO_ERROR_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, value, sentence). The values are part of the ABI: never reuse or renumber one. */
#define CSIO_ERROR_MAP(X)                                                                                    \
  X(NOMEM, -1, "out of memory")                                                                              \
  X(INVALID, -2, "an argument is not valid")                                                                 \
  X(STATE, -3, "the call does not fit the state of the handle")                                              \
  X(THREAD, -4, "the call was made outside the loop's thread")                                               \
  X(CLOSED, -5, "the loop or the handle is closed")                                                          \
  X(CANCELLED, -6, "the operation was cancelled")                                                            \
  X(SYSTEM, -7, "the operating system refused")                                                              \
  X(UNSUPPORTED, -8, "the libraries underneath cannot do this")                                              \
  X(URL, -9, "the URL is malformed")                                                                         \
  X(FILE, -10, "a file could not be read")                                                                   \
  X(FILES, -11, "the process or the system has too many open files")                                         \
  X(TIMEOUT, -20, "the time limit was reached")                                                              \
  X(RESOLVE, -21, "the host name could not be resolved")                                                     \
  X(CONNECT, -22, "the connection could not be established")                                                 \
  X(LOST, -23, "the connection was lost")                                                                    \
  X(PROTOCOL, -24, "the peer broke the protocol")                                                            \
  X(HANDSHAKE, -25, "the server refused the WebSocket handshake")                                            \
  X(TOO_LARGE, -26, "the message is larger than the limit")                                                  \
  X(REDIRECT, -27, "the server redirected too often or to an unusable place")                                \
  X(PROXY, -28, "the proxy could not be used")                                                               \
  X(PROXY_AUTH, -29, "the proxy refused the user or password")                                               \
  X(TLS, -40, "the TLS handshake failed")                                                                    \
  X(TLS_UNTRUSTED, -41, "the server's certificate is not signed by a trusted authority")                     \
  X(TLS_EXPIRED, -42, "the server's certificate is expired or not yet valid")                                \
  X(TLS_HOST, -43, "the server's certificate is for another host name")                                      \
  X(TLS_PIN, -44, "the server's public key does not match any pin")                                          \
  X(TLS_CLIENT_CERT, -45, "the server requires a client certificate, or refused the one it got")             \
  X(TLS_CA, -46, "the CA certificates could not be read")                                                    \
  X(TLS_CERT, -47, "the client certificate could not be read")                                               \
  X(TLS_KEY, -48, "the private key could not be read, or does not belong to the certificate")                \
  X(TLS_PASSPHRASE, -49, "the passphrase is missing or wrong")                                               \
  X(TLS_CIPHERS, -50, "the cipher list holds no usable cipher")

typedef enum csio_err {
  CSIO_OK = 0,
#define CSIO_ERROR_ENUM(name, value, sentence) CSIO_E##name = value,
  CSIO_ERROR_MAP(CSIO_ERROR_ENUM)
#undef CSIO_ERROR_ENUM
} csio_err;

/* Why an operation failed. Owned by the library; valid only during the callback that receives it. */
typedef struct csio_error {
  int code;            /* a csio_err */
  int http_status;     /* the HTTP status that came with the failure, or 0 */
  const char *message; /* one English sentence, UTF-8, never NULL: what happened, and the cause if known.
                        * Contains no control characters, user names, passwords or queries */
} csio_error;

/* Returns the short name of a code, such as "CONNECT", or "UNKNOWN" for an unknown code. May be called on
 * any thread. The string is static. */
CSIO_EXTERN const char *csio_err_name(int code);

/* Returns the sentence of a code. May be called on any thread. The string is static. */
CSIO_EXTERN const char *csio_err_message(int code);

#ifdef __cplusplus
}
#endif
#endif
