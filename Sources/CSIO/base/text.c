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

bool csio__is_token(const char *text)
{
  static const char allowed[] =
      "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return *text && text[strspn(text, allowed)] == '\0';
}

bool csio__is_field_value(const char *text)
{
  for (; *text; text++)
    if (((unsigned char)*text < ' ' && *text != '\t') || *text == 127) return false;
  return true;
}

/* --- UTF-8 --- */

/* How many bytes from the beginning are ASCII; perhaps a few more are. */
static size_t ascii_bytes(const uint8_t *bytes, size_t size)
{
  const uint64_t high_bits = 0x8080808080808080;
  uint64_t words[4];
  size_t done = 0;
  for (; size - done >= sizeof words; done += sizeof words) {
    memcpy(words, bytes + done, sizeof words);
    if ((words[0] | words[1] | words[2] | words[3]) & high_bits) break;
  }
  for (; size - done >= sizeof *words; done += sizeof *words) {
    memcpy(words, bytes + done, sizeof *words);
    if (*words & high_bits) return done;
  }
  if (size < sizeof *words) return done;
  memcpy(words, bytes + size - sizeof *words, sizeof *words); /* the rest, with some bytes once more */
  return *words & high_bits ? done : size;
}

/* Begins a sequence, and limits its second byte: no overlong forms, no surrogates, nothing above U+10FFFF. */
static bool begin(csio__utf8 *utf8, uint8_t lead)
{
  if (lead < 0xc2 || lead > 0xf4) return false;
  utf8->missing = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
  utf8->low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  utf8->high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  return true;
}

bool csio__utf8_read(csio__utf8 *utf8, const uint8_t *bytes, size_t size)
{
  csio__utf8 now = *utf8;
  for (size_t i = 0; i < size; i++) {
    if (now.missing) {
      if (bytes[i] < now.low || bytes[i] > now.high) return false;
      now = (csio__utf8){.missing = now.missing - 1, .low = 0x80, .high = 0xbf};
      continue;
    }
    if (bytes[i] < 0x80) {
      i += ascii_bytes(bytes + i, size - i);
      if (i == size) break;
    }
    if (bytes[i] >= 0x80 && !begin(&now, bytes[i])) return false;
  }
  *utf8 = now;
  return true;
}
