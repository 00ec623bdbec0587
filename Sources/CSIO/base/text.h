#ifndef CSIO_TEXT_H
#define CSIO_TEXT_H

#include <stdbool.h>
#include <stddef.h>

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

/* The part up to the next `separator`, trimmed; false where nothing but blanks is left of `*rest`, which
 * moves on. */
bool csio__text_next(const char **rest, char separator, csio__text *part);

/* Splits at the first `=`; false, with everything in `name`, where there is none. */
bool csio__text_split(csio__text pair, csio__text *name, csio__text *value);

#endif
