/* TLS of requests. libcurl is told to verify nothing: the session does, in the same way as for WebSockets. */
#include "http_internal.h"

/* The host that this connection is for, which after a redirect is not the request's. */
static int current_host(CURL *easy, csio__url *url)
{
  char *text = NULL;
  curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &text);
  return text ? csio__url_parse(url, text, "http", "https") : CSIO_ENOMEM;
}

static CURLcode on_ssl_ctx(CURL *easy, void *ctx, void *data)
{
  csio_http *http = data;
  csio__tls_session_release(http->session);
  http->session = NULL;
  csio_tls *tls = http->tls ? http->tls : http->handle.loop->default_tls;
  csio__url url;
  int err = current_host(easy, &url);
  if (!err) {
    err = csio__tls_session_create(tls, ctx, url.host, &http->session);
    csio__url_free(&url);
  }
  switch (err) {
  case CSIO_OK:
    return CURLE_OK;
  case CSIO_ENOMEM:
    return CURLE_OUT_OF_MEMORY;
  default:
    return CURLE_SSL_CERTPROBLEM;
  }
}

int csio__http_prepare_tls(csio_http *http)
{
  CURL *easy = http->easy;
  csio_tls *tls = http->tls ? http->tls : csio__tls_default(http->handle.loop);
  if (!tls) return CSIO_ENOMEM;
  /* libcurl reuses a connection where its own settings are the same, and knows nothing of ours. Without its
   * verification it never opens this "file", but compares the name: no connection serves two different
   * csio_tls. */
  char name[32];
  snprintf(name, sizeof name, "csio-tls-%u", tls->id);
  curl_easy_setopt(easy, CURLOPT_CAINFO, name);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx);
  return curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, http) ? CSIO_EUNSUPPORTED : CSIO_OK;
}

bool csio__http_tls_failure(csio_http *http, CURLcode result, csio__failure *failure)
{
  if (http->session && csio__tls_failure(http->session, http->session->host, failure)) return true;
  switch (result) {
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER:
  case CURLE_PEER_FAILED_VERIFICATION:
    csio__failure_set(failure, CSIO_ETLS, "the TLS handshake with %s failed: %s", http->url.host,
        http->curl_error[0] ? http->curl_error : curl_easy_strerror(result));
    return true;
  default:
    return false;
  }
}
