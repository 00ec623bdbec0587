/* The wire format of a client's frames. */
#include "test.h"

#include "ws/frame_writer.h"

static csio_loop loop; /* only its framer is used */

/* --- reading them back --- */

typedef struct wire {
  const uint8_t *bytes;
  size_t size;
} wire;

/* Takes the next frame and checks its head and payload. */
static void expect_frame(wire *wire, unsigned first, const void *payload, size_t size)
{
  size_t digits = size < 126 ? 0 : size <= UINT16_MAX ? 2 : 8, head = 2 + digits + 4;
  CHECK(wire->size >= head + size);
  CHECK_INT(wire->bytes[0], first);
  CHECK_INT(wire->bytes[1], 0x80 | (digits == 0 ? size : digits == 2 ? 126 : 127));
  uint64_t length = digits ? 0 : size;
  for (size_t i = 0; i < digits; i++)
    length = length << 8 | wire->bytes[2 + i];
  CHECK_INT(length, size);
  const uint8_t *mask = wire->bytes + head - 4;
  for (size_t i = 0; i < size; i++)
    if ((wire->bytes[head + i] ^ mask[i % 4]) != ((const uint8_t *)payload)[i]) FAIL("byte %zu differs", i);
  wire->bytes += head + size;
  wire->size -= head + size;
}

static wire take(csio__framer *framer)
{
  wire wire;
  wire.bytes = csio__framer_take(framer, &wire.size);
  return wire;
}

static csio_buffer *message_of(size_t size)
{
  csio_buffer *message = csio_buffer_create(size);
  uint8_t *bytes = test_bytes(size, 3);
  CHECK(message && bytes);
  if (size) memcpy(csio_buffer_bytes(message), bytes, size);
  free(bytes);
  return message;
}

/* --- messages --- */

static const size_t sizes[] = {
    0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 125, 126, 127, 128, 1000, 65535, 65536, 200001};

enum { SIZES = sizeof sizes / sizeof *sizes, BATCH_SIZE = 64 * 1024 };

static void writes_batches(void)
{
  csio__framer *framer = csio__framer_of(&loop);
  CHECK(framer && framer == csio__framer_of(&loop));
  for (size_t i = 0; i < SIZES; i++) {
    csio_buffer *message = message_of(sizes[i]);
    bool fits = sizes[i] < 65000;
    CHECK_INT(csio__framer_add(framer, CSIO__FRAME_BINARY, message->bytes, message->size), fits);
    CHECK_INT(
        csio__framer_add(framer, CSIO__FRAME_TEXT | CSIO__FRAME_COMPRESSED, message->bytes, message->size),
        fits);
    wire wire = take(framer);
    if (fits) {
      expect_frame(&wire, 0x82, csio_buffer_bytes(message), sizes[i]);
      expect_frame(&wire, 0xc1, csio_buffer_bytes(message), sizes[i]);
    }
    CHECK_INT(wire.size, 0);
    csio_buffer_destroy(message);
  }
}

/* A message that does not fit is left out whole; one that just fits is added. */
static void fills_batches(void)
{
  csio__framer *framer = csio__framer_of(&loop);
  csio_buffer *most = message_of(BATCH_SIZE - 8), *more = message_of(BATCH_SIZE - 7), *small = message_of(1);
  CHECK(!csio__framer_add(framer, CSIO__FRAME_TEXT, more->bytes, more->size));
  CHECK(csio__framer_add(framer, CSIO__FRAME_TEXT, most->bytes, most->size));
  CHECK(!csio__framer_add(framer, CSIO__FRAME_TEXT, small->bytes, small->size));
  CHECK(!csio__framer_add(framer, CSIO__CONTROL_PONG, NULL, 0));
  wire wire = take(framer);
  CHECK_INT(wire.size, BATCH_SIZE);
  expect_frame(&wire, 0x81, csio_buffer_bytes(most), BATCH_SIZE - 8);
  CHECK_INT(take(framer).size, 0);
  csio_buffer_destroy(most);
  csio_buffer_destroy(more);
  csio_buffer_destroy(small);
}

/* A batch that grows over several calls belongs to one owner, apart from the loop's other. */
static void belongs_to_one_owner(void)
{
  csio__framer *claimed = csio__framer_claim(&loop);
  CHECK(claimed && claimed != csio__framer_of(&loop));
  CHECK(!csio__framer_claim(&loop));
  CHECK(csio__framer_add(claimed, CSIO__FRAME_TEXT, "a", 1));
  CHECK(csio__framer_add(csio__framer_of(&loop), CSIO__FRAME_TEXT, "b", 1));
  wire wire = take(csio__framer_of(&loop));
  expect_frame(&wire, 0x81, "b", 1);
  csio__framer_release(claimed); /* with what it holds */
  CHECK(csio__framer_claim(&loop) == claimed);
  CHECK(csio__framer_add(claimed, CSIO__FRAME_TEXT, "c", 1));
  wire = take(claimed);
  expect_frame(&wire, 0x81, "c", 1);
  CHECK_INT(wire.size, 0);
  csio__framer_release(claimed);
}

static void wraps_messages(void)
{
  csio__framer *framer = csio__framer_of(&loop);
  for (size_t i = 0; i < SIZES; i++) {
    csio_buffer *message = message_of(sizes[i]);
    uint8_t *before = test_bytes(sizes[i], 3);
    wire wire;
    wire.bytes = csio__framer_wrap(framer, CSIO__FRAME_BINARY, message, &wire.size);
    CHECK(
        wire.bytes >= (uint8_t *)message && wire.bytes + wire.size == csio_buffer_bytes(message) + sizes[i]);
    expect_frame(&wire, 0x82, before, sizes[i]);
    CHECK_INT(wire.size, 0);
    csio_buffer_destroy(message);
    free(before);
  }
}

/* Every frame has a new mask, however many are written. */
static void changes_masks(void)
{
  enum { COUNT = 2000 };
  csio__framer *framer = csio__framer_of(&loop);
  static uint32_t masks[COUNT];
  int equal = 0;
  for (int i = 0; i < COUNT; i++) {
    CHECK(csio__framer_add(framer, CSIO__CONTROL_PING, NULL, 0));
    memcpy(&masks[i], take(framer).bytes + 2, sizeof *masks);
    for (int j = 0; j < i; j++)
      equal += masks[i] == masks[j];
  }
  CHECK(equal < 3); /* chance alone gives more less than once in 10^10 runs */
}

/* --- control frames --- */

static void writes_control_frames(void)
{
  csio__framer *framer = csio__framer_of(&loop);
  uint8_t *payload = test_bytes(126, 5);
  for (size_t size = 0; size <= 125; size++) {
    CHECK(csio__framer_add(framer, CSIO__CONTROL_PONG, payload, size));
    CHECK(csio__framer_add(framer, CSIO__CONTROL_PING, payload, size));
    wire wire = take(framer);
    expect_frame(&wire, 0x8a, payload, size);
    expect_frame(&wire, 0x89, payload, size);
    CHECK_INT(wire.size, 0);
  }
  CHECK(!csio__framer_add(framer, CSIO__CONTROL_PONG, payload, 126));
  CHECK_INT(take(framer).size, 0);
  free(payload);
}

static void writes_close_frames(void)
{
  csio__framer *framer = csio__framer_of(&loop);
  char reason[125];
  memset(reason, 'x', sizeof reason);
  CHECK(csio__framer_add_close(framer, 0, NULL, 0));
  CHECK(csio__framer_add_close(framer, 1000, "", 0));
  CHECK(csio__framer_add_close(framer, 4999, "bye", 3));
  CHECK(csio__framer_add_close(framer, 1009, reason, 123));
  CHECK(!csio__framer_add_close(framer, 1009, reason, 124));
  wire wire = take(framer);
  expect_frame(&wire, 0x88, "", 0);
  expect_frame(&wire, 0x88, "\x03\xe8", 2);
  expect_frame(&wire, 0x88,
      "\x13\x87"
      "bye",
      5);
  reason[0] = '\x03', reason[1] = '\xf1';
  expect_frame(&wire, 0x88, reason, 125);
  CHECK_INT(wire.size, 0);
}

int main(int argc, char **argv)
{
  RUN(writes_batches);
  RUN(fills_batches);
  RUN(belongs_to_one_owner);
  RUN(wraps_messages);
  RUN(changes_masks);
  RUN(writes_control_frames);
  RUN(writes_close_frames);
  while (loop.guests) {
    csio__guest *guest = loop.guests;
    loop.guests = guest->next;
    free(guest);
  }
}
