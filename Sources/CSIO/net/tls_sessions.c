/* Sessions to resume. They belong to the settings that they were verified under, and to one host and port. */
#include "net/tls_internal.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEER_SIZE = 300 };

static void name_peer(const csio__tls_handshake *handshake, char into[PEER_SIZE])
{
  snprintf(into, PEER_SIZE, "%s:%u", handshake->host, (unsigned)handshake->port);
}

/* Under the lock, as the next two. The session itself is the caller's. */
static void forget(csio_tls *tls, size_t index)
{
  free(tls->sessions[index].peer);
  size_t after = --tls->session_count - index;
  memmove(&tls->sessions[index], &tls->sessions[index + 1], after * sizeof *tls->sessions);
}

static void drop(csio_tls *tls, size_t index)
{
  SSL_SESSION_free(tls->sessions[index].session);
  forget(tls, index);
}

/* The newest session with the peer. One of TLS 1.3 is used once only (RFC 8446, C.4), others stay. */
static SSL_SESSION *take(csio_tls *tls, const char *peer, bool *certificate_requested)
{
  for (size_t i = tls->session_count; i-- > 0;) {
    csio__kept_session *kept = &tls->sessions[i];
    if (strcmp(kept->peer, peer)) continue;
    *certificate_requested = kept->certificate_requested;
    if (SSL_SESSION_get_protocol_version(kept->session) < TLS1_3_VERSION)
      return SSL_SESSION_dup(kept->session);
    SSL_SESSION *session = kept->session;
    forget(tls, i);
    return session;
  }
  return NULL;
}

void csio__tls_drop_sessions(csio_tls *tls)
{
  while (tls->session_count)
    drop(tls, tls->session_count - 1);
}

/* Keeps a copy: OpenSSL marks a session as unusable when its connection ends without a close_notify, and
 * wants each used with one SSL_CTX only. */
void csio__tls_keep_session(csio__tls_handshake *handshake, SSL_SESSION *session)
{
  csio_tls *tls = handshake->tls;
  char peer[PEER_SIZE];
  if (!SSL_SESSION_is_resumable(session)) return;
  name_peer(handshake, peer);
  ERR_set_mark();
  csio__kept_session kept = {strdup(peer), SSL_SESSION_dup(session), handshake->report.certificate_requested};
  ERR_pop_to_mark();
  if (!kept.peer || !kept.session) {
    free(kept.peer);
    SSL_SESSION_free(kept.session);
    return;
  }
  uv_mutex_lock(&tls->lock);
  if (tls->session_count == CSIO__TLS_MAX_SESSIONS) drop(tls, 0);
  tls->sessions[tls->session_count++] = kept;
  uv_mutex_unlock(&tls->lock);
}

/* Whether the peer's certificate is still good. A resumed handshake verifies nothing: the certificate was
 * verified when the session was made, under the same settings. */
static bool still_holds(const csio__tls_handshake *handshake, const SSL_SESSION *session)
{
  const csio_tls *tls = handshake->tls;
  X509 *certificate = SSL_SESSION_get0_peer((SSL_SESSION *)session);
  if (!certificate) return false;
  if (tls->verify && (!csio__tls_host_matches(certificate, handshake->host) ||
                         X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0))
    return false;
  return !tls->pin_count || csio__tls_pin_matches(tls, certificate);
}

void csio__tls_resume(csio__tls_handshake *handshake, SSL *ssl)
{
  char peer[PEER_SIZE];
  name_peer(handshake, peer);
  ERR_set_mark();
  uv_mutex_lock(&handshake->tls->lock);
  SSL_SESSION *session = take(handshake->tls, peer, &handshake->asked_before);
  uv_mutex_unlock(&handshake->tls->lock);
  if (session && still_holds(handshake, session)) SSL_set_session(ssl, session);
  SSL_SESSION_free(session);
  ERR_pop_to_mark();
}
