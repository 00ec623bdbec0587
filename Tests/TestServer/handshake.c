#include "handshake.h"

#include "json.h"

#include <string.h>

/* A list of names and values in which a name may repeat. The texts lie in one buffer, one after the other,
 * since they may move while it grows. */
struct fields {
  struct buffer text;
  size_t count;
  struct {
    size_t name_length, value_length;
  } lengths[HTTP_MAX_HEADERS];
};

static void append_lower_case(struct buffer *out, struct slice text)
{
  for (size_t i = 0; i < text.length; i++) {
    char c = text.data[i];
    buffer_append_char(out, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c);
  }
}

static void collect_headers(struct fields *fields, const struct http_request *request)
{
  for (size_t i = 0; i < request->header_count; i++) {
    append_lower_case(&fields->text, request->headers[i].name);
    buffer_append_slice(&fields->text, request->headers[i].value);
    fields->lengths[i].name_length = request->headers[i].name.length;
    fields->lengths[i].value_length = request->headers[i].value.length;
  }
  fields->count = request->header_count;
}

static void collect_query(struct fields *fields, struct slice query)
{
  struct buffer key = {0}, value = {0};
  while (fields->count < HTTP_MAX_HEADERS && http_next_query_entry(&query, &key, &value)) {
    buffer_append_slice(&fields->text, buffer_slice(&key));
    buffer_append_slice(&fields->text, buffer_slice(&value));
    fields->lengths[fields->count].name_length = key.length;
    fields->lengths[fields->count++].value_length = value.length;
  }
  if (key.failed || value.failed) fields->text.failed = true;
  buffer_free(&key);
  buffer_free(&value);
}

static struct slice name_at(const struct fields *fields, size_t index, size_t offset)
{
  return (struct slice){buffer_bytes(&fields->text) + offset, fields->lengths[index].name_length};
}

static struct slice value_at(const struct fields *fields, size_t index, size_t offset)
{
  return (struct slice){buffer_bytes(&fields->text) + offset + fields->lengths[index].name_length,
      fields->lengths[index].value_length};
}

static bool is_same(struct slice a, struct slice b)
{
  return a.length == b.length && !memcmp(a.data, b.data, a.length);
}

/* How often the name occurs from that index on. */
static size_t count_name(const struct fields *fields, struct slice name, size_t index, size_t offset)
{
  size_t count = 0;
  for (; index < fields->count; index++) {
    if (is_same(name_at(fields, index, offset), name)) count++;
    offset += fields->lengths[index].name_length + fields->lengths[index].value_length;
  }
  return count;
}

/* Appends the values of a name: as one string joined by `separator`, or as an array if that is NULL. */
static void append_values(
    struct buffer *out, const struct fields *fields, struct slice name, const char *separator)
{
  struct buffer joined = {0};
  bool first = true;
  if (!separator) buffer_append_char(out, '[');
  for (size_t index = 0, offset = 0; index < fields->count; index++) {
    if (is_same(name_at(fields, index, offset), name)) {
      if (!first) buffer_append_text(separator ? &joined : out, separator ? separator : ",");
      if (separator)
        buffer_append_slice(&joined, value_at(fields, index, offset));
      else
        json_append_string(out, value_at(fields, index, offset));
      first = false;
    }
    offset += fields->lengths[index].name_length + fields->lengths[index].value_length;
  }
  if (separator)
    json_append_string(out, buffer_slice(&joined));
  else
    buffer_append_char(out, ']');
  if (joined.failed) out->failed = true;
  buffer_free(&joined);
}

static void append_object(struct buffer *out, const struct fields *fields, const char *separator)
{
  bool first = true;
  buffer_append_char(out, '{');
  for (size_t index = 0, offset = 0; index < fields->count && !fields->text.failed; index++) {
    struct slice name = name_at(fields, index, offset);
    size_t left = count_name(fields, name, index, offset);
    if (left == count_name(fields, name, 0, 0)) { /* the first of its name */
      if (!first) buffer_append_char(out, ',');
      first = false;
      json_append_string(out, name);
      buffer_append_char(out, ':');
      if (left == 1)
        json_append_string(out, value_at(fields, index, offset));
      else
        append_values(out, fields, name, separator);
    }
    offset += fields->lengths[index].name_length + fields->lengths[index].value_length;
  }
  buffer_append_char(out, '}');
  if (fields->text.failed) out->failed = true;
}

void handshake_describe(struct buffer *headers, struct buffer *query, const struct http_request *request)
{
  struct fields fields = {0};
  buffer_reserve(&fields.text, 1); /* so that even an empty name has an address */
  collect_headers(&fields, request);
  append_object(headers, &fields, ", ");
  buffer_clear(&fields.text);
  fields.count = 0;
  collect_query(&fields, request->query);
  append_object(query, &fields, NULL);
  buffer_free(&fields.text);
}
