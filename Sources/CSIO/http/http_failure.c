/* How libcurl's results are read. */
#include "http/http_internal.h"

#include "base/header.h"

#include <errno.h>
#include <string.h>

static const char *system_cause(csio_http *http)
{
  long number = 0;
  curl_easy_getinfo(http->transfer.easy, CURLINFO_OS_ERRNO, &number);
  if (number == 0) number = http->socket_errno; /* of which libcurl keeps nothing */
  return number ? strerror((int)number) : NULL;
}

static void describe_proxy(const csio_http *http, char *into, size_t size)
{
  snprintf(into, size, "the proxy %s port %u", http->proxy->host, (unsigned)http->proxy->port);
}

static void refused_credentials(csio__failure *failure, const char *proxy, const csio_proxy *settings)
{
  csio__failure_set(failure, CSIO_EPROXY_AUTH, "%s %s", proxy,
      settings->user ? "did not accept the user and password" : "asks for a user and password");
}

bool csio__http_proxy_refused(csio_http *http, csio__failure *failure)
{
  const csio_proxy *proxy = http->proxy;
  bool speaks_http = proxy && (proxy->kind == CSIO__PROXY_HTTP || proxy->kind == CSIO__PROXY_HTTPS);
  if (!speaks_http || http->url.secure || csio_http_status(http) != 407) return false;
  char name[300];
  describe_proxy(http, name, sizeof name);
  refused_credentials(failure, name, proxy);
  failure->error.http_status = 407;
  return true;
}

/* What went wrong at the proxy or on the way to it; false where something else did. */
static bool proxy_failure(csio_http *http, CURLcode result, const char *why, csio__failure *failure)
{
  char name[300];
  long status = 0, reply = CURLPX_OK;
  if (!http->proxy) return false;
  describe_proxy(http, name, sizeof name);
  curl_easy_getinfo(http->transfer.easy, CURLINFO_HTTP_CONNECTCODE, &status);
  curl_easy_getinfo(http->transfer.easy, CURLINFO_PROXY_ERROR, &reply);
  bool connected_by_it = status == 0 || status / 100 == 2;
  if (reply == CURLPX_RESOLVE_HOST) {
    csio__failure_set(failure, CSIO_ERESOLVE, "could not resolve the host name %s", http->url.host);
  } else if (result == CURLE_COULDNT_RESOLVE_PROXY || result == CURLE_COULDNT_RESOLVE_HOST) {
    csio__failure_set(
        failure, CSIO_EPROXY, "could not resolve the host name of the proxy, %s", http->proxy->host);
  } else if (result == CURLE_COULDNT_CONNECT) {
    csio__failure_set(failure, CSIO_EPROXY, "could not connect to %s: %s", name, why);
  } else if (status == 407 || reply == CURLPX_NO_AUTH || reply == CURLPX_USER_REJECTED) {
    refused_credentials(failure, name, http->proxy);
  } else if (result == CURLE_PROXY || !connected_by_it) {
    csio__failure_set(failure, CSIO_EPROXY, "%s did not connect to %s port %u: %s", name, http->url.host,
        (unsigned)http->url.port, http->curl_error[0] ? http->curl_error : why);
  } else {
    return false;
  }
  failure->error.http_status = (int)status;
  return true;
}

static void refuse_head(csio__failure *failure)
{
  csio__failure_set(
      failure, CSIO_ETOO_LARGE, "the head of the answer is larger than %d bytes", (int)CSIO__MAX_ANSWER_HEAD);
}

/* Whether the head of an answer was being read. */
static bool reads_head(const csio_http *http)
{
  curl_off_t first_byte = 0;
  curl_easy_getinfo(http->transfer.easy, CURLINFO_STARTTRANSFER_TIME_T, &first_byte);
  return first_byte && !http->answer.capacity;
}

void csio__http_failure(csio_http *http, CURLcode result, csio__failure *failure)
{
  const char *host = http->url.host;
  const char *detail = http->curl_error[0] ? http->curl_error : curl_easy_strerror(result);
  const char *cause = system_cause(http);
  long status = 0;
  curl_easy_getinfo(http->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
  if (http->repeated) {
    csio__failure_set(failure, CSIO_ELOST,
        "the connection to %s port %u was lost before it brought an answer", host, (unsigned)http->url.port);
    return;
  }
  if (result == CURLE_COULDNT_CONNECT && http->socket_errno == ENOMEM) {
    csio__failure_code(failure, CSIO_ENOMEM);
    return;
  }
  if (proxy_failure(http, result, cause ? cause : detail, failure)) return;
  switch (result) {
  case CURLE_ABORTED_BY_CALLBACK:
    csio__failure_code(failure, CSIO_ENOMEM);
    break;
  case CURLE_OUT_OF_MEMORY:
    /* what libcurl 7.88 says of a single header larger than 100 KiB */
    if (reads_head(http))
      refuse_head(failure);
    else
      csio__failure_code(failure, CSIO_ENOMEM);
    break;
  case CURLE_URL_MALFORMAT:
    csio__failure_set(failure, CSIO_EURL, "the URL is malformed: %s", detail);
    break;
  case CURLE_COULDNT_RESOLVE_HOST:
    if (http->local_address && csio__is_address(host))
      csio__failure_set(failure, CSIO_ECONNECT,
          "could not connect to %s from %s, an address of another family", host, http->local_address);
    else
      csio__failure_set(failure, CSIO_ERESOLVE, "could not resolve the host name %s", host);
    break;
  case CURLE_INTERFACE_FAILED:
    csio__failure_set(failure, CSIO_ECONNECT, "could not connect to %s port %u from %s: %s", host,
        (unsigned)http->url.port, http->local_address, cause ? cause : detail);
    break;
  case CURLE_COULDNT_CONNECT:
    csio__failure_set(failure, CSIO_ECONNECT, "could not connect to %s port %u: %s", host,
        (unsigned)http->url.port, cause ? cause : detail);
    break;
  case CURLE_OPERATION_TIMEDOUT:
    csio__failure_set(failure, CSIO_ETIMEOUT, "the request to %s port %u was not answered in time: %s", host,
        (unsigned)http->url.port, detail);
    break;
  case CURLE_FILESIZE_EXCEEDED:
  case CURLE_WRITE_ERROR:
  case CURLE_BAD_CONTENT_ENCODING:
    if (http->no_memory)
      csio__failure_code(failure, CSIO_ENOMEM);
    else if (http->head_too_large)
      refuse_head(failure);
    else if (http->too_large || result == CURLE_FILESIZE_EXCEEDED)
      csio__failure_set(failure, CSIO_ETOO_LARGE, "the answer is larger than %zu bytes", http->max_body);
    else
      csio__failure_set(failure, CSIO_EPROTOCOL, "the answer could not be read: %s", detail);
    break;
  case CURLE_UNSUPPORTED_PROTOCOL: /* an answer in what passes for HTTP/0.9 */
  case CURLE_WEIRD_SERVER_REPLY:
    csio__failure_set(failure, CSIO_EPROTOCOL, "%s did not answer in HTTP: %s", host, detail);
    break;
  default:
    if (csio__http_tls_failure(http, result, failure)) break;
    if (result == CURLE_RECV_ERROR && strstr(detail, "chunked")) /* libcurl has no code of its own for this */
      csio__failure_set(failure, CSIO_EPROTOCOL, "the answer could not be read: %s", detail);
    else
      csio__failure_set(failure, CSIO_ELOST, "the connection to %s port %u was lost: %s", host,
          (unsigned)http->url.port, cause ? cause : detail);
  }
  failure->error.http_status = (int)status;
}
