/* A client's frames: what was written can be read, from batches and from the messages' own memory. Three
 * bytes of the input choose each frame's kind and size. */
#include "fuzz.h"

#include "ws/frame_writer.h"

static csio_loop loop; /* only its framer is used */

/* Removes the next frame from the wire: its first byte and its payload are these. */
static void expect(uint8_t **wire, size_t *left, unsigned first, const uint8_t *payload, size_t size)
{
  size_t digits = size < 126           ? 0
                  : size <= UINT16_MAX ? 2
                                       : 8,
         head = 2 + digits + 4, length = digits ? 0 : size;
  MUST(*left >= head + size);
  MUST((*wire)[0] == first);
  MUST((*wire)[1] == (0x80 | (digits == 0 ? size : digits == 2 ? 126 : 127)));
  for (size_t i = 0; i < digits; i++)
    length = length << 8 | (*wire)[2 + i];
  MUST(length == size);
  for (size_t i = 0; i < size; i++)
    MUST(((*wire)[head + i] ^ (*wire)[head - 4 + i % 4]) == payload[i]);
  *wire += head + size;
  *left -= head + size;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
  static const unsigned kinds[] = {CSIO__FRAME_TEXT, CSIO__FRAME_BINARY,
      CSIO__FRAME_TEXT | CSIO__FRAME_COMPRESSED, CSIO__CONTROL_PING, CSIO__CONTROL_PONG};
  static uint8_t payload[1 << 16];
  static size_t filled;
  csio__framer *framer = csio__framer_of(&loop);
  MUST(framer);
  struct {
    unsigned kind;
    size_t size;
  } added[64];
  size_t count = 0, batched = 0;
  for (; filled < sizeof payload; filled++)
    payload[filled] = (uint8_t)(filled * 7 + filled / 251);
  for (size_t at = 0; at + 3 <= size && count < 64; at += 3) {
    unsigned kind = kinds[bytes[at] % 5];
    size_t most = bytes[at + 1] < 0xf8 ? bytes[at + 1] : (size_t)bytes[at + 1] << 8 | bytes[at + 2];
    size_t frame = most + (most < 126 ? 6 : 8);
    bool fits = (kind < CSIO__CONTROL_CLOSE || kind & CSIO__FRAME_COMPRESSED || most <= 125) &&
                batched + frame <= 64 * 1024;
    MUST(csio__framer_add(framer, kind, payload, most) == fits);
    if (fits) {
      added[count].kind = kind;
      added[count++].size = most;
      batched += frame;
      continue;
    }
    csio_buffer *message = csio_buffer_create(most);
    MUST(message);
    if (most) memcpy(message->bytes, payload, most);
    size_t left;
    uint8_t *wire = csio__framer_wrap(framer, CSIO__FRAME_BINARY, message, &left);
    expect(&wire, &left, 0x80 | CSIO__FRAME_BINARY, payload, most);
    MUST(!left);
    csio_buffer_destroy(message);
  }
  size_t left;
  uint8_t *wire = csio__framer_take(framer, &left);
  MUST(left == batched);
  for (size_t i = 0; i < count; i++)
    expect(&wire, &left, 0x80 | added[i].kind, payload, added[i].size);
  MUST(!left);
  return 0;
}
