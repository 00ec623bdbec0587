#include "base/text.h"

#include <string.h>
#include <strings.h>

bool csio__text_begins(csio__text text, const char *prefix)
{
  size_t size = strlen(prefix);
  return text.size >= size && !strncasecmp(text.start, prefix, size);
}

bool csio__text_is(csio__text text, const char *other)
{
  return strlen(other) == text.size && csio__text_begins(text, other);
}

bool csio__text_equals(csio__text text, const char *other)
{
  return strlen(other) == text.size && !memcmp(text.start, other, text.size);
}

csio__text csio__text_trim(const char *start, size_t size)
{
  while (size && (*start == ' ' || *start == '\t'))
    start++, size--;
  while (size && (start[size - 1] == ' ' || start[size - 1] == '\t'))
    size--;
  return (csio__text){start, size};
}

bool csio__text_next(const char **rest, char separator, csio__text *part)
{
  *rest += strspn(*rest, " \t");
  if (!**rest) return false;
  const char *end = strchr(*rest, separator);
  size_t size = end ? (size_t)(end - *rest) : strlen(*rest);
  *part = csio__text_trim(*rest, size);
  *rest += size + (end != NULL);
  return true;
}

bool csio__text_split(csio__text pair, csio__text *name, csio__text *value)
{
  const char *equals = memchr(pair.start, '=', pair.size);
  size_t size = equals ? (size_t)(equals - pair.start) : pair.size;
  *name = csio__text_trim(pair.start, size);
  *value = equals ? csio__text_trim(equals + 1, pair.size - size - 1) : (csio__text){pair.start, 0};
  return equals;
}
