/* Failures of TLS in words. */
#include "net/tls_internal.h"

#include <openssl/err.h>

static int code_of_verify_error(int error)
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
  if (report->verify_error == CSIO__TLS_WRONG_PIN)
    return csio__failure_set(failure, CSIO_ETLS_PIN, "the public key of %s does not match any pin", host);
  if (report->verify_error)
    return csio__failure_set(failure, code_of_verify_error(report->verify_error),
        "the certificate of %s was refused: %s", host, X509_verify_cert_error_string(report->verify_error));
  if (report->alert && blames_client_certificate(report))
    return csio__failure_set(failure, CSIO_ETLS_CLIENT_CERT,
        "%s did not accept the client certificate, or the lack of one: %s", host, alert_text(report->alert));
  if (report->alert)
    return csio__failure_set(
        failure, CSIO_ETLS, "%s ended the TLS %s: %s", host, stage, alert_text(report->alert));
  if (!reason) return false;
  if (ERR_GET_REASON(report->reason) == ERR_R_MALLOC_FAILURE) return csio__failure_code(failure, CSIO_ENOMEM);
  if (ERR_GET_REASON(report->reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING &&
      csio__tls_certificate_refused(handshake, host, failure))
    return true;
  return csio__failure_set(failure, CSIO_ETLS, "the TLS %s with %s failed: %s", stage, host, reason);
}
