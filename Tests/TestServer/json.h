/* A strict JSON scanner (RFC 8259). Values are validated and passed on as text, never decoded and
 * re-encoded, so a client gets back exactly what it sent. The text must already be valid UTF-8. */
#ifndef TEST_SERVER_JSON_H
#define TEST_SERVER_JSON_H

#include "buffer.h"

enum { JSON_MAX_DEPTH = 512 };

/* True if the text is exactly one value, with optional white space around it. */
bool json_is_valid(struct slice text);

/* Iterates over the elements of an array, or the keys and values of an object, that json_is_valid() has
 * accepted. False after the last one. */
struct json_iterator {
  const char *at, *end;
};
struct json_iterator json_iterate(struct slice container);
bool json_next_element(struct json_iterator *iterator, struct slice *element);
bool json_next_member(struct json_iterator *iterator, struct slice *key, struct slice *value);

/* The remaining elements of an array, without its closing bracket, separated by commas. */
struct slice json_rest(const struct json_iterator *iterator);

/* The value of a key, or a slice without data. The key is compared as written, quotes included. */
struct slice json_member(struct slice object, const char *key);

/* Appends the decoded string. False if it contains a lone surrogate, which UTF-8 cannot represent. */
bool json_decode_string(struct buffer *out, struct slice string);
/* Appends the text as a JSON string. Bytes that are not UTF-8 are taken as Latin-1, as in HTTP header
 * values. */
void json_append_string(struct buffer *out, struct slice text);

#endif
