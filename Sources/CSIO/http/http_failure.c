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

static void refuse_head(csio__failure *failure)
{
  csio__failure_set(
      failure, CSIO_ETOO_LARGE, "the head of the answer is larger than %d bytes", (int)CSIO__MAX_ANSWER_HEAD);
}

/* Whether libcurl has given up a line of the answer's head. */
static bool is_long_line(const csio_http *http)
{
  return http->transfer.stands && !http->answer.capacity &&
         http->transfer.user.received > CSIO__MAX_ANSWER_HEAD;
}

static void no_room(csio_http *http, CURLcode result, csio__failure *failure)
{
  if (is_long_line(http))
    refuse_head(failure);
  else if (result == CURLE_OUT_OF_MEMORY)
    csio__failure_code(failure, CSIO_ENOMEM);
  else
    csio__failure_set(failure, CSIO_ETOO_LARGE, "the head of the request is too large");
}

/* Whether it was a bad chunk, for which libcurl has no code of its own: the connection itself has not failed.
 */
static bool is_bad_chunk(csio_http *http)
{
  long number = 0;
  curl_easy_getinfo(http->transfer.easy, CURLINFO_OS_ERRNO, &number);
  return !number && csio_http_header(http, "Transfer-Encoding", 0) &&
         !(http->request.url.secure && http->transfer.user.ended);
}

static void unreadable(csio__failure *failure, const char *why)
{
  csio__failure_set(failure, CSIO_EPROTOCOL, "the answer could not be read: %s", why);
}

/* What a function of ours has refused, or libcurl could not decode. */
static void refuse_answer(csio_http *http, CURLcode result, csio__failure *failure)
{
  if (http->no_memory)
    csio__failure_code(failure, CSIO_ENOMEM);
  else if (http->head_size > CSIO__MAX_ANSWER_HEAD)
    refuse_head(failure);
  else if (http->too_large || result == CURLE_FILESIZE_EXCEEDED)
    csio__failure_set(
        failure, CSIO_ETOO_LARGE, "the answer is larger than %zu bytes", http->request.max_size);
  else
    unreadable(failure, curl_easy_strerror(result));
}

static void lost(csio__peer_name peer, const char *why, csio__failure *failure)
{
  csio__failure_set(failure, CSIO_ELOST, "the connection to %s was lost%s%s", peer.text,
      why ? ": " : " before it brought an answer", why ? why : "");
}

void csio__http_failure(csio_http *http, CURLcode result, csio__failure *failure)
{
  csio__transfer *transfer = &http->transfer;
  bool handed = is_handed(http);
  csio__peer_name peer = csio__peer_of(transfer, http->request.proxy && (handed || !transfer->stands));
  const char *cause = csio__cause_of(transfer, result);
  if (http->repeated) {
    lost(peer, NULL, failure);
  } else if (result == CURLE_OUT_OF_MEMORY || (int)result == TOO_LARGE) {
    no_room(http, result, failure);
  } else if (!(http->handshake && csio__http_tls_failure(http, result, failure)) &&
             !csio__connect_failure(transfer, result, failure) &&
             !csio__http_tls_failure(http, result, failure)) {
    switch (result) {
    case CURLE_ABORTED_BY_CALLBACK:
      csio__failure_code(failure, CSIO_ENOMEM);
      break;
    case CURLE_URL_MALFORMAT:
      csio__failure_set(failure, CSIO_EURL, "the URL is malformed: %s", cause);
      break;
    case CURLE_OPERATION_TIMEDOUT:
      csio__failure_set(failure, CSIO_ETIMEOUT, "the request to %s was not answered in time", peer.text);
      break;
    case CURLE_FILESIZE_EXCEEDED:
    case CURLE_WRITE_ERROR:
    case CURLE_BAD_CONTENT_ENCODING:
      refuse_answer(http, result, failure);
      break;
    case CURLE_UNSUPPORTED_PROTOCOL: /* an answer in what passes for HTTP/0.9 */
    case CURLE_WEIRD_SERVER_REPLY:
      csio__failure_set(failure, handed ? CSIO_EPROXY : CSIO_EPROTOCOL, "%s %s", peer.text,
          handed ? "does not speak HTTP" : "did not answer in HTTP");
      break;
    default:
      if (result == CURLE_RECV_ERROR && is_bad_chunk(http))
        unreadable(failure, "its chunks are malformed");
      else
        lost(peer, cause, failure);
    }
  }
  if (!failure->error.http_status) failure->error.http_status = csio_http_status(http);
}
