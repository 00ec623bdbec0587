#include "http_request.h"

#include <stdint.h>
#include <string.h>

static bool is_token(struct slice text)
{
  for (size_t i = 0; i < text.length; i++) {
    unsigned char c = (unsigned char)text.data[i];
    bool alphanumeric = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    if (!alphanumeric && (!c || !strchr("!#$%&'*+-.^_`|~", c))) return false;
  }
  return text.length > 0;
}

static bool is_field_value(struct slice text)
{
  for (size_t i = 0; i < text.length; i++) {
    unsigned char c = (unsigned char)text.data[i];
    if ((c < 0x20 && c != '\t') || c == 0x7F) return false;
  }
  return true;
}

static bool parse_request_line(struct http_request *request, struct slice line)
{
  request->method = slice_cut(&line, ' ');
  struct slice target = slice_cut(&line, ' ');
  if (!is_token(request->method) || !target.length || *target.data != '/') return false;
  for (size_t i = 0; i < target.length; i++)
    if ((unsigned char)target.data[i] <= 0x20) return false;
  request->target = target;
  request->path = slice_cut(&target, '?');
  request->query = slice_cut(&target, '#');
  request->keep_alive = slice_is(line, "HTTP/1.1");
  return request->keep_alive || slice_is(line, "HTTP/1.0");
}

static bool parse_content_length(struct slice text, size_t *length)
{
  *length = 0;
  for (size_t i = 0; i < text.length; i++) {
    if (text.data[i] < '0' || text.data[i] > '9' || *length > SIZE_MAX / 20) return false;
    *length = *length * 10 + (size_t)(text.data[i] - '0');
  }
  return text.length > 0;
}

static bool interpret_headers(struct http_request *request)
{
  bool has_length = false;
  for (size_t i = 0; i < request->header_count; i++) {
    struct http_header *header = &request->headers[i];
    if (slice_is_ignoring_case(header->name, "content-length")) {
      /* Two lengths are used to smuggle requests past proxies; well-behaved clients send one. */
      if (has_length || !parse_content_length(header->value, &request->content_length)) return false;
      has_length = true;
    }
  }
  struct slice connection = http_header(request, "connection");
  if (http_list_has(connection, "close")) request->keep_alive = false;
  if (http_list_has(connection, "keep-alive")) request->keep_alive = true;
  request->chunked = http_header(request, "transfer-encoding").data != NULL;
  request->expects_continue = slice_is_ignoring_case(http_header(request, "expect"), "100-continue");
  request->upgrades_to_websocket = http_list_has(connection, "upgrade") &&
                                   slice_is_ignoring_case(http_header(request, "upgrade"), "websocket");
  return true;
}

/* The text after the empty line that ends a head; NULL if that line has not arrived. */
static const char *end_of_head(struct slice text)
{
  const char *end = text.data + text.length, *at = text.data;
  while (end - at >= 4 && (at = memchr(at, '\r', (size_t)(end - at) - 3))) {
    if (!memcmp(at, "\r\n\r\n", 4)) return at + 4;
    at++;
  }
  return NULL;
}

enum http_parse_result http_parse_request(struct http_request *request, struct slice text)
{
  const char *end = end_of_head(text);
  if (!end) return text.length > HTTP_MAX_HEAD ? HTTP_HEAD_TOO_LARGE : HTTP_INCOMPLETE;
  memset(request, 0, offsetof(struct http_request, headers));
  request->header_count = request->content_length = 0;
  request->head_length = (size_t)(end - text.data);
  if (request->head_length > HTTP_MAX_HEAD) return HTTP_HEAD_TOO_LARGE;
  struct slice rest = {text.data, request->head_length - 2};
  bool first = true;
  while (rest.length) {
    struct slice line = slice_cut(&rest, '\n');
    if (!line.length || line.data[--line.length] != '\r') return HTTP_MALFORMED;
    if (first) {
      if (!parse_request_line(request, line)) return HTTP_MALFORMED;
      first = false;
      continue;
    }
    if (request->header_count == HTTP_MAX_HEADERS) return HTTP_HEAD_TOO_LARGE;
    const char *colon = memchr(line.data, ':', line.length);
    if (!colon) return HTTP_MALFORMED;
    struct http_header *header = &request->headers[request->header_count++];
    header->name = slice_cut(&line, ':');
    header->value = slice_trim(line);
    if (!is_token(header->name) || !is_field_value(header->value)) return HTTP_MALFORMED;
  }
  return interpret_headers(request) ? HTTP_PARSED : HTTP_MALFORMED;
}

struct slice http_header(const struct http_request *request, const char *name)
{
  for (size_t i = 0; i < request->header_count; i++)
    if (slice_is_ignoring_case(request->headers[i].name, name)) return request->headers[i].value;
  return (struct slice){NULL, 0};
}

bool http_list_has(struct slice list, const char *word)
{
  while (list.length)
    if (slice_is_ignoring_case(slice_trim(slice_cut(&list, ',')), word)) return true;
  return false;
}

bool http_cookie(struct slice cookies, const char *name, struct slice *value)
{
  while (cookies.length) {
    struct slice cookie = slice_trim(slice_cut(&cookies, ';'));
    bool found = slice_is(slice_cut(&cookie, '='), name);
    *value = cookie;
    if (found) return true;
  }
  return false;
}

static int hex_value(char c)
{
  if (c >= '0' && c <= '9') return c - '0';
  if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') return (c | 0x20) - 'a' + 10;
  return -1;
}

static void decode_component(struct buffer *out, struct slice text)
{
  for (size_t i = 0; i < text.length; i++) {
    char c = text.data[i];
    if (c == '%' && text.length - i > 2 && hex_value(text.data[i + 1]) >= 0 &&
        hex_value(text.data[i + 2]) >= 0) {
      buffer_append_char(out, (char)(hex_value(text.data[i + 1]) << 4 | hex_value(text.data[i + 2])));
      i += 2;
    } else {
      buffer_append_char(out, c == '+' ? ' ' : c);
    }
  }
}

bool http_next_query_entry(struct slice *query, struct buffer *key, struct buffer *value)
{
  struct slice entry = {NULL, 0};
  while (query->length && !entry.length)
    entry = slice_cut(query, '&');
  if (!entry.length) return false;
  buffer_clear(key);
  buffer_clear(value);
  decode_component(key, slice_cut(&entry, '='));
  decode_component(value, entry);
  return true;
}

bool http_query_value(struct slice query, const char *name, struct buffer *value)
{
  struct buffer key = {0}, text = {0};
  bool found = false;
  while (!found && http_next_query_entry(&query, &key, &text))
    found = slice_is(buffer_slice(&key), name);
  if (found) buffer_append_slice(value, buffer_slice(&text));
  buffer_free(&key);
  buffer_free(&text);
  return found;
}
