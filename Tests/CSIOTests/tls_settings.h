/* TLS settings for tests. */
#ifndef CSIO_TESTS_TLS_SETTINGS_H
#define CSIO_TESTS_TLS_SETTINGS_H

#include "certs.h"

#include <csio/csio.h>

/* Default settings; settings that verify nothing; settings that trust this authority. */
csio_tls *tls_new(void);
csio_tls *tls_lenient(void);
csio_tls *tls_trusting(const identity *authority);

/* Trusts one more authority. */
void tls_trust(csio_tls *tls, const identity *authority);

/* Sets a client certificate and its key, which is encrypted first if `encrypt_with` is not NULL; returns what
 * csio_tls_set_identity returns. */
int tls_set_identity(csio_tls *tls, const identity *certificate, const identity *key,
    const char *encrypt_with, const char *passphrase);

#endif
