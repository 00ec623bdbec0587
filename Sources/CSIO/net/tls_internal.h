#ifndef CSIO_TLS_INTERNAL_H
#define CSIO_TLS_INTERNAL_H

#include <csio/tls.h>

#include "base/error_internal.h"
#include "loop/loop_internal.h"

#include <openssl/ssl.h>
#include <stdatomic.h>

enum {
  CSIO__TLS_MAX_SESSIONS = 64,
  CSIO__TLS_WRONG_PIN = X509_V_ERR_APPLICATION_VERIFICATION, /* which OpenSSL leaves to programs */
};

/* A session of an earlier connection, which a later one to the same peer may resume. */
typedef struct csio__kept_session {
  char *host;
  uint16_t port;
  SSL_SESSION *session;
  bool certificate_requested; /* when it was made, since a resumed handshake does not ask again */
} csio__kept_session;

struct csio_tls {
  atomic_int references;
  atomic_bool used;
  unsigned id; /* from 1, unique in the process */
  bool verify;
  X509 *certificate;
  STACK_OF(X509) * chain;
  EVP_PKEY *key;
  char *ciphers;            /* for TLS 1.2 and below, "" for none, NULL for OpenSSL's */
  const char *ciphersuites; /* the same for TLS 1.3, in the same memory */
  uint8_t (*pins)[CSIO_TLS_PIN_SIZE];
  size_t pin_count;
  _Atomic(SSL_CTX *) ctx; /* of all streams; made with the first */
  uv_mutex_t lock;        /* guards what follows, up to `message` */
  X509_STORE *store;      /* the system's authorities are read with the first connection */
  bool system;            /* these are in `store`, or looked for by it */
  bool unread;            /* but could not be read yet */
  csio__kept_session sessions[CSIO__TLS_MAX_SESSIONS]; /* the oldest first */
  size_t session_count;
  char message[256];
};

/* What is known of a failed handshake. OpenSSL reports it only while it happens; libcurl keeps little of it.
 */
typedef struct csio__tls_report {
  int verify_error;           /* X509_V_OK, or why the certificate was refused */
  bool lacked_files;          /* it may only seem untrusted, since no authority could be read */
  bool certificate_requested; /* the server asked for a client certificate */
  bool finished;              /* the handshake succeeded: what is reported came after it */
  int alert;                  /* the fatal alert that the server sent, or 0 */
  unsigned long reason;       /* the last of OpenSSL's error queue, or 0 */
} csio__tls_report;

/* One connection's TLS: with whom, under which settings, and what happened. Used on one loop only. */
typedef struct csio__tls_handshake {
  int references;
  csio_tls *tls;
  char *host; /* the name to verify */
  uint16_t port;
  bool begun;
  bool asked_before; /* `certificate_requested` of the session to resume */
  csio__tls_report report;
} csio__tls_handshake;

/* Keeps OpenSSL from freeing its state at the process's exit, when loops may still use it. Has an effect only
 * before any other use of OpenSSL. */
void csio__tls_init(void);

/* Initializes libcurl, once in a process. */
void csio__curl_global_init(void);

/* Whether a libcurl with these TLS libraries, as curl_version_info names them, can be given our settings. */
bool csio__tls_fits(const char *libraries);

/* Marks the settings as constant and retains them; NULL is allowed. */
void csio__tls_use(csio_tls *tls);

/* `tls`, or the default settings where that is NULL, which live as long as the process. Reads the authorities
 * with the first use. Fails with NOMEM, UNSUPPORTED or FILES. */
int csio__tls_or_default(csio_tls *tls, csio_tls **out);

/* Sets ciphers for TLS 1.2 and suites for TLS 1.3; an empty list turns that version off. False if both are
 * empty, or if OpenSSL knows none in a list. */
bool csio__tls_set_ciphers(SSL_CTX *ctx, const char *ciphers, const char *suites);

/* Forgets a session to resume. Under the lock. */
void csio__tls_drop_session(csio_tls *tls, size_t index);

/* `host` as certificates and SNI know it: without zone and final dot. False where it is too long for a name.
 */
bool csio__tls_name(const char *host, char name[256]);

/* --- handshakes --- */

/* NULL when memory is short. */
csio__tls_handshake *csio__tls_handshake_create(csio_tls *tls, const char *host, uint16_t port);
void csio__tls_handshake_release(csio__tls_handshake *handshake);

/* Gives `ctx` the settings, of which the authorities were read. */
int csio__tls_configure(csio_tls *tls, SSL_CTX *ctx);

/* Attaches the handshake to the SSL_CTX of one SSL that libcurl makes, which retains it. Fails with NOMEM.
 * The SSL of a stream has its handshake as the application's data. */
int csio__tls_follow_ctx(csio__tls_handshake *handshake, SSL_CTX *ctx);

/* Describes the failure; false if the report has none. */
bool csio__tls_failure(const csio__tls_handshake *handshake, const char *host, csio__failure *failure);

/* Whether a connection that was lost before any answer may have been refused for its client certificate, or
 * the lack of one: many servers send no alert, or a reset overtakes it. */
bool csio__tls_certificate_refused(
    const csio__tls_handshake *handshake, const char *host, csio__failure *failure);

#endif
