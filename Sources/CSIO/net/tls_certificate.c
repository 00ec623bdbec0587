/* Judging the peer's certificate. */
#include "net/tls_internal.h"
#include "net/url.h"

#include <openssl/x509v3.h>
#include <string.h>

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

int csio__tls_judge(const csio_tls *tls, X509 *certificate, const char *host)
{
  if (tls->verify && !host_matches(certificate, host)) return X509_V_ERR_HOSTNAME_MISMATCH;
  if (tls->pin_count && !pin_matches(tls, certificate)) return CSIO__TLS_WRONG_PIN;
  return X509_V_OK;
}
