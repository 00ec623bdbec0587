#include "net/tls_internal.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void csio__tls_init(void)
{
  OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}

int csio_tls_create(csio_tls **out)
{
  static atomic_uint next_id;
  csio__tls_init();
  csio_tls *tls = calloc(1, sizeof *tls);
  if (!tls) return CSIO_ENOMEM;
  if (uv_mutex_init(&tls->lock)) {
    free(tls);
    return CSIO_ESYSTEM;
  }
  atomic_init(&tls->references, 1);
  atomic_init(&tls->kept_references, 0);
  atomic_init(&tls->used, false);
  tls->id = atomic_fetch_add(&next_id, 1);
  tls->verify = true;
  *out = tls;
  return CSIO_OK;
}

csio_tls *csio_tls_retain(csio_tls *tls)
{
  atomic_fetch_add(&tls->references, 1);
  return tls;
}

static void drop_identity(csio_tls *tls)
{
  X509_free(tls->certificate);
  EVP_PKEY_free(tls->key);
  sk_X509_pop_free(tls->chain, X509_free);
  tls->certificate = NULL;
  tls->key = NULL;
  tls->chain = NULL;
}

void csio_tls_release(csio_tls *tls)
{
  if (!tls || atomic_fetch_sub(&tls->references, 1) > 1) return;
  drop_identity(tls);
  X509_STORE_free(tls->store);
  free(tls->ciphers);
  free(tls->ciphersuites);
  free(tls->pins);
  uv_mutex_destroy(&tls->lock);
  free(tls);
}

csio_tls *csio__tls_use(csio_tls *tls)
{
  if (!tls) return NULL;
  atomic_store(&tls->used, true);
  return csio_tls_retain(tls);
}

typedef struct default_settings {
  csio__guest guest;
  csio_tls *tls;
} default_settings;

static void free_default(csio__guest *guest)
{
  csio_tls_release(((default_settings *)guest)->tls);
  free(guest);
}

static const csio__guest_kind default_guest = {.free = free_default};

csio_tls *csio__tls_default(csio_loop *loop)
{
  default_settings *settings = csio__guest_of(loop, &default_guest);
  if (settings) return settings->tls;
  settings = calloc(1, sizeof *settings);
  if (!settings) return NULL;
  if (csio_tls_create(&settings->tls)) {
    free(settings);
    return NULL;
  }
  atomic_store(&settings->tls->used, true);
  csio__guest_add(loop, &default_guest, &settings->guest);
  return settings->tls;
}

/* Notes what failed, with OpenSSL's reason, and passes `code` on. */
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

int csio_tls_add_ca(csio_tls *tls, const void *pem, size_t size)
{
  int err = begin(tls);
  if (err) return err;
  BIO *input = open_memory(pem, size);
  X509_STORE *store = tls->store ? tls->store : X509_STORE_new();
  if (!input || !store) {
    BIO_free(input);
    if (!tls->store) X509_STORE_free(store);
    return fail(tls, CSIO_ENOMEM);
  }
  int count = 0;
  bool stored = true;
  X509 *certificate;
  while (stored && (certificate = PEM_read_bio_X509_AUX(input, NULL, NULL, NULL))) {
    stored = X509_STORE_add_cert(store, certificate) == 1;
    X509_free(certificate);
    count++;
  }
  BIO_free(input);
  /* running out of certificates is how reading ends, anything else is a damaged one */
  bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!stored || !count || !ended) {
    if (!tls->store) X509_STORE_free(store);
    return fail(tls, CSIO_ETLS_CA);
  }
  ERR_clear_error();
  tls->store = store;
  return CSIO_OK;
}

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

static int read_certificates(csio_tls *tls, const void *pem, size_t size)
{
  BIO *input = open_memory(pem, size);
  tls->chain = sk_X509_new_null();
  if (!input || !tls->chain) {
    BIO_free(input);
    return CSIO_ENOMEM;
  }
  tls->certificate = PEM_read_bio_X509_AUX(input, NULL, NULL, NULL);
  X509 *next;
  while (tls->certificate && (next = PEM_read_bio_X509(input, NULL, NULL, NULL)))
    if (!sk_X509_push(tls->chain, next)) X509_free(next);
  BIO_free(input);
  return tls->certificate ? CSIO_OK : CSIO_ETLS_CERT;
}

static int read_key(csio_tls *tls, const void *pem, size_t size, const char *text)
{
  BIO *input = open_memory(pem, size);
  if (!input) return CSIO_ENOMEM;
  passphrase passphrase = {text, false};
  tls->key = PEM_read_bio_PrivateKey(input, NULL, give_passphrase, &passphrase);
  BIO_free(input);
  if (!tls->key) return passphrase.asked ? CSIO_ETLS_PASSPHRASE : CSIO_ETLS_KEY;
  return X509_check_private_key(tls->certificate, tls->key) == 1 ? CSIO_OK : CSIO_ETLS_KEY;
}

int csio_tls_set_identity(csio_tls *tls, const void *cert_pem, size_t cert_size, const void *key_pem,
    size_t key_size, const char *passphrase)
{
  int err = begin(tls);
  if (err) return err;
  drop_identity(tls);
  err = read_certificates(tls, cert_pem, cert_size);
  ERR_clear_error(); /* the end of the chain is an error to OpenSSL, and none here */
  if (!err) err = read_key(tls, key_pem, key_size, passphrase);
  if (!err) return CSIO_OK;
  fail(tls, err);
  drop_identity(tls);
  return err;
}

int csio_tls_set_identity_pkcs12(csio_tls *tls, const void *data, size_t size, const char *passphrase)
{
  int err = begin(tls);
  if (err) return err;
  drop_identity(tls);
  const unsigned char *bytes = data;
  PKCS12 *archive = size <= INT32_MAX ? d2i_PKCS12(NULL, &bytes, (long)size) : NULL;
  if (!archive) return fail(tls, CSIO_ETLS_CERT);
  const char *text = passphrase ? passphrase : "";
  if (PKCS12_mac_present(archive) && !PKCS12_verify_mac(archive, text, -1))
    err = CSIO_ETLS_PASSPHRASE;
  else if (PKCS12_parse(archive, text, &tls->key, &tls->certificate, &tls->chain) != 1 || !tls->certificate)
    err = CSIO_ETLS_CERT;
  else if (!tls->key || X509_check_private_key(tls->certificate, tls->key) != 1)
    err = CSIO_ETLS_KEY;
  PKCS12_free(archive);
  if (!err) return CSIO_OK;
  fail(tls, err);
  drop_identity(tls);
  return err;
}

/* Whether a name is one of TLS 1.3's, which OpenSSL wants in a list of their own. */
static bool is_ciphersuite(const char *name, size_t length)
{
  static const char prefix[] = "TLS_", older[] = "_WITH_";
  if (length < sizeof prefix || memcmp(name, prefix, sizeof prefix - 1)) return false;
  for (size_t i = 0; i + sizeof older - 1 <= length; i++)
    if (!memcmp(name + i, older, sizeof older - 1)) return false;
  return true;
}

static void append_name(char *list, const char *name, size_t length)
{
  char *end = list + strlen(list);
  if (end != list) *end++ = ':';
  memcpy(end, name, length);
  end[length] = '\0';
}

static bool ciphers_usable(const char *ciphers, const char *suites)
{
  SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
  bool usable = ctx && (*ciphers || *suites);
  if (usable && *ciphers) usable = SSL_CTX_set_cipher_list(ctx, ciphers) == 1;
  if (usable && *suites) usable = SSL_CTX_set_ciphersuites(ctx, suites) == 1;
  SSL_CTX_free(ctx);
  return usable;
}

int csio_tls_set_ciphers(csio_tls *tls, const char *ciphers)
{
  int err = begin(tls);
  if (err) return err;
  size_t size = strlen(ciphers) + 1;
  char *older = calloc(1, size), *suites = calloc(1, size);
  if (!older || !suites) {
    free(older);
    free(suites);
    return fail(tls, CSIO_ENOMEM);
  }
  for (const char *name = ciphers; *name;) {
    size_t length = strcspn(name, ":");
    if (length) append_name(is_ciphersuite(name, length) ? suites : older, name, length);
    name += length + (name[length] == ':');
  }
  if (!ciphers_usable(older, suites)) {
    free(older);
    free(suites);
    return fail(tls, CSIO_ETLS_CIPHERS);
  }
  free(tls->ciphers);
  free(tls->ciphersuites);
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

const char *csio_tls_last_message(const csio_tls *tls)
{
  return tls->message;
}
