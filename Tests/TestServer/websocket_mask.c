#include "websocket_mask.h"

#include <stdint.h>
#include <string.h>

void websocket_unmask(void *bytes, size_t size, const void *mask)
{
  uint8_t *at = bytes;
  uint64_t wide, word;
  memcpy(&wide, mask, 4);
  memcpy((uint8_t *)&wide + 4, mask, 4);
  size_t i = 0;
  for (; i + sizeof word <= size; i += sizeof word) {
    memcpy(&word, at + i, sizeof word);
    word ^= wide;
    memcpy(at + i, &word, sizeof word);
  }
  for (; i < size; i++)
    at[i] ^= ((const uint8_t *)mask)[i % 4];
}
