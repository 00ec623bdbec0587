/* UTF-8 (RFC 3629), checked in pieces. */
#ifndef CSIO_UTF8_H
#define CSIO_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a check stands; zero is the start. */
typedef struct csio__utf8 {
  uint8_t missing;   /* continuation bytes of a sequence that has begun; the text may end where it is 0 */
  uint8_t low, high; /* the range of the next one */
} csio__utf8;

/* Checks the next bytes. False where no text begins like this; nothing must be checked after that. */
bool csio__utf8_read(csio__utf8 *utf8, const uint8_t *bytes, size_t size);

#endif
