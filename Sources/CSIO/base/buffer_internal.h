#ifndef CSIO_BUFFER_INTERNAL_H
#define CSIO_BUFFER_INTERNAL_H

#include <csio/buffer.h>

#include <string.h>

/* `headroom` takes the head of a WebSocket frame, 14 bytes at most, right before the bytes. */
struct csio_buffer {
  csio_buffer *next; /* in the queue of the WebSocket that took it */
  size_t size;
  bool binary;
  bool ping;         /* not a message */
  bool uncompressed; /* must not be compressed */
  bool compressed;   /* is compressed */
  uint8_t headroom[14];
  uint8_t bytes[];
};

/* A buffer with these bytes; NULL when memory is short. */
csio_buffer *csio__buffer_copy(const void *bytes, size_t size);

/* A byte string that grows. */
typedef struct csio__bytes {
  uint8_t *data;
  size_t size;
  size_t capacity;
} csio__bytes;

/* Both return false, and leave the bytes as they are, when memory is short. */
bool csio__bytes_reserve(csio__bytes *bytes, size_t extra);
bool csio__bytes_append(csio__bytes *bytes, const void *data, size_t size);
void csio__bytes_free(csio__bytes *bytes);

/* Appends all of some strings, or none when memory is short. A terminator, which does not count, follows. */
#define csio__bytes_append_texts(bytes, ...)                                                                 \
  csio__bytes_append_list(bytes, (const char *const[]){__VA_ARGS__, NULL})
bool csio__bytes_append_list(csio__bytes *bytes, const char *const *texts);

/* Joins strings into one that the caller frees; NULL when memory is short. */
#define csio__join(...) csio__join_list((const char *const[]){__VA_ARGS__, NULL})
char *csio__join_list(const char *const *texts);

#endif
