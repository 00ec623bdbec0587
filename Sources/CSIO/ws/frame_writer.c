#include "ws/frame_writer.h"

#include <stdlib.h>

enum {
  MASK_SIZE = 4,
  MASKS = 256, /* taken from the system at once */
  /* More in one send() gains nothing, and what the socket does not take is copied. */
  BATCH_SIZE = 64 * 1024,
};

struct csio__framer {
  csio__guest guest;
  uint8_t masks[MASKS * MASK_SIZE];
  size_t next_mask; /* of `masks`, in bytes */
  size_t size;
  uint8_t batch[BATCH_SIZE];
};

static void free_framer(csio__guest *guest)
{
  free(guest);
}

static const csio__guest_kind framer_guest = {.free = free_framer};

csio__framer *csio__framer_of(csio_loop *loop)
{
  csio__framer *framer = csio__guest_of(loop, &framer_guest);
  if (framer || !(framer = malloc(sizeof *framer))) return framer;
  framer->next_mask = sizeof framer->masks;
  framer->size = 0;
  csio__guest_add(loop, &framer_guest, &framer->guest);
  return framer;
}

/* Bytes that nobody can foresee: RFC 6455, section 5.3. */
static const uint8_t *new_mask(csio__framer *framer)
{
  if (framer->next_mask == sizeof framer->masks) {
    if (uv_random(NULL, NULL, framer->masks, sizeof framer->masks, 0, NULL)) return NULL;
    framer->next_mask = 0;
  }
  framer->next_mask += MASK_SIZE;
  return framer->masks + framer->next_mask - MASK_SIZE;
}

static size_t head_size(size_t payload)
{
  return (payload < 126 ? 2 : payload <= UINT16_MAX ? 4 : 10) + MASK_SIZE;
}

static void write_head(uint8_t *into, unsigned kind, size_t payload, const uint8_t *mask)
{
  enum { FINAL = 0x80, MASKED = 0x80 };
  size_t head = head_size(payload), digits = head - MASK_SIZE - 2;
  into[0] = (uint8_t)(FINAL | kind);
  into[1] = (uint8_t)(MASKED | (digits == 0 ? payload : digits == 2 ? 126 : 127));
  for (size_t i = 0; i < digits; i++)
    into[2 + i] = (uint8_t)((uint64_t)payload >> 8 * (digits - 1 - i));
  memcpy(into + head - MASK_SIZE, mask, MASK_SIZE);
}

/* `into` may be `bytes`. */
static void copy_masked(uint8_t *into, const uint8_t *bytes, size_t size, const uint8_t *mask)
{
  uint8_t twice[2 * MASK_SIZE];
  uint64_t wide, word;
  memcpy(twice, mask, MASK_SIZE);
  memcpy(twice + MASK_SIZE, mask, MASK_SIZE);
  memcpy(&wide, twice, sizeof wide);
  size_t i = 0;
  for (; i + sizeof word <= size; i += sizeof word) {
    memcpy(&word, bytes + i, sizeof word);
    word ^= wide;
    memcpy(into + i, &word, sizeof word);
  }
  for (; i < size; i++)
    into[i] = bytes[i] ^ mask[i % MASK_SIZE];
}

bool csio__framer_add(csio__framer *framer, unsigned kind, const csio_buffer *message)
{
  size_t room = sizeof framer->batch - framer->size, head = head_size(message->size);
  if (message->size > room || head > room - message->size) return false;
  const uint8_t *mask = new_mask(framer);
  if (!mask) return false;
  uint8_t *into = framer->batch + framer->size;
  write_head(into, kind, message->size, mask);
  copy_masked(into + head, message->bytes, message->size, mask);
  framer->size += head + message->size;
  return true;
}

uint8_t *csio__framer_take(csio__framer *framer, size_t *size)
{
  *size = framer->size;
  framer->size = 0;
  return framer->batch;
}

uint8_t *csio__framer_wrap(csio__framer *framer, unsigned kind, csio_buffer *message, size_t *size)
{
  size_t head = head_size(message->size);
  const uint8_t *mask = new_mask(framer);
  if (!mask) return NULL;
  uint8_t *start = message->bytes - head;
  write_head(start, kind, message->size, mask);
  copy_masked(message->bytes, message->bytes, message->size, mask);
  *size = head + message->size;
  return start;
}
