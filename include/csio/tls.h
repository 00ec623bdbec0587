/* TLS settings for HTTP requests and WebSockets. Without settings, a connection trusts the system's
 * authorities, verifies the host name and sends no client certificate.
 *
 * A csio_tls is reference-counted. Call its setters on one thread, before a handle first uses it. From
 * then on it is constant (setters fail with STATE) and may be shared by loops and threads.
 *
 * Connections, HTTP or WebSocket, resume the TLS sessions of earlier connections to the same host and port
 * under the same csio_tls, and of no others. To save full handshakes, share one csio_tls instead of
 * creating equal ones. */
#ifndef CSIO_TLS_H
#define CSIO_TLS_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csio_tls csio_tls;

#define CSIO_TLS_PIN_SIZE 32

/* Creates default settings with one reference, owned by the caller. Fails with UNSUPPORTED if libcurl does
 * not use the same OpenSSL, version 3 or later; csio_tls_last_message(NULL) then says what it uses. */
CSIO_EXTERN int csio_tls_create(csio_tls **out);

/* Adds or drops a reference. May be called on any thread. csio_tls_release does nothing if `tls` is NULL. */
CSIO_EXTERN csio_tls *csio_tls_retain(csio_tls *tls);
CSIO_EXTERN void csio_tls_release(csio_tls *tls);

/* Trusts the authorities in `pem` (one or more certificates) instead of the system's. Further calls add
 * more. Fails with TLS_CA if one of them is invalid, and then adds none. */
CSIO_EXTERN int csio_tls_add_ca(csio_tls *tls, const void *pem, size_t size);

/* Sets the client certificate in `cert_pem` (with its chain) and its private key in `key_pem`.
 * `passphrase` is for an encrypted key, otherwise NULL. Fails with TLS_CERT, TLS_KEY or TLS_PASSPHRASE. */
CSIO_EXTERN int csio_tls_set_identity(csio_tls *tls, const void *cert_pem, size_t cert_size,
    const void *key_pem, size_t key_size, const char *passphrase);

/* The same, from the contents of a PKCS#12 file. */
CSIO_EXTERN int csio_tls_set_identity_pkcs12(
    csio_tls *tls, const void *data, size_t size, const char *passphrase);

/* Restricts the ciphers. For TLS 1.2 and older, `ciphers` is an OpenSSL cipher list; for TLS 1.3, names
 * such as TLS_AES_128_GCM_SHA256. One list may contain both, separated by colons. Fails with TLS_CIPHERS. */
CSIO_EXTERN int csio_tls_set_ciphers(csio_tls *tls, const char *ciphers);

/* Sets whether to verify the server's certificate and host name; true by default. The host name must be in
 * the certificate's subjectAltName; its common name is ignored. */
CSIO_EXTERN int csio_tls_set_verify(csio_tls *tls, bool verify);

/* Accepts only servers whose public key (DER SubjectPublicKeyInfo) has this SHA-256, in addition to all
 * other checks. After several calls, any one of the pins is sufficient. */
CSIO_EXTERN int csio_tls_add_pin(csio_tls *tls, const uint8_t sha256[CSIO_TLS_PIN_SIZE]);

/* Returns a sentence about the last failure of a setter, or "" if none has failed. Valid until the next
 * call on `tls`. With NULL, it says why csio_tls_create fails with UNSUPPORTED. */
CSIO_EXTERN const char *csio_tls_last_message(const csio_tls *tls);

#ifdef __cplusplus
}
#endif
#endif
