#include "base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct buffer *out, struct slice bytes)
{
  const unsigned char *in = (const unsigned char *)bytes.data;
  size_t left = bytes.length;
  char *end = buffer_reserve(out, (left + 2) / 3 * 4);
  if (!end) return;
  for (; left >= 3; left -= 3, in += 3) {
    uint32_t group = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
    *end++ = alphabet[group >> 18];
    *end++ = alphabet[group >> 12 & 63];
    *end++ = alphabet[group >> 6 & 63];
    *end++ = alphabet[group & 63];
  }
  if (left) {
    uint32_t group = (uint32_t)in[0] << 16 | (left == 2 ? (uint32_t)in[1] << 8 : 0);
    *end++ = alphabet[group >> 18];
    *end++ = alphabet[group >> 12 & 63];
    *end++ = left == 2 ? alphabet[group >> 6 & 63] : '=';
    *end++ = '=';
  }
  out->length += (bytes.length + 2) / 3 * 4;
}

static int value_of(char c)
{
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

bool base64_decode(struct buffer *out, struct slice text)
{
  if (text.length % 4) return false;
  if (!text.length) return true;
  size_t padding = text.data[text.length - 1] != '=' ? 0 : text.data[text.length - 2] != '=' ? 1 : 2;
  size_t digits = text.length - padding, length = text.length / 4 * 3 - padding;
  unsigned char *end = (unsigned char *)buffer_reserve(out, length);
  if (!end) return false;
  uint32_t group = 0;
  for (size_t i = 0; i < digits; i++) {
    int value = value_of(text.data[i]);
    if (value < 0) return false;
    group = group << 6 | (uint32_t)value;
    if (i % 4 == 3) {
      *end++ = (unsigned char)(group >> 16);
      *end++ = (unsigned char)(group >> 8);
      *end++ = (unsigned char)group;
      group = 0;
    }
  }
  /* The bits that the padding cuts off must be zero, or two texts would decode to the same bytes. */
  if (padding == 1) {
    if (group & 3) return false;
    *end++ = (unsigned char)(group >> 10);
    *end = (unsigned char)(group >> 2);
  } else if (padding == 2) {
    if (group & 15) return false;
    *end = (unsigned char)(group >> 4);
  }
  out->length += length;
  return true;
}
