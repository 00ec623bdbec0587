/* Reads the client certificate and its key. */
#include "net/tls_internal.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <string.h>

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
  tls->chain = csio__tls_read_certificates(pem, size);
  if (!tls->chain) return CSIO_ETLS_CERT;
  tls->certificate = sk_X509_shift(tls->chain);
  ERR_clear_error();
  return CSIO_OK;
}

static int read_key(csio_tls *tls, const void *pem, size_t size, const char *text)
{
  passphrase passphrase = {text, false};
  BIO *input = csio__tls_open_memory(pem, size);
  if (!input) return CSIO_ENOMEM;
  tls->key = PEM_read_bio_PrivateKey(input, NULL, give_passphrase, &passphrase);
  BIO_free(input);
  return !tls->key && passphrase.asked ? CSIO_ETLS_PASSPHRASE : CSIO_OK;
}

static int begin(csio_tls *tls)
{
  int err = csio__tls_begin(tls);
  if (!err) csio__tls_drop_identity(tls);
  return err;
}

/* Of a reading that failed with `err`, or has only to match. */
static int end(csio_tls *tls, int err)
{
  if (!err && (!tls->key || X509_check_private_key(tls->certificate, tls->key) != 1)) err = CSIO_ETLS_KEY;
  if (!err) return CSIO_OK;
  csio__tls_fail(tls, err);
  csio__tls_drop_identity(tls);
  return err;
}

int csio_tls_set_identity(csio_tls *tls, const void *cert_pem, size_t cert_size, const void *key_pem,
    size_t key_size, const char *passphrase)
{
  int err = begin(tls);
  if (err) return err;
  err = read_certificates(tls, cert_pem, cert_size);
  return end(tls, err ? err : read_key(tls, key_pem, key_size, passphrase));
}

int csio_tls_set_identity_pkcs12(csio_tls *tls, const void *data, size_t size, const char *passphrase)
{
  int err = begin(tls);
  if (err) return err;
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
  return end(tls, err);
}
