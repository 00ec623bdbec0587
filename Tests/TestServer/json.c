#include "json.h"

#include "utf8.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char *skip_space(const char *at, const char *end)
{
  while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
    at++;
  return at;
}

static bool is_hex(char c)
{
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The scanning functions return the end of the item, or NULL if there is none at `at`. */
static const char *scan_string(const char *at, const char *end)
{
  if (at == end || *at++ != '"') return NULL;
  while (at < end) {
    unsigned char c = (unsigned char)*at++;
    if (c == '"') return at;
    if (c < 0x20) return NULL;
    if (c != '\\') continue;
    if (at == end) return NULL;
    c = (unsigned char)*at++;
    if (c == 'u') {
      if (end - at < 4 || !is_hex(at[0]) || !is_hex(at[1]) || !is_hex(at[2]) || !is_hex(at[3])) return NULL;
      at += 4;
    } else if (!strchr("\"\\/bfnrt", c) || !c) {
      return NULL;
    }
  }
  return NULL;
}

static const char *scan_digits(const char *at, const char *end)
{
  const char *first = at;
  while (at < end && *at >= '0' && *at <= '9')
    at++;
  return at == first ? NULL : at;
}

static const char *scan_number(const char *at, const char *end)
{
  if (at < end && *at == '-') at++;
  if (at < end && *at == '0')
    at++;
  else if (!(at = scan_digits(at, end)))
    return NULL;
  if (at < end && *at == '.' && !(at = scan_digits(at + 1, end))) return NULL;
  if (at < end && (*at == 'e' || *at == 'E')) {
    at++;
    if (at < end && (*at == '+' || *at == '-')) at++;
    if (!(at = scan_digits(at, end))) return NULL;
  }
  return at;
}

static const char *scan_scalar(const char *at, const char *end)
{
  static const char *const words[] = {"true", "false", "null"};
  if (at == end) return NULL;
  if (*at == '"') return scan_string(at, end);
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    size_t length = strlen(words[i]);
    if ((size_t)(end - at) >= length && !memcmp(at, words[i], length)) return at + length;
  }
  return scan_number(at, end);
}

static const char *scan_key(const char *at, const char *end)
{
  if (!(at = scan_string(at, end))) return NULL;
  at = skip_space(at, end);
  if (at == end || *at != ':') return NULL;
  return skip_space(at + 1, end);
}

/* Iterative, so that deep nesting cannot exhaust the stack: one bit per level distinguishes objects from
 * arrays. */
static const char *scan_value(const char *at, const char *end)
{
  uint8_t is_object[JSON_MAX_DEPTH / 8] = {0};
  size_t depth = 0;
  for (;;) {
    if (at == end) return NULL;
    if (*at == '[' || *at == '{') {
      if (depth == JSON_MAX_DEPTH) return NULL;
      bool object = *at == '{';
      at = skip_space(at + 1, end);
      if (at == end) return NULL;
      if (*at != (object ? '}' : ']')) {
        is_object[depth / 8] =
            (uint8_t)((is_object[depth / 8] & ~(1u << depth % 8)) | (unsigned)object << depth % 8);
        depth++;
        if (object && !(at = scan_key(at, end))) return NULL;
        continue;
      }
      at++;
    } else if (!(at = scan_scalar(at, end))) {
      return NULL;
    }
    /* A value has ended; the containers around it may end too. */
    for (;;) {
      if (!depth) return at;
      bool object = is_object[(depth - 1) / 8] >> (depth - 1) % 8 & 1;
      at = skip_space(at, end);
      if (at == end) return NULL;
      if (*at == ',') {
        at = skip_space(at + 1, end);
        if (object && !(at = scan_key(at, end))) return NULL;
        break;
      }
      if (*at != (object ? '}' : ']')) return NULL;
      at++;
      depth--;
    }
  }
}

bool json_is_valid(struct slice text)
{
  const char *end = text.data + text.length;
  if (!text.length) return false;
  const char *at = scan_value(skip_space(text.data, end), end);
  return at && skip_space(at, end) == end;
}

struct json_iterator json_iterate(struct slice container)
{
  const char *end = container.data + container.length;
  const char *at = skip_space(container.data, end);
  while (end > at && end[-1] != ']' && end[-1] != '}')
    end--;
  if (at + 1 >= end) return (struct json_iterator){at, at};
  return (struct json_iterator){skip_space(at + 1, end - 1), end - 1};
}

static void step_over_comma(struct json_iterator *iterator)
{
  iterator->at = skip_space(iterator->at, iterator->end);
  if (iterator->at < iterator->end) iterator->at = skip_space(iterator->at + 1, iterator->end);
}

bool json_next_element(struct json_iterator *iterator, struct slice *element)
{
  if (iterator->at >= iterator->end) return false;
  const char *end = scan_value(iterator->at, iterator->end);
  if (!end) return false;
  *element = (struct slice){iterator->at, (size_t)(end - iterator->at)};
  iterator->at = end;
  step_over_comma(iterator);
  return true;
}

bool json_next_member(struct json_iterator *iterator, struct slice *key, struct slice *value)
{
  if (iterator->at >= iterator->end) return false;
  const char *key_end = scan_string(iterator->at, iterator->end);
  if (!key_end) return false;
  *key = (struct slice){iterator->at, (size_t)(key_end - iterator->at)};
  iterator->at = scan_key(iterator->at, iterator->end);
  return iterator->at && json_next_element(iterator, value);
}

struct slice json_rest(const struct json_iterator *iterator)
{
  return (struct slice){iterator->at, (size_t)(iterator->end - iterator->at)};
}

struct slice json_member(struct slice object, const char *key)
{
  struct slice name, value;
  struct json_iterator iterator = json_iterate(object);
  while (json_next_member(&iterator, &name, &value))
    if (slice_is(name, key)) return value;
  return (struct slice){NULL, 0};
}

static unsigned hex_value(const char *digits)
{
  unsigned value = 0;
  for (int i = 0; i < 4; i++) {
    char c = digits[i];
    value = value << 4 | (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return value;
}

static void append_code_point(struct buffer *out, uint32_t c)
{
  if (c < 0x80) {
    buffer_append_char(out, (char)c);
  } else if (c < 0x800) {
    buffer_append_char(out, (char)(0xC0 | c >> 6));
    buffer_append_char(out, (char)(0x80 | (c & 63)));
  } else if (c < 0x10000) {
    buffer_append_char(out, (char)(0xE0 | c >> 12));
    buffer_append_char(out, (char)(0x80 | (c >> 6 & 63)));
    buffer_append_char(out, (char)(0x80 | (c & 63)));
  } else {
    buffer_append_char(out, (char)(0xF0 | c >> 18));
    buffer_append_char(out, (char)(0x80 | (c >> 12 & 63)));
    buffer_append_char(out, (char)(0x80 | (c >> 6 & 63)));
    buffer_append_char(out, (char)(0x80 | (c & 63)));
  }
}

bool json_decode_string(struct buffer *out, struct slice string)
{
  const char *at = string.data + 1, *end = string.data + string.length - 1;
  while (at < end) {
    if (*at != '\\') {
      buffer_append_char(out, *at++);
      continue;
    }
    char c = at[1];
    at += 2;
    if (c != 'u') {
      static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
      const char *letter = strchr(letters, c);
      buffer_append_char(out, letter ? meanings[letter - letters] : c);
      continue;
    }
    uint32_t code = hex_value(at);
    at += 4;
    if (code >= 0xDC00 && code < 0xE000) return false;
    if (code >= 0xD800 && code < 0xDC00) {
      if (end - at < 6 || at[0] != '\\' || at[1] != 'u') return false;
      uint32_t low = hex_value(at + 2);
      if (low < 0xDC00 || low >= 0xE000) return false;
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      at += 6;
    }
    append_code_point(out, code);
  }
  return true;
}

void json_append_string(struct buffer *out, struct slice text)
{
  bool is_utf8 = utf8_is_valid(text);
  buffer_append_char(out, '"');
  for (size_t i = 0; i < text.length; i++) {
    unsigned char c = (unsigned char)text.data[i];
    if (c == '"' || c == '\\') {
      buffer_append_char(out, '\\');
      buffer_append_char(out, (char)c);
    } else if (c < 0x20) {
      char escape[8];
      snprintf(escape, sizeof escape, "\\u%04x", c);
      buffer_append(out, escape, 6);
    } else if (c >= 0x80 && !is_utf8) {
      append_code_point(out, c);
    } else {
      buffer_append_char(out, (char)c);
    }
  }
  buffer_append_char(out, '"');
}
