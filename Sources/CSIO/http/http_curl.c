/* What a request says to libcurl, and how libcurl's answers are read. */
#include "http/http_internal.h"

#include "base/header.h"
#include "net/route.h"

#include <string.h>

/* Whole seconds for which a kept connection may have been idle. Servers end one after 2 s (Gunicorn), 5 s
 * (Node.js) or more, and a POST that is sent just then is lost. */
enum { MOST_IDLE = 1 };

/* A poll must not be repeated as long as there may be an answer to it, nor an event as long as the server may
 * have read it. */
bool csio__http_is_undone(const csio_http *http)
{
  return http->transfer.user.fate == CSIO__FATE_UNREACHED;
}

/* Whether libcurl is at sending the request once more, which then is not to happen. It does so when a reused
 * connection has ended before the first byte of an answer. The server may have carried the request out by
 * then: an event would arrive twice, and a poll would pass over what was in the answer that is lost. */
static bool is_repetition(csio_http *http)
{
  long sent = 0;
  curl_easy_getinfo(http->transfer.easy, CURLINFO_REQUEST_SIZE, &sent);
  bool was_sent = http->transfer.stands && sent > http->sent_before_asking;
  http->repeated = was_sent && !csio__http_is_undone(http);
  if (http->repeated) return true;
  http->transfer.stands = false;
  http->sent_before_asking = sent;
  http->transfer.user.fate = CSIO__FATE_OPEN;
  return false;
}

/* The connection stands, and what comes next is the request. Over one that the server has closed meanwhile it
 * would be lost. */
static int on_request(void *data, char *remote, char *local, int remote_port, int local_port)
{
  csio_http *http = data;
  csio__ends ends = {local, remote, local_port, remote_port};
  if (is_repetition(http)) return CURL_PREREQFUNC_ABORT;
  bool usable = csio__curl_use(&http->transfer, ends);
  http->stale = !http->transfer.connected && !usable;
  if (http->stale) return CURL_PREREQFUNC_ABORT;
  http->transfer.stands = true;
  return CURL_PREREQFUNC_OK;
}

/* libcurl keeps all headers, and by itself takes ten times as many. */
static size_t count_head(char *line, size_t unit, size_t count, void *data)
{
  csio_http *http = data;
  size_t size = unit * count;
  if (!http->transfer.stands) return csio__route_hear(&http->transfer, line, size);
  http->head_size += size;
  return http->head_size > CSIO__MAX_ANSWER_HEAD ? CURL_WRITEFUNC_ERROR : size;
}

/* Makes room for the whole body at once where its size is announced. */
static void reserve_announced(csio_http *http)
{
  curl_off_t announced = -1;
  curl_easy_getinfo(http->transfer.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
  const curl_off_t most = 16 << 20; /* a peer that only claims to send much shall not cost much */
  if (announced > 0) csio__bytes_reserve(&http->answer, (size_t)(announced < most ? announced : most));
}

static size_t write_body(char *from, size_t unit, size_t count, void *data)
{
  csio_http *http = data;
  size_t size = unit * count;
  if (http->request.max_size && size > http->request.max_size - http->answer.size) {
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

static int prepare_method(csio_http *http)
{
  CURL *easy = http->transfer.easy;
  size_t size = http->body ? csio_buffer_size(http->body) : 0;
  if (!strcmp(http->method, "HEAD")) {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (!strcmp(http->method, "POST") || size) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, size ? (char *)csio_buffer_bytes(http->body) : "");
  }
  return curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, http->method) ? CSIO_ENOMEM : CSIO_OK;
}

static bool may_connect(csio__transfer *transfer)
{
  return !is_repetition(csio__container_of(transfer, csio_http, transfer));
}

int csio__http_prepare(csio_http *http)
{
  CURL *easy = http->transfer.easy;
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, http->curl_error);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, http);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, count_head);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, http);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, write_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, http);
  if (http->request.max_size)
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)http->request.max_size);
  if (!http->keep_alive) curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)MOST_IDLE);
  http->transfer.may_connect = may_connect;
  return prepare_method(http);
}

/* --- what there is to see of the answer --- */

int csio_http_status(const csio_http *http)
{
  long status = 0;
  curl_easy_getinfo(http->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
  return (int)status;
}

const uint8_t *csio_http_body(const csio_http *http, size_t *size)
{
  *size = http->answer.size;
  return http->answer.data ? http->answer.data : (const uint8_t *)"";
}

const char *csio_http_header(const csio_http *http, const char *name, size_t index)
{
  struct curl_header *header;
  const int last_answer = -1;
  if (curl_easy_header(http->transfer.easy, name, index, CURLH_HEADER, last_answer, &header)) return NULL;
  /* of an empty value libcurl leaves the line's end */
  return header->value[strspn(header->value, " \t\r\n")] ? header->value : "";
}

static uint64_t bytes_of(const csio_http *http, CURLINFO head_info, CURLINFO body_info)
{
  long head = 0;
  curl_off_t body = 0;
  curl_easy_getinfo(http->transfer.easy, head_info, &head);
  curl_easy_getinfo(http->transfer.easy, body_info, &body);
  return (uint64_t)head + (uint64_t)body;
}

uint64_t csio_http_bytes_sent(const csio_http *http)
{
  return http->sent_before + bytes_of(http, CURLINFO_REQUEST_SIZE, CURLINFO_SIZE_UPLOAD_T);
}

uint64_t csio_http_bytes_received(const csio_http *http)
{
  return http->received_before + bytes_of(http, CURLINFO_HEADER_SIZE, CURLINFO_SIZE_DOWNLOAD_T);
}
