/* Settings at work: an SSL_CTX is configured, a certificate judged, a handshake followed. */
#include "net/tls_internal.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

/* Where an SSL has its handshake, and an SSL_CTX that of its only SSL. Two threads may both make an index:
 * one of the two is not used. */
static atomic_int ssl_index = -1, ctx_index = -1;

static void drop_from_ctx(
    void *parent, void *handshake, CRYPTO_EX_DATA *data, int index, long argl, void *argp)
{
  (void)parent, (void)data, (void)index, (void)argl, (void)argp;
  csio__tls_handshake_release(handshake);
}

static bool make_index(atomic_int *index, int class, CRYPTO_EX_free *free)
{
  if (atomic_load(index) >= 0) return true;
  int none = -1, made = CRYPTO_get_ex_new_index(class, 0, NULL, NULL, NULL, free);
  if (made >= 0) atomic_compare_exchange_strong(index, &none, made);
  return made >= 0;
}

static csio__tls_handshake *handshake_of(const SSL *ssl)
{
  int own = atomic_load(&ssl_index), shared = atomic_load(&ctx_index);
  csio__tls_handshake *handshake = own < 0 ? NULL : SSL_get_ex_data(ssl, own);
  if (!handshake && shared >= 0) handshake = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), shared);
  return handshake;
}

int csio__tls_follow(csio__tls_handshake *handshake, SSL *ssl)
{
  bool made = make_index(&ssl_index, CRYPTO_EX_INDEX_SSL, NULL);
  return made && SSL_set_ex_data(ssl, atomic_load(&ssl_index), handshake) ? CSIO_OK : CSIO_ENOMEM;
}

int csio__tls_follow_ctx(csio__tls_handshake *handshake, SSL_CTX *ctx)
{
  if (!make_index(&ctx_index, CRYPTO_EX_INDEX_SSL_CTX, drop_from_ctx) ||
      !SSL_CTX_set_ex_data(ctx, atomic_load(&ctx_index), handshake))
    return CSIO_ENOMEM;
  handshake->references++;
  return CSIO_OK;
}

csio__tls_handshake *csio__tls_handshake_create(csio_tls *tls, const char *host, uint16_t port)
{
  csio__tls_handshake *handshake = calloc(1, sizeof *handshake);
  if (!handshake) return NULL;
  handshake->references = 1;
  handshake->tls = csio__tls_use(tls);
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

/* --- judging the certificate --- */

bool csio__tls_name(const char *host, char name[256])
{
  size_t length = strcspn(host, "%"); /* the zone of a link-local address means nothing to others */
  if (length && host[length - 1] == '.') length--;
  if (length >= 256) return false;
  memcpy(name, host, length);
  name[length] = '\0';
  return true;
}

bool csio__tls_is_address(const char *name)
{
  ASN1_OCTET_STRING *address = a2i_IPADDRESS(name);
  ASN1_OCTET_STRING_free(address);
  return address;
}

/* Only a subjectAltName names a host; the common name does not count (RFC 9525). */
bool csio__tls_host_matches(X509 *certificate, const char *host)
{
  char name[256];
  if (!csio__tls_name(host, name)) return false;
  if (csio__tls_is_address(name)) return X509_check_ip_asc(certificate, name, 0) == 1;
  const unsigned flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
  return X509_check_host(certificate, name, 0, flags, NULL) == 1;
}

bool csio__tls_pin_matches(const csio_tls *tls, X509 *certificate)
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

static bool verify_step(csio__tls_handshake *handshake, const char *host, bool ok, X509_STORE_CTX *store)
{
  csio_tls *tls = handshake->tls;
  csio__tls_report *report = &handshake->report;
  if (!ok && tls->verify) {
    report->verify_error = X509_STORE_CTX_get_error(store);
    return false;
  }
  X509_STORE_CTX_set_error(store, X509_V_OK);
  if (X509_STORE_CTX_get_error_depth(store) > 0) return true;
  X509 *certificate = X509_STORE_CTX_get0_cert(store);
  if (tls->verify && !csio__tls_host_matches(certificate, host)) {
    report->verify_error = X509_V_ERR_HOSTNAME_MISMATCH;
    X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
    return false;
  }
  if (tls->pin_count && !csio__tls_pin_matches(tls, certificate)) {
    report->wrong_pin = true;
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return false;
  }
  return true;
}

static int on_verify(int ok, X509_STORE_CTX *store)
{
  SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
  csio__tls_handshake *handshake = handshake_of(ssl);
  return handshake && verify_step(handshake, handshake->host, ok, store);
}

/* --- following the handshake --- */

static void on_info(const SSL *ssl, int where, int value)
{
  csio__tls_handshake *handshake = handshake_of(ssl);
  if (!handshake) return;
  csio__tls_report *report = &handshake->report;
  if (where & SSL_CB_HANDSHAKE_START && !handshake->begun) { /* else the server renegotiates */
    handshake->begun = true;
    csio__tls_resume(handshake, (SSL *)ssl);
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
  if (handshake) csio__tls_keep_session(handshake, session);
  return 0; /* the session itself stays OpenSSL's */
}

/* --- configuring --- */

static X509_STORE *authorities(csio_tls *tls)
{
  uv_mutex_lock(&tls->lock);
  if (!tls->store && (tls->store = X509_STORE_new()) && tls->verify) X509_STORE_set_default_paths(tls->store);
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

int csio__tls_configure(csio_tls *tls, SSL_CTX *ctx)
{
  X509_STORE *store = authorities(tls);
  if (!store) return CSIO_ENOMEM;
  /* not as the context's own store, which libcurl changes and shares among contexts */
  SSL_CTX_set1_verify_cert_store(ctx, store);
  SSL_CTX_set1_chain_cert_store(ctx, store);
  if (!set_ciphers(tls, ctx)) return CSIO_ETLS_CIPHERS;
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
