#ifndef CSIO_TEXT_H
#define CSIO_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "" for NULL. */
static inline const char *csio__or_empty(const char *text)
{
  return text ? text : "";
}

/* A part of a string. */
typedef struct csio__text {
  const char *start; /* not terminated */
  size_t size;
} csio__text;

/* Without case. */
bool csio__text_is(csio__text text, const char *other);
bool csio__text_begins(csio__text text, const char *prefix);

/* With case. */
bool csio__text_equals(csio__text text, const char *other);

/* Without blanks at both ends. */
csio__text csio__text_trim(const char *start, size_t size);

/* The part up to the next `separator`, trimmed; `*rest` moves behind it. False if only blanks are left. */
bool csio__text_next(const char **rest, char separator, csio__text *part);

/* Splits at the first `=`; false, with everything in `name`, if there is none. */
bool csio__text_split(csio__text pair, csio__text *name, csio__text *value);

/* --- HTTP --- */

/* The limit for a server's status line and headers, in bytes, including those of 1xx answers. */
enum { CSIO__MAX_ANSWER_HEAD = 32 * 1024 };

/* A method or a header's name, as RFC 9110 defines "token". */
bool csio__is_token(const char *text);

/* Valid as a header's value: no control characters but tabs. */
bool csio__is_field_value(const char *text);

/* --- UTF-8 (RFC 3629), checked in pieces --- */

/* Where a check stands; zero is the start. */
typedef struct csio__utf8 {
  uint8_t missing;   /* continuation bytes of a sequence that has begun; the text may end where it is 0 */
  uint8_t low, high; /* the range of the next one */
} csio__utf8;

/* Checks the next bytes. False where no text begins like this; nothing must be checked after that. */
bool csio__utf8_read(csio__utf8 *utf8, const uint8_t *bytes, size_t size);

#endif
