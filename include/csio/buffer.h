/* Bytes with room in front for what the transports put there, so that a message is written once and never
 * copied. */
#ifndef CSIO_BUFFER_H
#define CSIO_BUFFER_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csio_buffer csio_buffer;

/* Makes a buffer of `size` bytes, not initialised; NULL when memory is short. Any thread. The caller owns it
 * until it hands it to a function that says it takes ownership, or destroys it. */
CSIO_EXTERN csio_buffer *csio_buffer_create(size_t size);

/* The first of the buffer's bytes, writable. Valid as long as the buffer. */
CSIO_EXTERN uint8_t *csio_buffer_bytes(csio_buffer *buffer);

/* How many bytes the buffer holds. */
CSIO_EXTERN size_t csio_buffer_size(const csio_buffer *buffer);

/* Keeps only the first `size` bytes; `size` beyond the present one is ignored. */
CSIO_EXTERN void csio_buffer_truncate(csio_buffer *buffer, size_t size);

/* Frees a buffer that nobody took; NULL is allowed. */
CSIO_EXTERN void csio_buffer_destroy(csio_buffer *buffer);

#ifdef __cplusplus
}
#endif
#endif
