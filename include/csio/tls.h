/* TLS settings, made once and used by HTTP requests and WebSockets alike. Without one, a connection trusts
 * the system's authorities, checks the host name and presents no certificate.
 *
 * A csio_tls is counted by reference. Its setters are called by one thread before it is first used by a
 * handle; from then on it is constant (setters fail with STATE) and may be shared by loops and threads.
 *
 * Connections resume TLS sessions of earlier ones, HTTP or WebSocket, to the same host and port under the
 * same csio_tls, and of no others. To save full handshakes, keep one csio_tls rather than making equal ones.
 */
#ifndef CSIO_TLS_H
#define CSIO_TLS_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csio_tls csio_tls;

#define CSIO_TLS_PIN_SIZE 32

/* Makes default settings with one reference, the caller's. Fails with UNSUPPORTED where libcurl does not use
 * the same OpenSSL, version 3 or later; csio_tls_last_message(NULL) then says what it uses. */
CSIO_EXTERN int csio_tls_create(csio_tls **out);

/* Adds and drops a reference. Any thread. csio_tls_release(NULL) is allowed. */
CSIO_EXTERN csio_tls *csio_tls_retain(csio_tls *tls);
CSIO_EXTERN void csio_tls_release(csio_tls *tls);

/* Trusts the authorities in `pem` (one or more certificates) instead of the system's; called again, adds to
 * them. Fails with TLS_CA where one is damaged, and takes none then. */
CSIO_EXTERN int csio_tls_add_ca(csio_tls *tls, const void *pem, size_t size);

/* Presents the certificate (with its chain) in `cert_pem`, with the private key in `key_pem`. `passphrase` is
 * for an encrypted key, else NULL. Fails with TLS_CERT, TLS_KEY or TLS_PASSPHRASE. */
CSIO_EXTERN int csio_tls_set_identity(csio_tls *tls, const void *cert_pem, size_t cert_size,
    const void *key_pem, size_t key_size, const char *passphrase);

/* The same from a PKCS#12 file's bytes. */
CSIO_EXTERN int csio_tls_set_identity_pkcs12(
    csio_tls *tls, const void *data, size_t size, const char *passphrase);

/* Restricts the ciphers: OpenSSL's list format for TLS 1.2 and below, and names such as
 * TLS_AES_128_GCM_SHA256 for TLS 1.3; both may stand in one list, separated by colons. Fails with
 * TLS_CIPHERS. */
CSIO_EXTERN int csio_tls_set_ciphers(csio_tls *tls, const char *ciphers);

/* Whether the server's certificate and host name are verified; true unless set. The host name must stand in
 * the certificate's subjectAltName; its common name does not count. */
CSIO_EXTERN int csio_tls_set_verify(csio_tls *tls, bool verify);

/* Accepts only servers whose public key (DER SubjectPublicKeyInfo) has this SHA-256, besides all other
 * checks; called again, any of the pins will do. */
CSIO_EXTERN int csio_tls_add_pin(csio_tls *tls, const uint8_t sha256[CSIO_TLS_PIN_SIZE]);

/* A sentence about the last failure of a setter, "" when there was none. Valid until the next call on `tls`.
 * NULL asks why csio_tls_create gives UNSUPPORTED. */
CSIO_EXTERN const char *csio_tls_last_message(const csio_tls *tls);

#ifdef __cplusplus
}
#endif
#endif
