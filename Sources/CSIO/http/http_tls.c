/* TLS of requests. libcurl makes the connections, ours are the settings, sessions and words. Its own
 * verification stays on behind ours. */
#include "http/http_internal.h"

#include "net/failure.h"

static int follow(csio_http *http, csio_tls *settings, const char *host, uint16_t port, SSL_CTX *ctx)
{
  csio_tls *tls;
  csio__tls_handshake_release(http->handshake);
  http->handshake = NULL;
  int err = csio__tls_or_default(settings, &tls);
  if (!err) err = csio__tls_configure(tls, ctx);
  if (err) return err;
  http->handshake = csio__tls_handshake_create(tls, host, port);
  return http->handshake ? csio__tls_follow_ctx(http->handshake, ctx) : CSIO_ENOMEM;
}

/* libcurl does not say whose session this is to configure: of a new connection to an https proxy, the first
 * is the proxy's. */
static CURLcode on_ssl_ctx(CURL *easy, void *ctx, void *data)
{
  (void)easy;
  csio_http *http = data;
  const csio_proxy *proxy = http->request.proxy;
  int err = http->transfer.bare && csio__proxy_speaks_tls(proxy)
                ? follow(http, proxy->tls, proxy->host, proxy->port, ctx)
                : follow(http, http->request.tls, http->request.url.host, http->request.url.port, ctx);
  http->transfer.bare = false;
  if (err == CSIO_ENOMEM) return CURLE_OUT_OF_MEMORY;
  return err ? CURLE_SSL_CERTPROBLEM : CURLE_OK;
}

/* Without files, libcurl reads no authorities; those of `tls` come with on_ssl_ctx. */
static int verify_for(CURL *easy, csio_tls *settings, const CURLoption options[4])
{
  csio_tls *tls;
  int err = csio__tls_or_default(settings, &tls);
  if (err) return err;
  curl_easy_setopt(easy, options[0], tls->verify ? 1L : 0L);
  curl_easy_setopt(easy, options[1], tls->verify ? 2L : 0L);
  curl_easy_setopt(easy, options[2], NULL);
  curl_easy_setopt(easy, options[3], NULL);
  return CSIO_OK;
}

int csio__http_prepare_tls(csio_http *http)
{
  static const CURLoption server[] = {
      CURLOPT_SSL_VERIFYPEER, CURLOPT_SSL_VERIFYHOST, CURLOPT_CAINFO, CURLOPT_CAPATH};
  static const CURLoption proxy[] = {
      CURLOPT_PROXY_SSL_VERIFYPEER, CURLOPT_PROXY_SSL_VERIFYHOST, CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAPATH};
  CURL *easy = http->transfer.easy;
  csio__tls_handshake_release(http->handshake);
  http->handshake = NULL;
  int err = verify_for(easy, http->request.tls, server);
  if (!err && csio__proxy_speaks_tls(http->request.proxy))
    err = verify_for(easy, http->request.proxy->tls, proxy);
  if (err) return err;
  curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L); /* it would share sessions among all settings */
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx);
  return curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, http) ? CSIO_EUNSUPPORTED : CSIO_OK;
}

bool csio__http_tls_failure(csio_http *http, CURLcode result, csio__failure *failure)
{
  const csio__tls_handshake *handshake = http->handshake;
  if (handshake && csio__tls_failure(handshake, handshake->host, failure)) return true;
  if (csio__is_end(result))
    return handshake && !http->head_size &&
           csio__tls_certificate_refused(handshake, handshake->host, failure);
  switch (result) {
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER:
  case CURLE_PEER_FAILED_VERIFICATION:
    if (handshake && csio__tls_certificate_refused(handshake, handshake->host, failure)) return true;
    return csio__failure_set(failure, CSIO_ETLS, "the TLS handshake with %s failed: %s",
        http->request.url.host, http->curl_error[0] ? http->curl_error : curl_easy_strerror(result));
  default:
    return false;
  }
}
