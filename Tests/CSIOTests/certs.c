#include "certs.h"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

static void add_extension(X509 *certificate, int nid, const char *value)
{
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
  CHECK(extension && X509_add_ext(certificate, extension, -1));
  X509_EXTENSION_free(extension);
}

identity identity_make(const char *name, const char *san, const identity *issuer, long from, long to)
{
  static long serial = 1;
  identity made = {X509_new(), EVP_EC_gen("P-256")};
  CHECK(made.certificate && made.key);
  X509 *certificate = made.certificate;
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), from);
  X509_gmtime_adj(X509_getm_notAfter(certificate), to);
  X509_set_pubkey(certificate, made.key);
  X509_NAME_add_entry_by_txt(
      X509_get_subject_name(certificate), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer ? issuer->certificate : certificate));
  add_extension(certificate, NID_basic_constraints, san ? "critical,CA:FALSE" : "critical,CA:TRUE");
  if (san) add_extension(certificate, NID_subject_alt_name, san);
  CHECK(X509_sign(certificate, issuer ? issuer->key : made.key, EVP_sha256()));
  return made;
}

void identity_free(identity *identity)
{
  X509_free(identity->certificate);
  EVP_PKEY_free(identity->key);
}

static char *text_of(BIO *bio)
{
  char *data;
  long size = BIO_get_mem_data(bio, &data);
  char *text = calloc(1, (size_t)size + 1);
  CHECK(text);
  memcpy(text, data, (size_t)size);
  BIO_free(bio);
  return text;
}

char *identity_certificate_pem(const identity *identity)
{
  BIO *bio = BIO_new(BIO_s_mem());
  CHECK(bio && PEM_write_bio_X509(bio, identity->certificate));
  return text_of(bio);
}

char *identity_key_pem(const identity *identity, const char *passphrase)
{
  BIO *bio = BIO_new(BIO_s_mem());
  CHECK(bio && PEM_write_bio_PKCS8PrivateKey(bio, identity->key, passphrase ? EVP_aes_256_cbc() : NULL,
                   passphrase, passphrase ? (int)strlen(passphrase) : 0, NULL, NULL));
  return text_of(bio);
}

unsigned char *identity_pkcs12(const identity *identity, const char *passphrase, int *size)
{
  PKCS12 *archive =
      PKCS12_create(passphrase, "test", identity->key, identity->certificate, NULL, 0, 0, 0, 0, 0);
  unsigned char *der = NULL;
  CHECK(archive);
  *size = i2d_PKCS12(archive, &der);
  CHECK(*size > 0);
  PKCS12_free(archive);
  return der;
}

void identity_pin(const identity *identity, uint8_t pin[32])
{
  unsigned char *der = NULL;
  int size = i2d_PUBKEY(identity->key, &der);
  CHECK(size > 0 && EVP_Digest(der, (size_t)size, pin, NULL, EVP_sha256(), NULL));
  OPENSSL_free(der);
}

SSL_CTX *server_context(const identity *identity, const struct identity *clients)
{
  SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
  CHECK(ctx && SSL_CTX_use_certificate(ctx, identity->certificate) &&
        SSL_CTX_use_PrivateKey(ctx, identity->key));
  if (clients) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), clients->certificate);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    /* required: without one, OpenSSL fails every handshake that tries to resume a session */
    SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"test", 4);
  }
  return ctx;
}

SSL_CTX *limited_server_context(const identity *identity, int version)
{
  SSL_CTX *ctx = server_context(identity, NULL);
  SSL_CTX_set_max_proto_version(ctx, version);
  return ctx;
}

int accept_any(int ok, X509_STORE_CTX *store)
{
  (void)ok, (void)store;
  return 1;
}
