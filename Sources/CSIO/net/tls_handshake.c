/* Settings at work: an SSL_CTX is configured, a handshake followed. */
#include "net/tls_internal.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

/* Where an SSL_CTX has the handshake of its only SSL. Two threads may both make an index: one of the two is
 * not used. */
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

/* The application's data of an SSL is libcurl's where the SSL is. */
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

static int on_verify(int ok, X509_STORE_CTX *store)
{
  const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
  csio__tls_handshake *handshake = handshake_of(ssl);
  if (!handshake) return false;
  bool trusted = ok || !handshake->tls->verify;
  int error = trusted ? X509_V_OK : X509_STORE_CTX_get_error(store);
  if (trusted && X509_STORE_CTX_get_error_depth(store) == 0)
    error = csio__tls_judge(handshake->tls, X509_STORE_CTX_get0_cert(store), handshake->host);
  X509_STORE_CTX_set_error(store, error);
  if (error) handshake->report.verify_error = error;
  return trusted && error == X509_V_OK;
}

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

static X509_STORE *authorities(csio_tls *tls)
{
  uv_mutex_lock(&tls->lock);
  if (!tls->store && (tls->store = X509_STORE_new()) && tls->verify) X509_STORE_set_default_paths(tls->store);
  ERR_clear_error(); /* a system without authorities trusts none, which is no error of its own */
  X509_STORE *store = tls->store;
  uv_mutex_unlock(&tls->lock);
  return store;
}

int csio__tls_configure(csio_tls *tls, SSL_CTX *ctx)
{
  X509_STORE *store = authorities(tls);
  if (!store) return CSIO_ENOMEM;
  /* not as the context's own store, which libcurl changes and shares among contexts */
  SSL_CTX_set1_verify_cert_store(ctx, store);
  SSL_CTX_set1_chain_cert_store(ctx, store);
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
