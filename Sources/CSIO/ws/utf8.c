#include "ws/utf8.h"

#include <string.h>

/* How many bytes from the beginning are ASCII, as a multiple of 8. */
static size_t ascii_words(const uint8_t *bytes, size_t size)
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
    if (*words & high_bits) break;
  }
  return done;
}

/* Begins a sequence. The first continuation byte is limited: no overlong forms, no surrogates, nothing above
 * U+10FFFF. */
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
      i += ascii_words(bytes + i, size - i);
      if (i == size) break;
    }
    if (bytes[i] >= 0x80 && !begin(&now, bytes[i])) return false;
  }
  *utf8 = now;
  return true;
}
