#include "buffer.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SMALLEST_CAPACITY = 256 };

char *buffer_reserve(struct buffer *buffer, size_t length)
{
  if (buffer->failed) return NULL;
  if (length <= buffer->capacity - buffer->start - buffer->length && buffer->memory)
    return buffer_bytes(buffer) + buffer->length;
  /* Moves to the front only if that frees at least half of the memory. Otherwise a buffer that is filled
   * and consumed in turns would be moved for every few bytes. */
  if (buffer->start >= buffer->capacity / 2 && length <= buffer->capacity - buffer->length &&
      buffer->memory) {
    memmove(buffer->memory, buffer->memory + buffer->start, buffer->length);
    buffer->start = 0;
    return buffer->memory + buffer->length;
  }
  if (length > SIZE_MAX / 4 - buffer->length) {
    buffer->failed = true;
    return NULL;
  }
  size_t capacity = buffer->capacity ? buffer->capacity : SMALLEST_CAPACITY;
  while (capacity < buffer->length + length)
    capacity *= 2;
  char *memory = malloc(capacity);
  if (!memory) {
    buffer->failed = true;
    return NULL;
  }
  if (buffer->length) memcpy(memory, buffer_bytes(buffer), buffer->length);
  free(buffer->memory);
  buffer->memory = memory;
  buffer->start = 0;
  buffer->capacity = capacity;
  return memory + buffer->length;
}

void buffer_append(struct buffer *buffer, const void *data, size_t length)
{
  if (!length) return;
  char *end = buffer_reserve(buffer, length);
  if (!end) return;
  memcpy(end, data, length);
  buffer->length += length;
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
  buffer_append(buffer, text, strlen(text));
}

void buffer_append_slice(struct buffer *buffer, struct slice slice)
{
  buffer_append(buffer, slice.data, slice.length);
}

void buffer_append_char(struct buffer *buffer, char c)
{
  buffer_append(buffer, &c, 1);
}

void buffer_append_number(struct buffer *buffer, unsigned long long number)
{
  char digits[24];
  int length = snprintf(digits, sizeof digits, "%llu", number);
  buffer_append(buffer, digits, (size_t)length);
}

void buffer_consume(struct buffer *buffer, size_t length)
{
  buffer->start += length;
  buffer->length -= length;
  if (!buffer->length) buffer->start = 0;
}

void buffer_clear(struct buffer *buffer)
{
  buffer->start = buffer->length = 0;
  buffer->failed = false;
}

void buffer_free(struct buffer *buffer)
{
  free(buffer->memory);
  *buffer = (struct buffer){0};
}

struct slice slice_of(const char *text)
{
  return (struct slice){text, strlen(text)};
}

bool slice_is(struct slice slice, const char *text)
{
  return slice.length == strlen(text) && (!slice.length || !memcmp(slice.data, text, slice.length));
}

bool slice_is_ignoring_case(struct slice slice, const char *text)
{
  return slice.length == strlen(text) && (!slice.length || !strncasecmp(slice.data, text, slice.length));
}

struct slice slice_trim(struct slice slice)
{
  while (slice.length && (*slice.data == ' ' || *slice.data == '\t')) {
    slice.data++;
    slice.length--;
  }
  while (slice.length && (slice.data[slice.length - 1] == ' ' || slice.data[slice.length - 1] == '\t'))
    slice.length--;
  return slice;
}

struct slice slice_cut(struct slice *slice, char separator)
{
  const char *found = slice->length ? memchr(slice->data, separator, slice->length) : NULL;
  size_t length = found ? (size_t)(found - slice->data) : slice->length;
  struct slice part = {slice->data, length};
  size_t used = found ? length + 1 : length;
  slice->data += used;
  slice->length -= used;
  return part;
}
