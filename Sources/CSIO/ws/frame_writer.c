#include "ws/frame_writer.h"

enum {
  MASK_SIZE = 4,
  CONTROL = 0x8,          /* set in the kinds of control frames */
  MAX_CONTROL = 125,      /* bytes that a control frame carries */
  MASKS = 256,            /* taken from the system at once */
  BATCH_SIZE = 64 * 1024, /* larger ones gain nothing, and what the socket does not take is copied */
};

struct csio__framer {
  csio__guest guest;
  bool claimed;
  uint8_t masks[MASKS * MASK_SIZE];
  size_t masks_left;
  size_t size;
  uint8_t batch[BATCH_SIZE];
};

static const csio__guest_kind framer_guest = {.size = sizeof(csio__framer)};
static const csio__guest_kind claimed_guest = {.size = sizeof(csio__framer)};

csio__framer *csio__framer_of(csio_loop *loop)
{
  csio__failure failure;
  return csio__guest_of(loop, &framer_guest, &failure);
}

csio__framer *csio__framer_claim(csio_loop *loop)
{
  csio__failure failure;
  csio__framer *framer = csio__guest_of(loop, &claimed_guest, &failure);
  if (!framer || framer->claimed) return NULL;
  framer->claimed = true;
  return framer;
}

void csio__framer_release(csio__framer *framer)
{
  framer->claimed = false;
  framer->size = 0;
}

/* Unpredictable bytes (RFC 6455, section 5.3). */
static const uint8_t *new_mask(csio__framer *framer)
{
  if (!framer->masks_left) {
    if (uv_random(NULL, NULL, framer->masks, sizeof framer->masks, 0, NULL)) return NULL;
    framer->masks_left = MASKS;
  }
  return framer->masks + --framer->masks_left * MASK_SIZE;
}

static size_t head_size(size_t payload)
{
  return (payload < 126 ? 2 : payload <= UINT16_MAX ? 4 : 10) + MASK_SIZE;
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

/* The payload may be in its place already. False where the system has no random bytes. */
static bool write_frame(
    csio__framer *framer, uint8_t *into, unsigned kind, const uint8_t *payload, size_t size)
{
  enum { FINAL = 0x80, MASKED = 0x80 };
  size_t head = head_size(size), digits = head - MASK_SIZE - 2;
  const uint8_t *mask = new_mask(framer);
  if (!mask) return false;
  into[0] = (uint8_t)(FINAL | kind);
  into[1] = (uint8_t)(MASKED | (digits == 0 ? size : digits == 2 ? 126 : 127));
  for (size_t i = 0; i < digits; i++)
    into[2 + i] = (uint8_t)((uint64_t)size >> 8 * (digits - 1 - i));
  memcpy(into + head - MASK_SIZE, mask, MASK_SIZE);
  copy_masked(into + head, payload, size, mask);
  return true;
}

bool csio__framer_add(csio__framer *framer, unsigned kind, const void *payload, size_t size)
{
  size_t room = sizeof framer->batch - framer->size, head = head_size(size);
  if (kind & CONTROL && size > MAX_CONTROL) return false;
  if (size > room || head > room - size) return false;
  if (!write_frame(framer, framer->batch + framer->size, kind, payload, size)) return false;
  framer->size += head + size;
  return true;
}

bool csio__framer_add_close(csio__framer *framer, uint16_t code, const void *reason, size_t size)
{
  uint8_t payload[MAX_CONTROL] = {(uint8_t)(code >> 8), (uint8_t)code};
  if (size > sizeof payload - 2) return false;
  if (size) memcpy(payload + 2, reason, size);
  return csio__framer_add(framer, CSIO__CONTROL_CLOSE, payload, code ? 2 + size : 0);
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
  uint8_t *start = message->bytes - head;
  *size = head + message->size;
  return write_frame(framer, start, kind, message->bytes, message->size) ? start : NULL;
}
