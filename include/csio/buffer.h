/* Byte buffers that reserve space in front for protocol headers, so that a message can be sent without a
 * copy. */
#ifndef CSIO_BUFFER_H
#define CSIO_BUFFER_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csio_buffer csio_buffer;

/* Creates a buffer of `size` uninitialised bytes; returns NULL if out of memory. May be called on any
 * thread. The caller owns the buffer until it passes it to a function that takes ownership, or destroys
 * it. */
CSIO_EXTERN csio_buffer *csio_buffer_create(size_t size);

/* Returns the buffer's first byte. The bytes may be written, and are valid until the buffer is destroyed
 * or handed over. */
CSIO_EXTERN uint8_t *csio_buffer_bytes(csio_buffer *buffer);

/* Returns the number of bytes in the buffer. */
CSIO_EXTERN size_t csio_buffer_size(const csio_buffer *buffer);

/* Shortens the buffer to its first `size` bytes. Does nothing if the buffer is not longer than that. */
CSIO_EXTERN void csio_buffer_truncate(csio_buffer *buffer, size_t size);

/* Frees a buffer that was not handed over. Does nothing if `buffer` is NULL. */
CSIO_EXTERN void csio_buffer_destroy(csio_buffer *buffer);

#ifdef __cplusplus
}
#endif
#endif
