/* Each allocation of the handshake and the frame reader fails in turn: they report it and leak nothing. */
#include "allocations.h"

#include "ws/frame_reader.h"
#include "ws/handshake.h"

#include <csio/error.h>

static void check_reader(const uint8_t *input, size_t input_size)
{
  static const csio__deflate_terms terms = {.accepted = true};
  long count = 1;
  for (long nth = 0; nth <= count; nth++) {
    csio__frame_reader reader;
    csio__frame_reader_init(&reader, 0, &terms);
    const uint8_t *at = input;
    size_t size = input_size;
    int messages = 0, failures = 0;
    csio__frame_event event;
    allocations_fail(CSIO, nth);
    allocations_watch(true);
    while ((event = csio__frame_reader_next(&reader, &at, &size)).kind != CSIO__FRAME_NONE) {
      messages += event.kind == CSIO__FRAME_MESSAGE;
      failures += event.kind == CSIO__FRAME_NO_MEMORY;
    }
    allocations_watch(false);
    if (!nth) {
      count = allocations_count();
      CHECK(count >= 3);
      CHECK_INT(messages, 2);
    }
    CHECK_INT(failures, nth ? 1 : 0);
    CHECK_INT(size, 0);
    csio__frame_reader_free(&reader);
  }
}

/* Messages: compressed, fragmented, and one of which only the head has arrived, or half a ping instead. */
static void reader_survives(void)
{
#define TWO "\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\x02\x02xy\x80\x01z"
  check_reader((const uint8_t *)TWO "\x82\x7e\x01\x00", sizeof TWO + 3);
  check_reader((const uint8_t *)TWO "\x89\x02x", sizeof TWO + 2);
}

static csio__handshake_state read_answer(csio__handshake *handshake)
{
  char answer[200];
  const uint8_t *at = (const uint8_t *)answer;
  size_t size = (size_t)snprintf(answer, sizeof answer,
      "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
      handshake->accept);
  allocations_watch(true);
  csio__handshake_state state = csio__handshake_read(handshake, &at, &size);
  allocations_watch(false);
  return state;
}

static void handshake_survives(void)
{
  static const csio__handshake_request request = {
      .target = "/", .host_header = "here", .protocols = "one", .deflate = true};
  long count = 1;
  for (long nth = 0; nth <= count; nth++) {
    csio__handshake handshake;
    csio__bytes out = {0};
    allocations_fail(CSIO, nth);
    allocations_watch(true);
    int err = csio__handshake_begin(&handshake, &request, &out);
    allocations_watch(false);
    if (err) {
      CHECK_INT(err, CSIO_ENOMEM);
      CHECK_INT(out.size, 0);
    } else {
      CHECK_INT(read_answer(&handshake), nth ? CSIO__HANDSHAKE_NO_MEMORY : CSIO__HANDSHAKE_ACCEPTED);
    }
    if (!nth) count = allocations_count();
    CHECK(count >= 2);
    csio__handshake_free(&handshake);
    csio__bytes_free(&out);
  }
}

int main(int argc, char **argv)
{
  RUN(reader_survives);
  RUN(handshake_survives);
}
