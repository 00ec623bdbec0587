/* A growable byte buffer, filled at the end and consumed at the front. */
#ifndef TEST_SERVER_BUFFER_H
#define TEST_SERVER_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes owned by someone else. */
struct slice {
  const char *data;
  size_t length;
};

/* A zeroed buffer is an empty one. */
struct buffer {
  char *memory;
  size_t start, length, capacity;
  /* Set by the first append that ran out of memory. Check it once before sending, not after each append. */
  bool failed;
};

static inline char *buffer_bytes(const struct buffer *buffer)
{
  return buffer->memory ? buffer->memory + buffer->start : NULL;
}

static inline struct slice buffer_slice(const struct buffer *buffer)
{
  return (struct slice){buffer_bytes(buffer), buffer->length};
}

/* Makes room for that many more bytes and returns where they go, or NULL. */
char *buffer_reserve(struct buffer *buffer, size_t length);
void buffer_append(struct buffer *buffer, const void *data, size_t length);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_slice(struct buffer *buffer, struct slice slice);
void buffer_append_char(struct buffer *buffer, char c);
void buffer_append_number(struct buffer *buffer, unsigned long long number);

/* Drops bytes at the front, without moving the rest. */
void buffer_consume(struct buffer *buffer, size_t length);
/* Empties the buffer but keeps its memory. */
void buffer_clear(struct buffer *buffer);
void buffer_free(struct buffer *buffer);

struct slice slice_of(const char *text);
bool slice_is(struct slice slice, const char *text);
bool slice_is_ignoring_case(struct slice slice, const char *text);
/* The slice without leading and trailing spaces and tabs. */
struct slice slice_trim(struct slice slice);
/* Cuts the slice at the first separator: returns the part before it and leaves the part after it. */
struct slice slice_cut(struct slice *slice, char separator);

#endif
