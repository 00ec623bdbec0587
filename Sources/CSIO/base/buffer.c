#include "base/buffer_internal.h"

#include <stdlib.h>

csio_buffer *csio_buffer_create(size_t size)
{
  if (size > SIZE_MAX - sizeof(csio_buffer)) return NULL;
  csio_buffer *buffer = malloc(sizeof *buffer + size);
  if (buffer) *buffer = (csio_buffer){.size = size};
  return buffer;
}

csio_buffer *csio__buffer_copy(const void *bytes, size_t size)
{
  csio_buffer *buffer = csio_buffer_create(size);
  if (buffer && size) memcpy(buffer->bytes, bytes, size);
  return buffer;
}

uint8_t *csio_buffer_bytes(csio_buffer *buffer)
{
  return buffer->bytes;
}

size_t csio_buffer_size(const csio_buffer *buffer)
{
  return buffer->size;
}

void csio_buffer_truncate(csio_buffer *buffer, size_t size)
{
  if (size < buffer->size) buffer->size = size;
}

void csio_buffer_destroy(csio_buffer *buffer)
{
  free(buffer);
}

void csio__bytes_free(csio__bytes *bytes)
{
  free(bytes->data);
  *bytes = (csio__bytes){0};
}

/* Large byte strings grow in steps; memory that is not touched costs nothing. glibc takes memory of 128 KiB
 * and more from the system apart, and once that is freed, gives back less of the rest. Otherwise it would
 * take and give back the memory of each message of 100 KB. */
enum { LARGE = 64 << 10, STEP = 256 << 10 };

bool csio__bytes_reserve(csio__bytes *bytes, size_t extra)
{
  if (extra <= bytes->capacity - bytes->size) return true;
  if (extra > SIZE_MAX / 2 - bytes->size) return false;
  size_t capacity = bytes->size + extra;
  if (capacity < bytes->capacity * 2) capacity = bytes->capacity * 2;
  if (capacity > LARGE && capacity < SIZE_MAX / 2) capacity = (capacity + STEP - 1) / STEP * STEP;
  uint8_t *data = realloc(bytes->data, capacity);
  if (!data) return false;
  bytes->data = data;
  bytes->capacity = capacity;
  return true;
}

bool csio__bytes_append(csio__bytes *bytes, const void *data, size_t size)
{
  if (!csio__bytes_reserve(bytes, size)) return false;
  if (size) memcpy(bytes->data + bytes->size, data, size);
  bytes->size += size;
  return true;
}

bool csio__bytes_append_list(csio__bytes *bytes, const char *const *texts)
{
  size_t size = 0;
  for (const char *const *text = texts; *text; text++)
    size += strlen(*text);
  if (!csio__bytes_reserve(bytes, size + 1)) return false;
  for (; *texts; texts++)
    csio__bytes_append(bytes, *texts, strlen(*texts));
  bytes->data[bytes->size] = '\0';
  return true;
}

char *csio__join_list(const char *const *texts)
{
  csio__bytes text = {0};
  csio__bytes_append_list(&text, texts);
  return (char *)text.data;
}
