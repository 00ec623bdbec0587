#include "utf8.h"

#include <stdint.h>
#include <string.h>

static bool continues(unsigned char c)
{
  return (c & 0xC0) == 0x80;
}

size_t utf8_sequence(struct slice text)
{
  const unsigned char *c = (const unsigned char *)text.data;
  if (!text.length) return 0;
  if (c[0] < 0x80) return 1;
  if (c[0] >= 0xC2 && c[0] < 0xE0) return text.length >= 2 && continues(c[1]) ? 2 : 0;
  if (c[0] >= 0xE0 && c[0] < 0xF0) {
    if (text.length < 3 || !continues(c[1]) || !continues(c[2])) return 0;
    if (c[0] == 0xE0 && c[1] < 0xA0) return 0;  /* overlong */
    if (c[0] == 0xED && c[1] >= 0xA0) return 0; /* a surrogate */
    return 3;
  }
  if (c[0] >= 0xF0 && c[0] < 0xF5) {
    if (text.length < 4 || !continues(c[1]) || !continues(c[2]) || !continues(c[3])) return 0;
    if (c[0] == 0xF0 && c[1] < 0x90) return 0;  /* overlong */
    if (c[0] == 0xF4 && c[1] >= 0x90) return 0; /* above U+10FFFF */
    return 4;
  }
  return 0;
}

bool utf8_is_valid(struct slice text)
{
  while (text.length) {
    uint64_t word;
    if (text.length >= sizeof word) {
      memcpy(&word, text.data, sizeof word);
      if (!(word & 0x8080808080808080)) {
        text.data += sizeof word;
        text.length -= sizeof word;
        continue;
      }
    }
    size_t length = utf8_sequence(text);
    if (!length) return false;
    text.data += length;
    text.length -= length;
  }
  return true;
}
