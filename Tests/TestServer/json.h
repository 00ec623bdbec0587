/* A strict scanner of JSON (RFC 8259): values are checked and passed on as the text that they were, never
 * decoded and written anew, so what a client gets back is what it sent. The text must be valid UTF-8 already.
 */
#ifndef TEST_SERVER_JSON_H
#define TEST_SERVER_JSON_H

#include "buffer.h"

enum { JSON_MAX_DEPTH = 512 };

/* True if the text is one value, with nothing but white space around it. */
bool json_is_valid(struct slice text);

/* Walks the elements of an array, or the keys and values of an object, that json_is_valid() has accepted.
 * False after the last one. */
struct json_iterator {
  const char *at, *end;
};
struct json_iterator json_iterate(struct slice container);
bool json_next_element(struct json_iterator *iterator, struct slice *element);
bool json_next_member(struct json_iterator *iterator, struct slice *key, struct slice *value);

/* What is left to walk of an array, without its closing bracket: elements with commas between. */
struct slice json_rest(const struct json_iterator *iterator);

/* The value of a key, or a slice without data. The key is compared as it is written, quotes included. */
struct slice json_member(struct slice object, const char *key);

/* Appends the bytes that a string stands for. False if it names a lone surrogate, which no UTF-8 can carry.
 */
bool json_decode_string(struct buffer *out, struct slice string);
/* Appends the text as a string. Bytes that are not UTF-8 are taken for Latin-1, as HTTP does with header
 * values. */
void json_append_string(struct buffer *out, struct slice text);

#endif
