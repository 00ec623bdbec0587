/* The certificates that the TLS tests share. */
#ifndef CSIO_TESTS_IDENTITIES_H
#define CSIO_TESTS_IDENTITIES_H

#include "certs.h"

/* Authorities. The tests trust the first one. */
extern identity authority, other_authority;

/* Servers: valid for localhost, valid for 127.0.0.1 and ::1, expired, not yet valid, of the other authority,
 * without a subjectAltName. */
extern identity good, by_address, expired, future, unknown, nameless;

/* Clients, of either authority. */
extern identity own_client, wrong_client;

void identities_make(void);
void identities_free(void);

#endif
