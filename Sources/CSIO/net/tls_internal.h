#ifndef CSIO_TLS_INTERNAL_H
#define CSIO_TLS_INTERNAL_H

#include <csio/tls.h>

#include "base/error_internal.h"
#include "loop/loop_internal.h"

#include <openssl/ssl.h>
#include <stdatomic.h>

struct csio_tls {
  atomic_int references;
  atomic_int kept_references; /* those of them that loops keep in case the settings are used again */
  atomic_bool used;
  unsigned id; /* never given twice in a process */
  bool verify;
  X509 *certificate;
  STACK_OF(X509) * chain;
  EVP_PKEY *key;
  char *ciphers;      /* for TLS 1.2 and below, "" for none, NULL for OpenSSL's */
  char *ciphersuites; /* the same for TLS 1.3 */
  uint8_t (*pins)[CSIO_TLS_PIN_SIZE];
  size_t pin_count;
  uv_mutex_t lock;
  X509_STORE *store; /* under `lock` once used: the system's authorities are read with the first connection */
  char message[256];
};

/* What is known of a failed handshake. OpenSSL shows it in passing, and libwebsockets and libcurl keep little
 * of it. */
typedef struct csio__tls_report {
  long verify_error; /* X509_V_OK, or why the certificate was refused */
  bool wrong_pin;
  bool certificate_requested; /* the server asked for a client certificate */
  int alert;                  /* the fatal alert that the server sent, or 0 */
  unsigned long reason;       /* the last of OpenSSL's error queue, or 0 */
} csio__tls_report;

/* One SSL_CTX configured by a csio_tls, and what its handshakes report. Used on one loop only. */
typedef struct csio__tls_session {
  int references;
  csio_tls *tls;
  char *host; /* the name to verify where the SSL_CTX is for one host only, else NULL */
  csio__tls_report report;
} csio__tls_session;

/* Has OpenSSL leave its state alone when the process exits, since loops may still be using it then. Comes
 * before anything else of OpenSSL's, or it does nothing. */
void csio__tls_init(void);

/* Marks the settings as constant and retains them; NULL gives NULL. */
csio_tls *csio__tls_use(csio_tls *tls);

/* The loop's own default settings, which the loop owns; NULL when memory is short. */
csio_tls *csio__tls_default(csio_loop *loop);

/* Configures `ctx`, and ties a session to it that the caller shares. */
int csio__tls_session_create(csio_tls *tls, SSL_CTX *ctx, const char *host, csio__tls_session **out);
void csio__tls_session_release(csio__tls_session *session);

/* A step of OpenSSL's verification, for a verify callback: whether to go on. */
bool csio__tls_verify_step(csio__tls_session *session, const char *host, bool ok, X509_STORE_CTX *store);

/* Puts the report into words and clears it; false when it says nothing. */
bool csio__tls_failure(csio__tls_session *session, const char *host, csio__failure *failure);

/* Whether a connection that was lost before any answer may have been lost for want of a client certificate:
 * many servers end it without an alert, or the alert is overtaken by a reset. */
bool csio__tls_lacks_certificate(csio__tls_session *session, const char *host, csio__failure *failure);

#endif
