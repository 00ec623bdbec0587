/* Sessions to resume. They belong to the settings that they were verified under, and to one host and port. */
#include "net/tls_internal.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

/* The newest session with the peer, as a copy of the caller's: OpenSSL wants each used with one SSL_CTX only.
 * One of TLS 1.3 is used once only (RFC 8446, C.4), others stay. Under the lock. */
static SSL_SESSION *take(csio__tls_handshake *handshake)
{
  csio_tls *tls = handshake->tls;
  for (size_t i = tls->session_count; i-- > 0;) {
    csio__kept_session *kept = &tls->sessions[i];
    if (kept->port != handshake->port || strcmp(kept->host, handshake->host)) continue;
    handshake->asked_before = kept->certificate_requested;
    SSL_SESSION *session = SSL_SESSION_dup(kept->session);
    if (SSL_SESSION_get_protocol_version(kept->session) >= TLS1_3_VERSION) csio__tls_drop_session(tls, i);
    return session;
  }
  return NULL;
}

/* Keeps a copy: OpenSSL marks a session as unusable when its connection ends without a close_notify. */
void csio__tls_keep_session(csio__tls_handshake *handshake, SSL_SESSION *session)
{
  csio_tls *tls = handshake->tls;
  if (!SSL_SESSION_is_resumable(session)) return;
  ERR_set_mark();
  csio__kept_session kept = {strdup(handshake->host), handshake->port, SSL_SESSION_dup(session),
      handshake->report.certificate_requested};
  ERR_pop_to_mark();
  if (!kept.host || !kept.session) {
    free(kept.host);
    SSL_SESSION_free(kept.session);
    return;
  }
  uv_mutex_lock(&tls->lock);
  if (tls->session_count == CSIO__TLS_MAX_SESSIONS) csio__tls_drop_session(tls, 0);
  tls->sessions[tls->session_count++] = kept;
  uv_mutex_unlock(&tls->lock);
}

/* Whether the peer's certificate is still good. A resumed handshake verifies nothing: the certificate was
 * verified when the session was made, under the same settings. */
static bool still_holds(const csio__tls_handshake *handshake, SSL_SESSION *session)
{
  X509 *certificate = SSL_SESSION_get0_peer(session);
  if (!certificate || csio__tls_judge(handshake->tls, certificate, handshake->host)) return false;
  return !handshake->tls->verify || X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
}

void csio__tls_resume(csio__tls_handshake *handshake, SSL *ssl)
{
  ERR_set_mark();
  uv_mutex_lock(&handshake->tls->lock);
  SSL_SESSION *session = take(handshake);
  uv_mutex_unlock(&handshake->tls->lock);
  if (session && still_holds(handshake, session)) SSL_set_session(ssl, session);
  SSL_SESSION_free(session);
  ERR_pop_to_mark();
}
