#include "tls_settings.h"

csio_tls *tls_new(void)
{
  csio_tls *tls;
  CHECK_INT(csio_tls_create(&tls), CSIO_OK);
  return tls;
}

csio_tls *tls_lenient(void)
{
  csio_tls *tls = tls_new();
  CHECK_INT(csio_tls_set_verify(tls, false), CSIO_OK);
  return tls;
}

csio_tls *tls_trusting(const identity *identity)
{
  csio_tls *tls = tls_new();
  tls_trust(tls, identity);
  return tls;
}

void tls_trust(csio_tls *tls, const identity *identity)
{
  char *pem = identity_certificate_pem(identity);
  CHECK_INT(csio_tls_add_ca(tls, pem, strlen(pem)), CSIO_OK);
  free(pem);
}

int tls_set_identity(csio_tls *tls, const identity *certificate, const identity *key,
    const char *encrypt_with, const char *passphrase)
{
  char *certificate_pem = identity_certificate_pem(certificate),
       *key_pem = identity_key_pem(key, encrypt_with);
  int err = csio_tls_set_identity(
      tls, certificate_pem, strlen(certificate_pem), key_pem, strlen(key_pem), passphrase);
  free(certificate_pem);
  free(key_pem);
  return err;
}
