/* What a request says to libcurl, and how libcurl's answers are read. */
#include "http_internal.h"

#include "curl_multi.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

/* The body goes to libcurl by this function and without a seek function: libcurl repeats a request whose
 * reused connection died before the answer, and cannot do so when the body would have to be rewound. So what
 * may have reached the server is sent once, and a request with nothing sent yet may still move to a fresh
 * connection. */
static size_t read_body(char *into, size_t unit, size_t count, void *data)
{
  csio_http *http = data;
  size_t left = csio_buffer_size(http->body) - http->body_sent;
  size_t size = unit * count < left ? unit * count : left;
  memcpy(into, csio_buffer_bytes(http->body) + http->body_sent, size);
  http->body_sent += size;
  return size;
}

/* Makes room for the whole body at once where its size is announced. */
static void reserve_announced(csio_http *http)
{
  curl_off_t announced = -1;
  curl_easy_getinfo(http->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
  const curl_off_t most = 16 << 20; /* a peer that only claims to send much shall not cost much */
  if (announced > 0) csio__bytes_reserve(&http->answer, (size_t)(announced < most ? announced : most));
}

static size_t write_body(char *from, size_t unit, size_t count, void *data)
{
  csio_http *http = data;
  size_t size = unit * count;
  if (http->max_body && size > http->max_body - http->answer.size) {
    http->too_large = true;
    return CURL_WRITEFUNC_ERROR;
  }
  if (!http->answer.capacity) reserve_announced(http);
  if (!csio__bytes_append(&http->answer, from, size)) {
    http->no_memory = true;
    return CURL_WRITEFUNC_ERROR;
  }
  return size;
}

static void prepare_method(csio_http *http)
{
  CURL *easy = http->easy;
  const char *method = http->method;
  bool safe = !strcmp(method, "GET") || !strcmp(method, "HEAD") || !strcmp(method, "OPTIONS");
  size_t size = http->body ? csio_buffer_size(http->body) : 0;
  bool post = !strcmp(method, "POST") || size;
  if (!strcmp(method, "HEAD")) {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (post) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    if (size) {
      curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_body);
      curl_easy_setopt(easy, CURLOPT_READDATA, http);
    } else {
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
    }
  }
  if (strcmp(method, "GET") && strcmp(method, "HEAD") && strcmp(method, "POST"))
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
  else if (!strcmp(method, "GET") && post)
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "GET");
  /* without a body there is nothing to rewind that would stop a repetition, so no reused connection either */
  if (!safe && !size) curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
}

/* Leaves out what libcurl would add by itself, unless the user set it. */
static int suppress_header(csio_http *http, const char *name)
{
  size_t length = strlen(name);
  for (struct curl_slist *header = http->headers; header; header = header->next)
    if (!strncasecmp(header->data, name, length) &&
        (header->data[length] == ':' || header->data[length] == ';'))
      return CSIO_OK;
  char line[32];
  snprintf(line, sizeof line, "%s:", name);
  struct curl_slist *headers = curl_slist_append(http->headers, line);
  if (!headers) return CSIO_ENOMEM;
  http->headers = headers;
  return CSIO_OK;
}

int csio__http_prepare(csio_http *http)
{
  CURL *easy = http->easy;
  if (curl_easy_setopt(easy, CURLOPT_URL, http->url.whole)) return CSIO_ENOMEM;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, http);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, http->curl_error);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(
      easy, CURLOPT_QUICK_EXIT, 1L); /* a request under resolution can be closed without waiting */
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* not even the environment's */
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, write_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, http);
  if (http->max_body) curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)http->max_body);
  prepare_method(http);
  int err = suppress_header(http, "Expect");
  if (!err) err = suppress_header(http, "Content-Type");
  if (!err && http->url.secure) err = csio__http_prepare_tls(http);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, http->headers);
  return err;
}

static const char *system_cause(csio_http *http)
{
  long number = 0;
  curl_easy_getinfo(http->easy, CURLINFO_OS_ERRNO, &number);
  return number ? strerror((int)number) : NULL;
}

void csio__http_failure(csio_http *http, CURLcode result, csio__failure *failure)
{
  const char *host = http->url.host;
  const char *detail = http->curl_error[0] ? http->curl_error : curl_easy_strerror(result);
  const char *cause = system_cause(http);
  long status = 0;
  curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status);
  switch (result) {
  case CURLE_OUT_OF_MEMORY:
    csio__failure_code(failure, CSIO_ENOMEM);
    break;
  case CURLE_URL_MALFORMAT:
    csio__failure_set(failure, CSIO_EURL, "the URL is malformed: %s", detail);
    break;
  case CURLE_COULDNT_RESOLVE_HOST:
    csio__failure_set(failure, CSIO_ERESOLVE, "could not resolve the host name %s", host);
    break;
  case CURLE_COULDNT_CONNECT:
    csio__failure_set(failure, CSIO_ECONNECT, "could not connect to %s port %u: %s", host,
        (unsigned)http->url.port, cause ? cause : detail);
    break;
  case CURLE_OPERATION_TIMEDOUT:
    csio__failure_set(failure, CSIO_ETIMEOUT, "the request to %s port %u was not answered in time: %s", host,
        (unsigned)http->url.port, detail);
    break;
  case CURLE_TOO_MANY_REDIRECTS:
    csio__failure_set(failure, CSIO_EREDIRECT, "the redirect of %s was not followed: %s", host, detail);
    break;
  case CURLE_FILESIZE_EXCEEDED:
  case CURLE_WRITE_ERROR:
  case CURLE_BAD_CONTENT_ENCODING:
    if (http->no_memory)
      csio__failure_code(failure, CSIO_ENOMEM);
    else if (http->too_large || result == CURLE_FILESIZE_EXCEEDED)
      csio__failure_set(failure, CSIO_ETOO_LARGE, "the answer is larger than %zu bytes", http->max_body);
    else
      csio__failure_set(failure, CSIO_EPROTOCOL, "the answer could not be read: %s", detail);
    break;
  case CURLE_UNSUPPORTED_PROTOCOL: /* a redirect to ftp or worse, or an answer in what passes for HTTP/0.9 */
    if (status >= 300 && status < 400) {
      csio__failure_set(failure, CSIO_EREDIRECT, "the redirect of %s was not followed: %s", host, detail);
      break;
    }
    /* fall through */
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
