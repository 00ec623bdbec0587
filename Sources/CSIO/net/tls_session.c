/* Settings at work: an SSL_CTX is configured, a certificate judged, a failure put into words. */
#include "net/tls_internal.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

static int session_index = -1;

static void drop_from_ctx(void *parent, void *session, CRYPTO_EX_DATA *data, int index, long argl, void *argp)
{
  (void)parent, (void)data, (void)index, (void)argl, (void)argp;
  csio__tls_session_release(session);
}

static void make_index(void)
{
  session_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, drop_from_ctx);
}

static csio__tls_session *session_of(const SSL *ssl)
{
  return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), session_index);
}

/* --- judging the certificate --- */

static bool host_matches(X509 *certificate, const char *host)
{
  char name[256];
  size_t length = strcspn(host, "%"); /* the zone of a link-local address is nobody else's business */
  if (length && host[length - 1] == '.')
    length--; /* a name may end in the root's dot, certificates' names do not */
  if (length >= sizeof name) return false;
  memcpy(name, host, length);
  name[length] = '\0';
  ASN1_OCTET_STRING *address = a2i_IPADDRESS(name);
  if (!address)
    return X509_check_host(certificate, name, length, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
  bool matches =
      X509_check_ip(certificate, ASN1_STRING_get0_data(address), (size_t)ASN1_STRING_length(address), 0) == 1;
  ASN1_OCTET_STRING_free(address);
  return matches;
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

bool csio__tls_verify_step(csio__tls_session *session, const char *host, bool ok, X509_STORE_CTX *store)
{
  csio_tls *tls = session->tls;
  csio__tls_report *report = &session->report;
  if (!ok && tls->verify) {
    report->verify_error = X509_STORE_CTX_get_error(store);
    return false;
  }
  X509_STORE_CTX_set_error(store, X509_V_OK);
  if (X509_STORE_CTX_get_error_depth(store) > 0) return true;
  X509 *certificate = X509_STORE_CTX_get0_cert(store);
  if (tls->verify && !host_matches(certificate, host)) {
    report->verify_error = X509_V_ERR_HOSTNAME_MISMATCH;
    X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
    return false;
  }
  if (tls->pin_count && !pin_matches(tls, certificate)) {
    report->wrong_pin = true;
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return false;
  }
  return true;
}

/* For libcurl's connections; libwebsockets sets a callback of its own, which asks ours. */
static int on_verify(int ok, X509_STORE_CTX *store)
{
  SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
  csio__tls_session *session = session_of(ssl);
  return csio__tls_verify_step(session, session->host, ok, store);
}

/* --- following the handshake --- */

/* An address must not stand in SNI (RFC 6066), and what libwebsockets makes of an IPv6 one is not even an
 * address. */
static void clear_bad_sni(SSL *ssl)
{
  const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (!name) return;
  ASN1_OCTET_STRING *address = a2i_IPADDRESS(name);
  if (address || !*name || *name == '[') SSL_set_tlsext_host_name(ssl, NULL);
  ASN1_OCTET_STRING_free(address);
}

static void on_info(const SSL *ssl, int where, int value)
{
  csio__tls_report *report = &session_of(ssl)->report;
  if (where & SSL_CB_HANDSHAKE_START) {
    clear_bad_sni((SSL *)ssl);
    report->certificate_requested = false;
  }
  if (where & SSL_CB_LOOP && SSL_get_state(ssl) == TLS_ST_CR_CERT_REQ) report->certificate_requested = true;
  if (where & SSL_CB_ALERT && where & SSL_CB_READ && value >> 8 == SSL3_AL_FATAL)
    report->alert = value & 0xff;
  if (where & SSL_CB_EXIT && value <= 0 && ERR_peek_last_error()) report->reason = ERR_peek_last_error();
}

/* --- configuring --- */

static X509_STORE *authorities(csio_tls *tls)
{
  uv_mutex_lock(&tls->lock);
  if (!tls->store && (tls->store = X509_STORE_new())) X509_STORE_set_default_paths(tls->store);
  ERR_clear_error(); /* a system without authorities trusts none, which is no error of its own */
  X509_STORE *store = tls->store;
  uv_mutex_unlock(&tls->lock);
  return store;
}

static bool set_ciphers(csio_tls *tls, SSL_CTX *ctx)
{
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  if (!tls->ciphers) return true;
  if (!*tls->ciphers)
    SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
  else if (!SSL_CTX_set_cipher_list(ctx, tls->ciphers))
    return false;
  if (!*tls->ciphersuites)
    SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
  else if (!SSL_CTX_set_ciphersuites(ctx, tls->ciphersuites))
    return false;
  return true;
}

static int configure(csio_tls *tls, SSL_CTX *ctx)
{
  X509_STORE *store = authorities(tls);
  if (!store) return CSIO_ENOMEM;
  SSL_CTX_set1_cert_store(ctx, store);
  if (!set_ciphers(tls, ctx)) return CSIO_ETLS_CIPHERS;
  if (tls->certificate && SSL_CTX_use_cert_and_key(ctx, tls->certificate, tls->key, tls->chain, 1) != 1)
    return CSIO_ETLS_KEY;
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_verify);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS); /* else an idle connection keeps more than 32 KB of them */
  SSL_CTX_set_info_callback(ctx, on_info);
  return CSIO_OK;
}

int csio__tls_session_create(csio_tls *tls, SSL_CTX *ctx, const char *host, csio__tls_session **out)
{
  static uv_once_t once = UV_ONCE_INIT;
  uv_once(&once, make_index);
  int err = configure(tls, ctx);
  if (err) return err;
  csio__tls_session *session = calloc(1, sizeof *session);
  if (!session) return CSIO_ENOMEM;
  session->references = 1;
  session->tls = csio_tls_retain(tls);
  session->host = host ? strdup(host) : NULL;
  if ((host && !session->host) || !SSL_CTX_set_ex_data(ctx, session_index, session)) {
    csio__tls_session_release(session);
    return CSIO_ENOMEM;
  }
  session->references++;
  *out = session;
  return CSIO_OK;
}

void csio__tls_session_release(csio__tls_session *session)
{
  if (!session || --session->references) return;
  csio_tls_release(session->tls);
  free(session->host);
  free(session);
}

/* --- failures --- */

static int code_of_verify_error(long error)
{
  switch (error) {
  case X509_V_ERR_CERT_HAS_EXPIRED:
  case X509_V_ERR_CERT_NOT_YET_VALID:
    return CSIO_ETLS_EXPIRED;
  case X509_V_ERR_HOSTNAME_MISMATCH:
    return CSIO_ETLS_HOST;
  default:
    return CSIO_ETLS_UNTRUSTED;
  }
}

static bool blames_client_certificate(const csio__tls_report *report)
{
  switch (report->alert) {
  case TLS13_AD_CERTIFICATE_REQUIRED:
  case SSL_AD_BAD_CERTIFICATE:
  case SSL_AD_UNSUPPORTED_CERTIFICATE:
  case SSL_AD_CERTIFICATE_REVOKED:
  case SSL_AD_CERTIFICATE_EXPIRED:
  case SSL_AD_CERTIFICATE_UNKNOWN:
  case SSL_AD_UNKNOWN_CA:
  case SSL_AD_ACCESS_DENIED:
    return true;
  case SSL_AD_HANDSHAKE_FAILURE: /* what TLS 1.2 servers say, for other reasons too */
    return report->certificate_requested;
  default:
    return false;
  }
}

/* OpenSSL does not know what TLS 1.3 servers say to a client without a certificate. */
static const char *alert_text(int alert)
{
  bool required = alert == TLS13_AD_CERTIFICATE_REQUIRED;
  return required ? "certificate required" : SSL_alert_desc_string_long(alert);
}

bool csio__tls_lacks_certificate(csio__tls_session *session, const char *host, csio__failure *failure)
{
  if (!session->report.certificate_requested || session->tls->certificate) return false;
  session->report.certificate_requested = false;
  csio__failure_set(failure, CSIO_ETLS_CLIENT_CERT,
      "%s asked for a client certificate, got none, and ended the connection", host);
  return true;
}

bool csio__tls_failure(csio__tls_session *session, const char *host, csio__failure *failure)
{
  csio__tls_report report = session->report;
  /* A lost connection may still be due to the certificate that was asked for. */
  session->report = (csio__tls_report){.certificate_requested = report.certificate_requested};
  const char *reason = report.reason ? ERR_reason_error_string(report.reason) : NULL;
  if (report.verify_error) {
    int code = code_of_verify_error(report.verify_error);
    csio__failure_set(failure, code, "the certificate of %s was refused: %s", host,
        X509_verify_cert_error_string(report.verify_error));
  } else if (report.wrong_pin) {
    csio__failure_set(failure, CSIO_ETLS_PIN, "the public key of %s does not match any pin", host);
  } else if (report.alert) {
    bool certificate = blames_client_certificate(&report);
    csio__failure_set(failure, certificate ? CSIO_ETLS_CLIENT_CERT : CSIO_ETLS, "%s %s: %s", host,
        certificate ? "did not accept the client certificate, or the lack of one" : "ended the TLS handshake",
        alert_text(report.alert));
  } else if (reason) {
    csio__failure_set(failure, CSIO_ETLS, "the TLS handshake with %s failed: %s", host, reason);
  } else {
    return false;
  }
  return true;
}
