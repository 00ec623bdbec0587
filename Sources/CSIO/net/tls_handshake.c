/* Configures an SSL_CTX, follows handshakes, resumes sessions, and explains failures. */
#include "loop/descriptors.h"
#include "net/tls_internal.h"
#include "net/url.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

/* --- judging a certificate --- */

bool csio__tls_name(const char *host, char name[256])
{
  size_t length = strcspn(host, "%"); /* the zone of a link-local address means nothing to others */
  if (length && host[length - 1] == '.') length--;
  if (length >= 256) return false;
  memcpy(name, host, length);
  name[length] = '\0';
  return true;
}

/* Only a subjectAltName names a host; the common name does not count (RFC 9525). */
static bool host_matches(X509 *certificate, const char *host)
{
  char name[256];
  if (!csio__tls_name(host, name)) return false;
  if (csio__is_address(name)) return X509_check_ip_asc(certificate, name, 0) == 1;
  const unsigned flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
  return X509_check_host(certificate, name, 0, flags, NULL) == 1;
}

static bool pin_matches(const csio_tls *tls, X509 *certificate)
{
  unsigned char *der = NULL;
  int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  uint8_t digest[CSIO_TLS_PIN_SIZE];
  bool matches = false;
  if (size > 0 && EVP_Digest(der, (size_t)size, digest, NULL, EVP_sha256(), NULL))
    for (size_t i = 0; i < tls->pin_count; i++)
      matches |= memcmp(tls->pins[i], digest, sizeof digest) == 0;
  OPENSSL_free(der);
  return matches;
}

static int judge(const csio_tls *tls, X509 *certificate, const char *host)
{
  if (tls->verify && !host_matches(certificate, host)) return X509_V_ERR_HOSTNAME_MISMATCH;
  if (tls->pin_count && !pin_matches(tls, certificate)) return CSIO__TLS_WRONG_PIN;
  return X509_V_OK;
}

/* --- sessions to resume; each belongs to one host and to the settings that verified it --- */

/* A copy of the newest session with the peer, since OpenSSL allows each with one SSL_CTX only. Sessions of
 * TLS 1.3 are used once (RFC 8446, C.4), others stay. Under the lock. */
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
static void keep_session(csio__tls_handshake *handshake, SSL_SESSION *session)
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

static void resume(csio__tls_handshake *handshake, SSL *ssl)
{
  ERR_set_mark();
  uv_mutex_lock(&handshake->tls->lock);
  SSL_SESSION *session = take(handshake);
  uv_mutex_unlock(&handshake->tls->lock);
  /* a resumed handshake verifies nothing, so the certificate must still be good */
  X509 *certificate = session ? SSL_SESSION_get0_peer(session) : NULL;
  bool good = certificate && !judge(handshake->tls, certificate, handshake->host);
  if (handshake->tls->verify && good) good = X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
  if (good) SSL_set_session(ssl, session);
  SSL_SESSION_free(session);
  ERR_pop_to_mark();
}

/* --- handshakes --- */

/* Where an SSL_CTX of libcurl's has the handshake of its only SSL. If two threads make an index, one of the
 * two is not used. */
static atomic_int ctx_index = -1;

static void drop_from_ctx(
    void *parent, void *handshake, CRYPTO_EX_DATA *data, int index, long argl, void *argp)
{
  (void)parent, (void)data, (void)index, (void)argl, (void)argp;
  csio__tls_handshake_release(handshake);
}

int csio__tls_follow_ctx(csio__tls_handshake *handshake, SSL_CTX *ctx)
{
  int none = -1, made = atomic_load(&ctx_index);
  if (made < 0) made = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, drop_from_ctx);
  if (made < 0) return CSIO_ENOMEM;
  atomic_compare_exchange_strong(&ctx_index, &none, made);
  if (!SSL_CTX_set_ex_data(ctx, atomic_load(&ctx_index), handshake)) return CSIO_ENOMEM;
  handshake->references++;
  return CSIO_OK;
}

/* In an SSL of libcurl's, the application's data is libcurl's. */
static csio__tls_handshake *handshake_of(const SSL *ssl)
{
  int index = atomic_load(&ctx_index);
  csio__tls_handshake *handshake = index < 0 ? NULL : SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), index);
  return handshake ? handshake : SSL_get_app_data(ssl);
}

csio__tls_handshake *csio__tls_handshake_create(csio_tls *tls, const char *host, uint16_t port)
{
  csio__tls_handshake *handshake = calloc(1, sizeof *handshake);
  if (!handshake) return NULL;
  handshake->references = 1;
  csio__tls_use(tls);
  handshake->tls = tls;
  handshake->port = port;
  if ((handshake->host = strdup(host))) return handshake;
  csio__tls_handshake_release(handshake);
  return NULL;
}

void csio__tls_handshake_release(csio__tls_handshake *handshake)
{
  if (!handshake || --handshake->references) return;
  csio_tls_release(handshake->tls);
  free(handshake->host);
  free(handshake);
}

static int on_verify(int ok, X509_STORE_CTX *store)
{
  const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
  csio__tls_handshake *handshake = handshake_of(ssl);
  if (!handshake) return false;
  bool trusted = ok || !handshake->tls->verify;
  int error = trusted ? X509_V_OK : X509_STORE_CTX_get_error(store);
  if (trusted && X509_STORE_CTX_get_error_depth(store) == 0)
    error = judge(handshake->tls, X509_STORE_CTX_get0_cert(store), handshake->host);
  X509_STORE_CTX_set_error(store, error);
  if (error) handshake->report.verify_error = error;
  /* OpenSSL looks for an authority's file only now, and does not say that it could not open it */
  handshake->report.lacked_files |= !trusted && handshake->tls->system && !csio__has_descriptors(1);
  return trusted && error == X509_V_OK;
}

static void on_info(const SSL *ssl, int where, int value)
{
  csio__tls_handshake *handshake = handshake_of(ssl);
  if (!handshake) return;
  csio__tls_report *report = &handshake->report;
  if (where & SSL_CB_HANDSHAKE_START && !handshake->begun) { /* else the server renegotiates */
    handshake->begun = true;
    resume(handshake, (SSL *)ssl);
  }
  if (where & SSL_CB_LOOP && SSL_get_state(ssl) == TLS_ST_CR_CERT_REQ) report->certificate_requested = true;
  if (where & SSL_CB_HANDSHAKE_DONE) {
    report->finished = true;
    if (SSL_session_reused(ssl)) report->certificate_requested |= handshake->asked_before;
  }
  if (where & SSL_CB_ALERT && where & SSL_CB_READ && value >> 8 == SSL3_AL_FATAL)
    report->alert = value & 0xff;
  if (where & SSL_CB_EXIT && value <= 0 && ERR_peek_last_error()) report->reason = ERR_peek_last_error();
}

static int on_new_session(SSL *ssl, SSL_SESSION *session)
{
  csio__tls_handshake *handshake = handshake_of(ssl);
  if (handshake) keep_session(handshake, session);
  return 0; /* the session itself stays OpenSSL's */
}

int csio__tls_configure(csio_tls *tls, SSL_CTX *ctx)
{
  /* not as the context's own store, which libcurl changes and shares among contexts */
  SSL_CTX_set1_verify_cert_store(ctx, tls->store);
  SSL_CTX_set1_chain_cert_store(ctx, tls->store);
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  if (tls->ciphers && !csio__tls_set_ciphers(ctx, tls->ciphers, tls->ciphersuites)) return CSIO_ETLS_CIPHERS;
  if (tls->certificate && SSL_CTX_use_cert_and_key(ctx, tls->certificate, tls->key, tls->chain, 1) != 1)
    return CSIO_ETLS_KEY;
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_verify);
  SSL_CTX_set_post_handshake_auth(ctx, 1);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS); /* else an idle connection keeps more than 32 KB of them */
  SSL_CTX_set_info_callback(ctx, on_info);
  SSL_CTX_clear_options(ctx, SSL_OP_NO_TICKET); /* libcurl's, without which TLS 1.2 resumes at few servers */
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ctx, on_new_session);
  return CSIO_OK;
}

/* --- failures in words --- */

static bool blames_client_certificate(const csio__tls_report *report)
{
  static const uint8_t alerts[] = {TLS13_AD_CERTIFICATE_REQUIRED, SSL_AD_BAD_CERTIFICATE,
      SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_CERTIFICATE_REVOKED, SSL_AD_CERTIFICATE_EXPIRED,
      SSL_AD_CERTIFICATE_UNKNOWN, SSL_AD_UNKNOWN_CA, SSL_AD_ACCESS_DENIED};
  /* what TLS 1.2 servers say, for other reasons too */
  if (report->alert == SSL_AD_HANDSHAKE_FAILURE) return report->certificate_requested;
  return memchr(alerts, report->alert, sizeof alerts);
}

bool csio__tls_certificate_refused(
    const csio__tls_handshake *handshake, const char *host, csio__failure *failure)
{
  return handshake->report.certificate_requested &&
         csio__failure_set(failure, CSIO_ETLS_CLIENT_CERT,
             "%s asked for a client certificate and ended the connection without an answer: it may %s", host,
             handshake->tls->certificate ? "not accept the one presented" : "require one");
}

bool csio__tls_failure(const csio__tls_handshake *handshake, const char *host, csio__failure *failure)
{
  const csio__tls_report *report = &handshake->report;
  const char *reason = report->reason ? ERR_reason_error_string(report->reason) : NULL;
  const char *stage = report->finished ? "connection" : "handshake";
  /* OpenSSL has no words for the alert of TLS 1.3 servers to a client without a certificate */
  const char *alert = report->alert == TLS13_AD_CERTIFICATE_REQUIRED
                          ? "certificate required"
                          : SSL_alert_desc_string_long(report->alert);
  int verify = report->verify_error;
  bool expired = verify == X509_V_ERR_CERT_HAS_EXPIRED || verify == X509_V_ERR_CERT_NOT_YET_VALID;
  int code = verify == X509_V_ERR_HOSTNAME_MISMATCH ? CSIO_ETLS_HOST
             : expired                              ? CSIO_ETLS_EXPIRED
                                                    : CSIO_ETLS_UNTRUSTED;
  if (verify && code == CSIO_ETLS_UNTRUSTED && report->lacked_files)
    return csio__failure_set(failure, CSIO_EFILES, "the certificate of %s could not be verified: %s", host,
        csio_err_message(CSIO_EFILES));
  if (verify == CSIO__TLS_WRONG_PIN)
    return csio__failure_set(failure, CSIO_ETLS_PIN, "the public key of %s does not match any pin", host);
  if (verify)
    return csio__failure_set(
        failure, code, "the certificate of %s was refused: %s", host, X509_verify_cert_error_string(verify));
  if (report->alert && blames_client_certificate(report))
    return csio__failure_set(failure, CSIO_ETLS_CLIENT_CERT,
        "%s did not accept the client certificate, or the lack of one: %s", host, alert);
  if (report->alert)
    return csio__failure_set(failure, CSIO_ETLS, "%s ended the TLS %s: %s", host, stage, alert);
  if (!reason) return false;
  if (ERR_GET_REASON(report->reason) == ERR_R_MALLOC_FAILURE) return csio__failure_code(failure, CSIO_ENOMEM);
  if (ERR_GET_REASON(report->reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING &&
      csio__tls_certificate_refused(handshake, host, failure))
    return true;
  return csio__failure_set(failure, CSIO_ETLS, "the TLS %s with %s failed: %s", stage, host, reason);
}
