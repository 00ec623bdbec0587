#include "net/tls_internal.h"
#include "base/shared.h"
#include "loop/descriptors.h"

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void csio__tls_init(void)
{
  OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}

static void global_init(void)
{
  csio__tls_init();
  curl_global_init(CURL_GLOBAL_DEFAULT);
}

void csio__curl_global_init(void)
{
  static uv_once_t once = UV_ONCE_INIT;
  uv_once(&once, global_init);
}

/* libcurl puts the libraries that it could use but does not in parentheses. */
bool csio__tls_fits(const char *libraries)
{
  static const char openssl[] = "OpenSSL/";
  while (*libraries == '(') {
    libraries += strcspn(libraries, " ");
    libraries += strspn(libraries, " ");
  }
  if (strncmp(libraries, openssl, sizeof openssl - 1)) return false;
  return strtoul(libraries + sizeof openssl - 1, NULL, 10) == OPENSSL_version_major();
}

static const char *curl_libraries(void)
{
  const char *libraries = curl_version_info(CURLVERSION_NOW)->ssl_version;
  return libraries ? libraries : "no TLS library";
}

int csio_tls_create(csio_tls **out)
{
  static atomic_uint next_id;
  csio__tls_init();
  if (!csio__tls_fits(curl_libraries())) return CSIO_EUNSUPPORTED;
  csio_tls *tls = calloc(1, sizeof *tls);
  if (!tls || uv_mutex_init(&tls->lock)) {
    free(tls);
    return CSIO_ENOMEM;
  }
  atomic_init(&tls->references, 1);
  atomic_init(&tls->used, false);
  tls->id = atomic_fetch_add(&next_id, 1) + 1;
  tls->verify = true;
  *out = tls;
  return CSIO_OK;
}

CSIO__RETAIN(csio_tls)
CSIO__USE(tls)

static void drop_identity(csio_tls *tls)
{
  X509_free(tls->certificate);
  EVP_PKEY_free(tls->key);
  sk_X509_pop_free(tls->chain, X509_free);
  tls->certificate = NULL;
  tls->key = NULL;
  tls->chain = NULL;
}

void csio__tls_drop_session(csio_tls *tls, size_t index)
{
  csio__kept_session *session = &tls->sessions[index];
  SSL_SESSION_free(session->session);
  free(session->host);
  memmove(session, session + 1, (--tls->session_count - index) * sizeof *session);
}

void csio_tls_release(csio_tls *tls)
{
  if (CSIO__STAYS(tls)) return;
  drop_identity(tls);
  while (tls->session_count)
    csio__tls_drop_session(tls, 0);
  SSL_CTX_free(tls->ctx);
  X509_STORE_free(tls->store);
  free(tls->ciphers);
  free(tls->pins);
  uv_mutex_destroy(&tls->lock);
  free(tls);
}

static int read_authorities(csio_tls *tls)
{
  uv_mutex_lock(&tls->lock);
  if (!tls->store && (tls->store = X509_STORE_new())) tls->system = tls->unread = tls->verify;
  if (tls->unread && csio__has_descriptors(1)) {
    X509_STORE_set_default_paths(tls->store);
    /* OpenSSL does not say whether there is no file, and the system trusts none, or none could be opened */
    tls->unread = !csio__has_descriptors(1);
    ERR_clear_error();
  }
  int err = !tls->store ? CSIO_ENOMEM : tls->unread ? CSIO_EFILES : CSIO_OK;
  uv_mutex_unlock(&tls->lock);
  return err;
}

int csio__tls_or_default(csio_tls *tls, csio_tls **out)
{
  /* made with the first use and never freed: all loops share its sessions and the system's authorities */
  static _Atomic(csio_tls *) shared;
  csio_tls *first = NULL;
  *out = tls ? tls : atomic_load(&shared);
  int err = *out ? CSIO_OK : csio_tls_create(out);
  if (err) return err;
  if (!tls) atomic_store(&(*out)->used, true);
  if (!tls && !atomic_compare_exchange_strong(&shared, &first, *out) && first != *out) {
    csio_tls_release(*out);
    *out = first;
  }
  return read_authorities(*out);
}

static int fail(csio_tls *tls, int code)
{
  unsigned long error = ERR_peek_last_error();
  const char *reason = error ? ERR_reason_error_string(error) : NULL;
  snprintf(tls->message, sizeof tls->message, "%s%s%s", csio_err_message(code), reason ? ": " : "",
      reason ? reason : "");
  ERR_clear_error();
  return code;
}

static int begin(csio_tls *tls)
{
  tls->message[0] = '\0';
  ERR_clear_error();
  return atomic_load(&tls->used) ? fail(tls, CSIO_ESTATE) : CSIO_OK;
}

static BIO *open_memory(const void *data, size_t size)
{
  return size <= INT32_MAX ? BIO_new_mem_buf(data, (int)size) : NULL;
}

static STACK_OF(X509) * read_certificates(const void *pem, size_t size)
{
  BIO *input = open_memory(pem, size);
  STACK_OF(X509) *all = sk_X509_new_null();
  X509 *next = NULL;
  while (input && (next = PEM_read_bio_X509_AUX(input, NULL, NULL, NULL)) && sk_X509_push(all, next))
    ;
  BIO_free(input);
  /* reading ended because there are no more, not because one is damaged */
  bool whole = !next && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (whole && sk_X509_num(all) > 0) return all;
  X509_free(next);
  sk_X509_pop_free(all, X509_free);
  return NULL;
}

int csio_tls_add_ca(csio_tls *tls, const void *pem, size_t size)
{
  int err = begin(tls);
  if (err) return err;
  STACK_OF(X509) *authorities = read_certificates(pem, size);
  if (!authorities) return fail(tls, CSIO_ETLS_CA);
  if (!tls->store) tls->store = X509_STORE_new();
  bool stored = tls->store;
  for (int i = 0; stored && i < sk_X509_num(authorities); i++)
    stored = X509_STORE_add_cert(tls->store, sk_X509_value(authorities, i)) == 1;
  sk_X509_pop_free(authorities, X509_free);
  ERR_clear_error();
  return stored ? CSIO_OK : fail(tls, CSIO_ENOMEM);
}

bool csio__tls_set_ciphers(SSL_CTX *ctx, const char *ciphers, const char *suites)
{
  bool older = *ciphers, newer = *suites;
  return (older || newer) &&
         (older ? SSL_CTX_set_cipher_list(ctx, ciphers)
                : SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION)) &&
         (newer ? SSL_CTX_set_ciphersuites(ctx, suites) : SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION));
}

int csio_tls_set_ciphers(csio_tls *tls, const char *ciphers)
{
  int err = begin(tls);
  if (err) return err;
  size_t size = strlen(ciphers) + 1;
  char *older = calloc(3, size), *name;
  if (!older) return fail(tls, CSIO_ENOMEM);
  char *suites = older + size, *rest = memcpy(suites + size, ciphers, size);
  while ((name = strsep(&rest, ":"))) {
    /* OpenSSL wants those of TLS 1.3 in a separate list */
    char *list = !strncmp(name, "TLS_", 4) && !strstr(name, "_WITH_") ? suites : older;
    if (*list && *name) strcat(list, ":");
    strcat(list, name);
  }
  SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
  bool usable = ctx && csio__tls_set_ciphers(ctx, older, suites);
  SSL_CTX_free(ctx);
  if (!usable) {
    free(older);
    return fail(tls, CSIO_ETLS_CIPHERS);
  }
  free(tls->ciphers);
  tls->ciphers = older;
  tls->ciphersuites = suites;
  return CSIO_OK;
}

int csio_tls_set_verify(csio_tls *tls, bool verify)
{
  int err = begin(tls);
  if (!err) tls->verify = verify;
  return err;
}

int csio_tls_add_pin(csio_tls *tls, const uint8_t sha256[CSIO_TLS_PIN_SIZE])
{
  int err = begin(tls);
  if (err) return err;
  void *pins = realloc(tls->pins, (tls->pin_count + 1) * sizeof *tls->pins);
  if (!pins) return fail(tls, CSIO_ENOMEM);
  tls->pins = pins;
  memcpy(tls->pins[tls->pin_count++], sha256, CSIO_TLS_PIN_SIZE);
  return CSIO_OK;
}

/* --- the client certificate and its key --- */

typedef struct passphrase {
  const char *text;
  bool asked;
} passphrase;

static int give_passphrase(char *into, int size, int writing, void *data)
{
  (void)writing;
  passphrase *passphrase = data;
  passphrase->asked = true;
  size_t length = passphrase->text ? strlen(passphrase->text) : 0;
  if (!length || length > (size_t)size) return -1;
  memcpy(into, passphrase->text, length);
  return (int)length;
}

static int read_key(csio_tls *tls, const void *pem, size_t size, const char *text)
{
  passphrase passphrase = {text, false};
  BIO *input = open_memory(pem, size);
  if (!input) return CSIO_ENOMEM;
  tls->key = PEM_read_bio_PrivateKey(input, NULL, give_passphrase, &passphrase);
  BIO_free(input);
  return !tls->key && passphrase.asked ? CSIO_ETLS_PASSPHRASE : CSIO_OK;
}

/* Checks that the key matches, unless reading failed with `err`. */
static int end_identity(csio_tls *tls, int err)
{
  if (!err && (!tls->key || X509_check_private_key(tls->certificate, tls->key) != 1)) err = CSIO_ETLS_KEY;
  if (!err) return CSIO_OK;
  fail(tls, err);
  drop_identity(tls);
  return err;
}

int csio_tls_set_identity(csio_tls *tls, const void *cert_pem, size_t cert_size, const void *key_pem,
    size_t key_size, const char *passphrase)
{
  int err = begin(tls);
  if (err) return err;
  drop_identity(tls);
  tls->chain = read_certificates(cert_pem, cert_size);
  if (!tls->chain) return end_identity(tls, CSIO_ETLS_CERT);
  tls->certificate = sk_X509_shift(tls->chain);
  ERR_clear_error();
  return end_identity(tls, read_key(tls, key_pem, key_size, passphrase));
}

int csio_tls_set_identity_pkcs12(csio_tls *tls, const void *data, size_t size, const char *passphrase)
{
  int err = begin(tls);
  if (err) return err;
  drop_identity(tls);
  const unsigned char *bytes = data;
  PKCS12 *archive = size <= INT32_MAX ? d2i_PKCS12(NULL, &bytes, (long)size) : NULL;
  const char *text = passphrase ? passphrase : "";
  if (!archive)
    err = CSIO_ETLS_CERT;
  else if (PKCS12_mac_present(archive) && !PKCS12_verify_mac(archive, text, -1))
    err = CSIO_ETLS_PASSPHRASE;
  else if (PKCS12_parse(archive, text, &tls->key, &tls->certificate, &tls->chain) != 1 || !tls->certificate)
    err = CSIO_ETLS_CERT;
  PKCS12_free(archive);
  return end_identity(tls, err);
}

/* --- messages --- */

static char unfit[160];

static void describe_libraries(void)
{
  if (!csio__tls_fits(curl_libraries()))
    snprintf(unfit, sizeof unfit, "TLS needs a libcurl built with OpenSSL %u, and this one was built with %s",
        OPENSSL_version_major(), curl_libraries());
}

const char *csio_tls_last_message(const csio_tls *tls)
{
  static uv_once_t once = UV_ONCE_INIT;
  if (tls) return tls->message;
  uv_once(&once, describe_libraries);
  return unfit;
}
