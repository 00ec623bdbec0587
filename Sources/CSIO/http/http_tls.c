/* TLS of requests. libcurl is told to verify nothing: the session does, in the same way as for WebSockets. */
#include "http/http_internal.h"

static csio_tls *or_default(csio_http *http, csio_tls *tls)
{
  return tls ? tls : csio__tls_default(http->handle.loop);
}

static int create_session(csio_http *http, SSL_CTX *ctx)
{
  if (http->proxy_tls_next) {
    http->proxy_tls_next = false;
    csio_proxy *proxy = http->proxy;
    return csio__tls_session_create(or_default(http, proxy->tls), ctx, proxy->host, &http->session);
  }
  return csio__tls_session_create(or_default(http, http->tls), ctx, http->url.host, &http->session);
}

static CURLcode on_ssl_ctx(CURL *easy, void *ctx, void *data)
{
  (void)easy;
  csio_http *http = data;
  csio__tls_session_release(http->session);
  http->session = NULL;
  switch (create_session(http, ctx)) {
  case CSIO_OK:
    return CURLE_OK;
  case CSIO_ENOMEM:
    return CURLE_OUT_OF_MEMORY;
  default:
    return CURLE_SSL_CERTPROBLEM;
  }
}

/* libcurl does not say whose session on_ssl_ctx is to configure: of a new connection to an https proxy, the
 * first is the proxy's. */
static int on_new_socket(void *data, curl_socket_t socket, curlsocktype purpose)
{
  (void)socket, (void)purpose;
  csio_http *http = data;
  http->proxy_tls_next = true;
  return CURL_SOCKOPT_OK;
}

/* libcurl reuses a connection where its own settings are the same, and knows nothing of ours. Without its
 * verification it never opens this "file", but compares the name: no connection serves two different
 * csio_tls. */
static void set_name(CURL *easy, CURLoption option, const csio_tls *tls)
{
  char name[32];
  snprintf(name, sizeof name, "csio-tls-%u", tls->id);
  curl_easy_setopt(easy, option, name);
}

int csio__http_prepare_tls(csio_http *http)
{
  CURL *easy = http->transfer.easy;
  csio_tls *tls = or_default(http, http->tls);
  if (!tls) return CSIO_ENOMEM;
  set_name(easy, CURLOPT_CAINFO, tls);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  if (http->proxy && http->proxy->kind == CSIO__PROXY_HTTPS) {
    if (!(tls = or_default(http, http->proxy->tls))) return CSIO_ENOMEM;
    set_name(easy, CURLOPT_PROXY_CAINFO, tls);
    curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_new_socket);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, http);
  }
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
  case CURLE_RECV_ERROR:
  case CURLE_SEND_ERROR:
  case CURLE_GOT_NOTHING:
    return http->session && csio__tls_lacks_certificate(http->session, http->session->host, failure);
  default:
    return false;
  }
}
