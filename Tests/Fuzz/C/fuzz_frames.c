/* A server's frames: the events are the same whether the input is whole or split, and they respect the
 * rules and the limit. The first byte of the input chooses parameters and limit, the second the splits. */
#include "fuzz.h"

#include "ws/frame_reader.h"

enum { DEFLATE = 1, FORGETS = 2, MAX_KEPT = 64 * 1024 };

static const size_t limits[] = {64 * 1024, 1000, 126, 5};

/* The result of reading: a checksum of all events, and their number. */
typedef struct outcome {
  uint64_t sum;
  size_t events;
} outcome;

static void add(outcome *outcome, const void *bytes, size_t size)
{
  for (size_t i = 0; i < size; i++)
    outcome->sum = (outcome->sum ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3;
}

static void check(const csio__frame_reader *reader, const csio__frame_event *event)
{
  csio__utf8 utf8 = {0};
  bool text = event->kind == CSIO__FRAME_CLOSE || (event->kind == CSIO__FRAME_MESSAGE && !event->binary);
  bool control = event->kind >= CSIO__FRAME_PING && event->kind <= CSIO__FRAME_CLOSE;
  MUST(event->kind != CSIO__FRAME_NO_MEMORY);
  MUST(!text || (csio__utf8_read(&utf8, event->bytes, event->size) && !utf8.missing));
  MUST(!control || event->size <= CSIO__MAX_CONTROL);
  MUST(event->kind != CSIO__FRAME_MESSAGE || event->size <= reader->max_message);
  MUST((event->kind == CSIO__FRAME_BROKEN) == (event->fault != NULL));
  MUST(event->kind != CSIO__FRAME_BROKEN || event->code == 1002 || event->code == 1007);
}

static void note(outcome *outcome, const csio__frame_event *event)
{
  const uint64_t numbers[] = {event->kind, event->binary, event->code, event->size};
  add(outcome, numbers, sizeof numbers);
  add(outcome, event->bytes, event->size);
  if (event->fault) add(outcome, event->fault, strlen(event->fault));
  outcome->events++;
}

static outcome read_in_steps(unsigned choice, const uint8_t *bytes, size_t size, size_t step)
{
  csio__deflate_terms terms = {.accepted = choice & DEFLATE, .server_no_context_takeover = choice & FORGETS};
  csio__frame_reader reader;
  outcome outcome = {0};
  csio__frame_reader_init(&reader, limits[choice >> 2 & 3], &terms);
  for (size_t at = 0; at < size;) {
    size_t part = size - at < step ? size - at : step, left = part;
    const uint8_t *input = bytes + at;
    csio__frame_event event;
    while ((event = csio__frame_reader_next(&reader, &input, &left)).kind != CSIO__FRAME_NONE) {
      check(&reader, &event);
      note(&outcome, &event);
    }
    MUST(!left && input == bytes + at + part);
    MUST(reader.message.size <= reader.max_message);
    MUST(reader.message.capacity <= 4 * MAX_KEPT);
    MUST(reader.message.size || reader.message.capacity <= MAX_KEPT);
    at += part;
  }
  csio__frame_reader_free(&reader);
  return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
  if (size < 2) return 0;
  unsigned choice = bytes[0];
  size_t step = (size_t)bytes[1] + 1;
  outcome whole = read_in_steps(choice, bytes + 2, size - 2, size);
  outcome cut = read_in_steps(choice, bytes + 2, size - 2, step);
  outcome bytewise = read_in_steps(choice, bytes + 2, size - 2, 1);
  MUST(whole.sum == cut.sum && whole.events == cut.events);
  MUST(whole.sum == bytewise.sum && whole.events == bytewise.events);
  return 0;
}
