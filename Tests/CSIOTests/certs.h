/* Certificates generated with OpenSSL's library. */
#ifndef CSIO_TESTS_CERTS_H
#define CSIO_TESTS_CERTS_H

#include "test.h"

#include <openssl/ssl.h>

enum { DAY = 24 * 3600 };

typedef struct identity {
  X509 *certificate;
  EVP_PKEY *key;
} identity;

/* A certificate for `san` ("DNS:localhost" or "IP:127.0.0.1", NULL for an authority), signed by `issuer` or
 * by itself, and valid from `from` to `to` seconds from now. */
identity identity_make(const char *name, const char *san, const identity *issuer, long from, long to);
void identity_free(identity *identity);

/* In PEM; the key is encrypted if there is a passphrase. The caller frees them. */
char *identity_certificate_pem(const identity *identity);
char *identity_key_pem(const identity *identity, const char *passphrase);

/* PKCS#12; the caller frees it with OPENSSL_free. */
unsigned char *identity_pkcs12(const identity *identity, const char *passphrase, int *size);

/* The SHA-256 of the public key. */
void identity_pin(const identity *identity, uint8_t pin[32]);

/* A server's context with this identity. It asks clients for a certificate signed by `clients`, unless
 * NULL. */
SSL_CTX *server_context(const identity *identity, const struct identity *clients);

/* A server's context with this identity and at most this TLS version. */
SSL_CTX *limited_server_context(const identity *identity, int version);

/* A callback for SSL_CTX_set_verify that accepts every client certificate. */
int accept_any(int ok, X509_STORE_CTX *store);

#endif
