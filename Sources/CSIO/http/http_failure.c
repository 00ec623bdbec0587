/* How libcurl's results are read. */
#include "http/http_internal.h"

#include "base/header.h"
#include "net/failure.h"

/* CURLE_TOO_LARGE, since libcurl 8.6; before, CURLE_OUT_OF_MEMORY. */
enum { TOO_LARGE = 100 };

/* Whether a proxy hands the request on, and so is the peer of the whole of it. */
static bool is_handed(const csio_http *http)
{
  return csio__proxy_speaks_http(http->request.proxy) && !http->request.url.secure;
}

bool csio__http_proxy_refused(csio_http *http, csio__failure *failure)
{
  if (!is_handed(http) || csio_http_status(http) != 407) return false;
  csio__refused_credentials(&http->transfer, 407, failure);
  return true;
}

/* Whether libcurl has given up a line of the answer's head. */
static bool is_long_line(const csio_http *http)
{
  return http->transfer.stands && !http->answer.capacity &&
         http->transfer.user.received > CSIO__MAX_ANSWER_HEAD;
}

/* Whether it was a bad chunk, for which libcurl has no code of its own: the connection itself has not failed.
 */
static bool is_bad_chunk(csio_http *http, CURLcode result)
{
  long number = 0;
  curl_easy_getinfo(http->transfer.easy, CURLINFO_OS_ERRNO, &number);
  return result == CURLE_RECV_ERROR && !number && csio_http_header(http, "Transfer-Encoding", 0) &&
         !(http->request.url.secure && http->transfer.user.ended);
}

static int unreadable(csio__failure *failure, const char *peer, const char *why)
{
  return csio__failure_set(failure, CSIO_EPROTOCOL, "the answer from %s could not be read: %s", peer, why);
}

static int describe(csio_http *http, CURLcode result, csio__failure *failure)
{
  csio__transfer *transfer = &http->transfer;
  bool handed = is_handed(http);
  csio__peer_name name = csio__peer_of(transfer, http->request.proxy && (handed || !transfer->stands));
  const char *peer = name.text, *cause = csio__cause_of(transfer, result);
  if (http->repeated)
    return csio__failure_set(
        failure, CSIO_ELOST, "the connection to %s was lost before it brought an answer", peer);
  bool no_room = result == CURLE_OUT_OF_MEMORY || (int)result == TOO_LARGE;
  if (!no_room &&
      (csio__http_tls_failure(http, result, failure) || csio__connect_failure(transfer, result, failure)))
    return failure->error.code;
  switch ((int)result) {
  case CURLE_OUT_OF_MEMORY:
  case TOO_LARGE:
    if (is_long_line(http)) return csio__head_too_large(failure, peer);
    if (result == CURLE_OUT_OF_MEMORY) return csio__failure_code(failure, CSIO_ENOMEM);
    return csio__failure_set(failure, CSIO_ETOO_LARGE, "the head of the request to %s is too large", peer);
  case CURLE_ABORTED_BY_CALLBACK:
    return csio__failure_code(failure, CSIO_ENOMEM);
  case CURLE_URL_MALFORMAT:
    return csio__failure_set(failure, CSIO_EURL, "the URL is malformed: %s", cause);
  case CURLE_OPERATION_TIMEDOUT:
    return csio__failure_set(failure, CSIO_ETIMEOUT, "the request to %s was not answered in time", peer);
  case CURLE_FILESIZE_EXCEEDED:
  case CURLE_WRITE_ERROR:
  case CURLE_BAD_CONTENT_ENCODING: /* what a function of ours has refused, or libcurl could not decode */
    if (http->no_memory) return csio__failure_code(failure, CSIO_ENOMEM);
    if (http->head_size > CSIO__MAX_ANSWER_HEAD) return csio__head_too_large(failure, peer);
    if (!http->too_large && result != CURLE_FILESIZE_EXCEEDED)
      return unreadable(failure, peer, curl_easy_strerror(result));
    return csio__failure_set(failure, CSIO_ETOO_LARGE, "the answer from %s is larger than %zu bytes", peer,
        http->request.max_size);
  case CURLE_UNSUPPORTED_PROTOCOL: /* an answer in what passes for HTTP/0.9 */
  case CURLE_WEIRD_SERVER_REPLY:
    return csio__failure_set(failure, handed ? CSIO_EPROXY : CSIO_EPROTOCOL, "%s %s", peer,
        handed ? "does not speak HTTP" : "did not answer in HTTP");
  default:
    if (is_bad_chunk(http, result)) return unreadable(failure, peer, "its chunks are malformed");
    if (handed && !http->head_size && csio__is_end(result)) return csio__proxy_lost(transfer, failure);
    return csio__failure_set(failure, CSIO_ELOST, "the connection to %s was lost: %s", peer, cause);
  }
}

void csio__http_failure(csio_http *http, CURLcode result, csio__failure *failure)
{
  describe(http, result, failure);
  if (!failure->error.http_status) failure->error.http_status = csio_http_status(http);
}
