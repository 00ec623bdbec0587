/* What there is to see of the answer. */
#include "http/http_internal.h"

#include <string.h>

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
