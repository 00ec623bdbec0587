/* The head of an HTTP/1.1 request. */
#ifndef TEST_SERVER_HTTP_REQUEST_H
#define TEST_SERVER_HTTP_REQUEST_H

#include "buffer.h"

enum { HTTP_MAX_HEAD = 64 * 1024, HTTP_MAX_HEADERS = 128 };

struct http_header {
  struct slice name, value;
};

/* All slices point into the text that was parsed. */
struct http_request {
  struct slice method, target;
  struct slice path, query; /* parts of the target; the query without its question mark, still encoded */
  struct http_header headers[HTTP_MAX_HEADERS];
  size_t header_count;
  size_t head_length; /* including the empty line */
  size_t content_length;
  bool keep_alive, chunked, expects_continue, upgrades_to_websocket;
};

enum http_parse_result { HTTP_PARSED, HTTP_INCOMPLETE, HTTP_MALFORMED, HTTP_HEAD_TOO_LARGE };

enum http_parse_result http_parse_request(struct http_request *request, struct slice text);

/* The value of the first header of that name, or a slice without data. */
struct slice http_header(const struct http_request *request, const char *name);

/* True if the comma-separated list contains the word, ignoring case. */
bool http_list_has(struct slice list, const char *word);

/* Finds a cookie in the value of a Cookie header. */
bool http_cookie(struct slice cookies, const char *name, struct slice *value);

/* Iterates over a query: decodes the next key and value into `key` and `value`, which are emptied first.
 * False after the last one. */
bool http_next_query_entry(struct slice *query, struct buffer *key, struct buffer *value);

/* Appends the decoded value of the first entry with that key; false if there is none. */
bool http_query_value(struct slice query, const char *name, struct buffer *value);

#endif
