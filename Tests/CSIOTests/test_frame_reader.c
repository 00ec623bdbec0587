/* Reads server frames, split in every way: every rule of RFC 6455, section 5, and of RFC 7692. */
#include "test.h"

#include "ws/frame_reader.h"

/* --- a log of events --- */

typedef struct record {
  char text[4096];
  size_t size;
} record;

static void note(record *record, const char *text)
{
  int size = snprintf(record->text + record->size, sizeof record->text - record->size, "%s", text);
  record->size += (size_t)size;
  CHECK(record->size < sizeof record->text);
}

static void note_bytes(record *record, const char *what, const uint8_t *bytes, size_t size)
{
  char text[200];
  if (size < 32) {
    snprintf(text, sizeof text, "%s(%.*s) ", what, (int)size, (const char *)bytes);
  } else {
    unsigned sum = 0;
    for (size_t i = 0; i < size; i++)
      sum = sum * 31 + bytes[i];
    snprintf(text, sizeof text, "%s(%zu %08x) ", what, size, sum);
  }
  note(record, text);
}

static void note_event(record *record, const csio__frame_event *event)
{
  char text[200];
  switch (event->kind) {
  case CSIO__FRAME_NONE:
    break;
  case CSIO__FRAME_MESSAGE:
    note_bytes(record, event->binary ? "binary" : "text", event->bytes, event->size);
    break;
  case CSIO__FRAME_PING:
    note_bytes(record, "ping", event->bytes, event->size);
    break;
  case CSIO__FRAME_PONG:
    note_bytes(record, "pong", event->bytes, event->size);
    break;
  case CSIO__FRAME_CLOSE:
    snprintf(text, sizeof text, "close %u", (unsigned)event->code);
    note_bytes(record, text, event->bytes, event->size);
    break;
  case CSIO__FRAME_BROKEN:
    snprintf(text, sizeof text, "%u: %s", (unsigned)event->code, event->fault);
    note(record, text);
    break;
  case CSIO__FRAME_TOO_LARGE:
    note(record, "too large");
    break;
  case CSIO__FRAME_NO_MEMORY:
    note(record, "no memory");
    break;
  }
}

/* --- input --- */

typedef struct options {
  size_t max;
  bool deflate, forgets; /* the server resets its window after each message */
} options;

static csio__frame_reader reader_for(const options *options)
{
  csio__deflate_terms terms = {.accepted = options->deflate, .server_no_context_takeover = options->forgets};
  csio__frame_reader reader;
  csio__frame_reader_init(&reader, options->max, &terms);
  return reader;
}

/* Copies the input to a block of exactly its size, so that the sanitizer sees any read beyond it. */
static void feed(csio__frame_reader *reader, const uint8_t *bytes, size_t size, record *record)
{
  uint8_t *copy = malloc(size);
  CHECK(copy || !size);
  if (size) memcpy(copy, bytes, size);
  const uint8_t *at = copy;
  size_t left = size;
  for (;;) {
    csio__frame_event event = csio__frame_reader_next(reader, &at, &left);
    CHECK(at == copy + size - left);
    if (event.kind == CSIO__FRAME_NONE) break;
    note_event(record, &event);
  }
  CHECK_INT(left, 0);
  CHECK(reader->message.capacity <= 64 * 1024 || reader->message.size);
  free(copy);
}

static void expect(const record *record, const char *events, const char *name, size_t cut)
{
  if (strcmp(record->text, events))
    FAIL("%s, cut at %zu: \"%s\", not \"%s\"", name, cut, record->text, events);
}

/* Checks the input whole, split in two at every place, and byte by byte. */
static void check_events(
    const char *name, const options *options, const void *input, size_t size, const char *events)
{
  const uint8_t *bytes = input;
  size_t step = size / 500 + 1;
  for (size_t cut = 0; cut <= size; cut += step) {
    csio__frame_reader reader = reader_for(options);
    record record = {0};
    feed(&reader, bytes, cut, &record);
    feed(&reader, bytes + cut, size - cut, &record);
    csio__frame_reader_free(&reader);
    expect(&record, events, name, cut);
  }
  csio__frame_reader reader = reader_for(options);
  record record = {0};
  for (size_t i = 0; i < size; i++)
    feed(&reader, bytes + i, 1, &record);
  csio__frame_reader_free(&reader);
  csio__frame_reader_free(&reader);
  expect(&record, events, name, 1);
}

typedef struct example {
  const char *bytes;
  size_t size;
  const char *events;
} example;

#define BYTES(literal) literal, sizeof literal - 1

static void check_examples(const options *options, const example *examples, size_t count)
{
  for (size_t i = 0; i < count; i++)
    check_events(examples[i].events, options, examples[i].bytes, examples[i].size, examples[i].events);
}

#define CHECK_EXAMPLES(options, examples)                                                                    \
  check_examples(options, examples, sizeof examples / sizeof *examples)

static const options plain = {0}, deflating = {.deflate = true};

/* --- messages --- */

static void reads_messages(void)
{
  static const example examples[] = {
      {BYTES(""), ""},
      {BYTES("\x81\x05hello"), "text(hello) "},
      {BYTES("\x82\x05hello"), "binary(hello) "},
      {BYTES("\x81\x00\x82\x00"), "text() binary() "},
      {BYTES("\x81\x02hi\x82\x03you\x81\x01!"), "text(hi) binary(you) text(!) "},
      {BYTES("\x01\x02he\x80\x03llo"), "text(hello) "},
      {BYTES("\x02\x02he\x00\x02ll\x00\x00\x80\x01o"), "binary(hello) "},
      {BYTES("\x01\x00\x80\x05hello"), "text(hello) "},
      {BYTES("\x01\x05hello\x80\x00"), "text(hello) "},
      {BYTES("\x01\x00\x80\x00"), "text() "},
      {BYTES("\x01\x02he\x89\x01p\x80\x03llo\x8a\x01q"), "ping(p) text(hello) pong(q) "},
      {BYTES("\x01\x02he\x80\x03llo\x01\x02hi\x80\x00\x81\x01x"), "text(hello) text(hi) text(x) "},
      {BYTES("\x89\x00\x8a\x00"), "ping() pong() "},
  };
  CHECK_EXAMPLES(&plain, examples);
  CHECK_EXAMPLES(&deflating, examples);
}

/* Appends a frame with random bytes and records it. */
static void add_frame(csio__bytes *input, record *record, size_t size)
{
  uint8_t head[10] = {0x82, (uint8_t)size};
  size_t digits = size < 126 ? 0 : size <= UINT16_MAX ? 2 : 8;
  if (digits) head[1] = digits == 2 ? 126 : 127;
  for (size_t i = 0; i < digits; i++)
    head[2 + i] = (uint8_t)((uint64_t)size >> 8 * (digits - 1 - i));
  uint8_t *bytes = test_bytes(size, 7);
  CHECK(csio__bytes_append(input, head, 2 + digits) && csio__bytes_append(input, bytes, size));
  note_bytes(record, "binary", bytes, size);
  free(bytes);
}

static void reads_all_lengths(void)
{
  static const size_t sizes[] = {125, 126, 127, 128, 255, 256, 65535, 65536, 65537, 200000};
  csio__bytes input = {0};
  record all = {0};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    add_frame(&input, &all, sizes[i]);
  check_events("all lengths", &plain, input.data, input.size, all.text);
  csio__bytes_free(&input);
}

/* --- faults --- */

static void refuses_bad_heads(void)
{
  static const example examples[] = {
      {BYTES("\x81\x82"), "1002: a masked frame"},
      {BYTES("\x81\x02hi\x81\x82\x01\x02\x03\x04hi"), "text(hi) 1002: a masked frame"},
      {BYTES("\x89\x80"), "1002: a masked frame"},
      {BYTES("\xc1\x02hi"), "1002: a reserved bit"},
      {BYTES("\xa1\x02hi"), "1002: a reserved bit"},
      {BYTES("\x91\x02hi"), "1002: a reserved bit"},
      {BYTES("\xc9\x00"), "1002: a reserved bit"},
      {BYTES("\x83\x00"), "1002: an unknown opcode"},
      {BYTES("\x84\x00"), "1002: an unknown opcode"},
      {BYTES("\x87\x00"), "1002: an unknown opcode"},
      {BYTES("\x8b\x00"), "1002: an unknown opcode"},
      {BYTES("\x8f\x00"), "1002: an unknown opcode"},
      {BYTES("\x09\x00"), "1002: a fragmented control frame"},
      {BYTES("\x08\x00"), "1002: a fragmented control frame"},
      {BYTES("\x0a\x00"), "1002: a fragmented control frame"},
      {BYTES("\x89\x7e"), "1002: a control frame of more than 125 bytes"},
      {BYTES("\x8a\x7f"), "1002: a control frame of more than 125 bytes"},
      {BYTES("\x88\x7e"), "1002: a control frame of more than 125 bytes"},
      {BYTES("\x80\x01x"), "1002: a continuation of no message"},
      {BYTES("\x00\x01x"), "1002: a continuation of no message"},
      {BYTES("\x81\x01x\x80\x01x"), "text(x) 1002: a continuation of no message"},
      {BYTES("\x01\x01x\x81\x01x"), "1002: a message inside another"},
      {BYTES("\x01\x01x\x89\x00\x02\x01x"), "ping() 1002: a message inside another"},
      {BYTES("\x82\x7e\x00\x7dx"), "1002: a frame length in more bytes than needed"},
      {BYTES("\x82\x7f\0\0\0\0\0\0\xff\xff"), "1002: a frame length in more bytes than needed"},
      {BYTES("\x82\x7f\x80\0\0\0\0\0\0\0"), "1002: a frame length of more than 63 bits"},
      {BYTES("\x81\x82\x81\x01x\x88\x00"), "1002: a masked frame"},
  };
  CHECK_EXAMPLES(&plain, examples);
}

static void refuses_bad_bits_with_deflate(void)
{
  static const example examples[] = {
      {BYTES("\xe1\x00"), "1002: a reserved bit"},
      {BYTES("\x91\x00"), "1002: a reserved bit"},
      {BYTES("\xc9\x00"), "1002: a reserved bit"},
      {BYTES("\xc8\x00"), "1002: a reserved bit"},
      {BYTES("\x41\x01\x4a\xc0\x00"), "1002: a reserved bit"},
      {BYTES("\x01\x01x\xc0\x01x"), "1002: a reserved bit"},
  };
  CHECK_EXAMPLES(&deflating, examples);
}

static void reads_close_frames(void)
{
  static const example examples[] = {
      {BYTES("\x88\x00"), "close 1005() "},
      {BYTES("\x88\x02\x03\xe8"), "close 1000() "},
      {BYTES("\x88\x05\x03\xe8"
             "bye"),
          "close 1000(bye) "},
      {BYTES("\x88\x00\x81\x02hi"), "close 1005() "},
      {BYTES("\x01\x02hi\x88\x02\x03\xe9\x80\x00"), "close 1001() "},
      {BYTES("\x88\x01\x03"), "1002: a close frame of one byte"},
      {BYTES("\x88\x03\x03\xe8\xff"), "1007: a close reason that is not UTF-8"},
      {BYTES("\x88\x04\x03\xe8\xe2\x82"), "1007: a close reason that is not UTF-8"},
      {BYTES("\x88\x05\x03\xe8\xe2\x82\xac"), "close 1000(\xe2\x82\xac) "},
  };
  CHECK_EXAMPLES(&plain, examples);
}

static void knows_close_codes(void)
{
  static const struct {
    unsigned first, last;
    bool valid;
  } ranges[] = {{0, 999, false}, {1000, 1003, true}, {1004, 1006, false}, {1007, 1014, true},
      {1015, 2999, false}, {3000, 4999, true}, {5000, 65535, false}};
  for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
    for (unsigned code = ranges[i].first; code <= ranges[i].last; code++) {
      uint8_t bytes[] = {0x88, 2, (uint8_t)(code >> 8), (uint8_t)code};
      char events[64];
      snprintf(events, sizeof events, ranges[i].valid ? "close %u() " : "1002: the close code %u", code);
      csio__frame_reader reader = reader_for(&plain);
      record record = {0};
      feed(&reader, bytes, sizeof bytes, &record);
      expect(&record, events, "a code", 0);
    }
}

/* --- text --- */

static void refuses_bad_text(void)
{
  static const char bad[] = "1007: text that is not UTF-8";
  static const example examples[] = {
      {BYTES("\x81\x08\xc2\x80\xdf\xbf\xe0\xa0\x80x"), "text(\xc2\x80\xdf\xbf\xe0\xa0\x80x) "},
      {BYTES("\x81\x06\xed\x9f\xbf\xef\xbf\xbf"), "text(\xed\x9f\xbf\xef\xbf\xbf) "},
      {BYTES("\x81\x08\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), "text(\xf0\x90\x80\x80\xf4\x8f\xbf\xbf) "},
      {BYTES("\x01\x01\xe2\x89\x00\x00\x01\x82\x80\x01\xac"), "ping() text(\xe2\x82\xac) "},
      {BYTES("\x81\x09\x61\x61\x61\x61\x61\x61\x61\x61\xff"), bad},
      {BYTES("\x81\x09\xff\x61\x61\x61\x61\x61\x61\x61\x61"), bad},
      {BYTES("\x81\x01\x80"), bad},
      {BYTES("\x81\x01\xc2"), bad},
      {BYTES("\x81\x02\xc1\xbf"), bad},
      {BYTES("\x81\x02\xc2\x41"), bad},
      {BYTES("\x81\x03\xe0\x9f\xbf"), bad},
      {BYTES("\x81\x03\xed\xa0\x80"), bad},
      {BYTES("\x81\x02\xe2\x82"), bad},
      {BYTES("\x81\x04\xf0\x8f\xbf\xbf"), bad},
      {BYTES("\x81\x04\xf4\x90\x80\x80"), bad},
      {BYTES("\x81\x01\xf5"), bad},
      {BYTES("\x81\x03\xf0\x90\x80"), bad},
      {BYTES("\x01\x02\xe2\x82\x80\x01x"), bad},
      {BYTES("\x01\x01\xe2\x80\x00"), bad},
      /* refused before the rest has arrived */
      {BYTES("\x01\x05h\xffllo"), bad},
      {BYTES("\x81\x7f\0\0\0\0\0\x10\0\0\xff"), bad},
      {BYTES("\x01\x01\xe2\x00\x01x"), bad},
      {BYTES("\x82\x02\xff\xfe\x02\x01\xff\x80\x01\xff"), "binary(\xff\xfe) binary(\xff\xff) "},
  };
  CHECK_EXAMPLES(&plain, examples);
}

/* Every code point. */
static void reads_all_characters(void)
{
  for (uint32_t c = 0; c < 0x110000; c++) {
    uint8_t bytes[4];
    size_t size = 1;
    if (c < 0x80) {
      bytes[0] = (uint8_t)c;
    } else {
      size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
      for (size_t i = size - 1, rest = c; i > 0; i--, rest >>= 6)
        bytes[i] = (uint8_t)(0x80 | (rest & 0x3f));
      bytes[0] = (uint8_t)((0xf00 >> size & 0xff) | c >> 6 * (size - 1));
    }
    csio__utf8 utf8 = {0};
    bool surrogate = c >= 0xd800 && c < 0xe000;
    if ((csio__utf8_read(&utf8, bytes, size) && !utf8.missing) == surrogate) FAIL("U+%04X", (unsigned)c);
  }
}

/* A character, and each of its bytes replaced or cut off, at every place of ASCII of every length. */
static void reads_characters_anywhere(void)
{
  enum { MOST = 100 };
  static const char euro[] = "\xe2\x82\xac";
  for (size_t size = 1; size <= MOST; size++)
    for (size_t at = 0; at < size; at++) {
      size_t fits = size - at < 3 ? size - at : 3;
      uint8_t *text = malloc(size); /* of its own, so that sanitizers see a read beyond it */
      CHECK(text);
      memset(text, 'a', size);
      memcpy(text + at, euro, fits);
      csio__utf8 utf8 = {0};
      CHECK(csio__utf8_read(&utf8, text, size));
      CHECK_INT(utf8.missing, 3 - fits);
      for (size_t i = 0; i < fits; i++) {
        text[at + i] = i ? 'a' : 0x80;
        utf8 = (csio__utf8){0};
        CHECK(!csio__utf8_read(&utf8, text, size));
        text[at + i] = (uint8_t)euro[i];
      }
      free(text);
    }
}

/* --- limits --- */

static void limits_messages(void)
{
  static const options five = {.max = 5};
  static const example examples[] = {
      {BYTES("\x81\x05hello\x82\x05hello"), "text(hello) binary(hello) "},
      {BYTES("\x81\x06"), "too large"},
      {BYTES("\x81\x05hello\x81\x06hello!\x81\x01x"), "text(hello) too large"},
      {BYTES("\x01\x03hel\x80\x02lo"), "text(hello) "},
      {BYTES("\x01\x03hel\x80\x03"), "too large"},
      {BYTES("\x01\x05hello\x00\x00\x89\x06hello!\x80\x00"), "ping(hello!) text(hello) "},
      {BYTES("\x01\x05hello\x00\x01"), "too large"},
      {BYTES("\x82\x7e\x01\x00"), "too large"},
      {BYTES("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"), "too large"},
      {BYTES("\x02\x01x\x80\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"), "too large"},
  };
  CHECK_EXAMPLES(&five, examples);
}

/* The announced size is reserved at once, up to 16 MiB, in steps of 256 KiB; memory of a refused message is
 * freed at once. */
static void reserves_what_is_announced(void)
{
  static const struct {
    const char *bytes;
    size_t size, least, most;
  } cases[] = {
      {BYTES("\x82\x7f\0\0\0\0\0\x01\x86\xa0xy"), 256 << 10, 256 << 10},
      {BYTES("\x82\x7f\0\0\0\x40\0\0\0\0xy"), (16 << 20) + (256 << 10), (16 << 20) + (256 << 10)},
      {BYTES("\x02\x02xy\x80\x81"), 0, 0},
      {BYTES("\x02\x02xy\x88\x00"), 0, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    csio__frame_reader reader = reader_for(&plain);
    const uint8_t *at = (const uint8_t *)cases[i].bytes;
    size_t size = cases[i].size;
    while (csio__frame_reader_next(&reader, &at, &size).kind != CSIO__FRAME_NONE)
      ;
    CHECK(reader.message.capacity >= cases[i].least && reader.message.capacity <= cases[i].most);
    csio__frame_reader_free(&reader);
  }
}

/* What lies whole in the input is delivered without a copy. */
static void delivers_in_place(void)
{
  static const uint8_t input[] = "\x81\x05hello\x01\x00\x80\x03you\x89\x01!\x88\x03\x03\xe8.";
  csio__frame_reader reader = reader_for(&plain);
  const uint8_t *at = input;
  size_t size = sizeof input - 1;
  CHECK(csio__frame_reader_next(&reader, &at, &size).bytes == input + 2);
  CHECK(csio__frame_reader_next(&reader, &at, &size).bytes == input + 11);
  CHECK(csio__frame_reader_next(&reader, &at, &size).bytes == input + 16);
  CHECK(csio__frame_reader_next(&reader, &at, &size).bytes == input + 21);
  CHECK(!reader.message.capacity && !reader.control.capacity);
  csio__frame_reader_free(&reader);
}

/* --- compressed messages --- */

#define HELLO "\xf2\x48\xcd\xc9\xc9\x07\x00" /* RFC 7692, section 7.2.3.1 */
#define AGAIN "\xf2\x00\x11\x00\x00"         /* the same, referring to the window of the message before */

static void reads_compressed_messages(void)
{
  static const example examples[] = {
      {BYTES("\xc1\x07" HELLO), "text(Hello) "},
      {BYTES("\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00"), "text(Hello) "},
      {BYTES("\x41\x00\x00\x07" HELLO "\x80\x00"), "text(Hello) "},
      {BYTES("\x41\x03\xf2\x48\xcd\x89\x01!\x80\x04\xc9\xc9\x07\x00"), "ping(!) text(Hello) "},
      {BYTES("\xc2\x07" HELLO "\x81\x02hi\xc1\x05" AGAIN), "binary(Hello) text(hi) text(Hello) "},
      {BYTES("\xc1\x0b\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), "text(Hello) "},
      {BYTES("\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), "text(Hello) "},
      {BYTES("\xc1\x0d\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), "text(Hello) "},
      {BYTES("\xc1\x01\x00\xc2\x01\x00"), "text() binary() "},
      {BYTES("\xc1\x08\xff\xff\xff\xff\xff\xff\xff\xff"), "1007: a message that cannot be decompressed"},
      {BYTES("\xc1\x03\x06\x00\x00"), "1007: a message that cannot be decompressed"},
      {BYTES("\xc1\x07\x00\x01\x00\xfe\xff\xff\x00"), "1007: text that is not UTF-8"},
      {BYTES("\x41\x06\x00\x01\x00\xfe\xff\xe2\x80\x01\x00"), "1007: text that is not UTF-8"},
      {BYTES("\xc2\x07\x00\x01\x00\xfe\xff\xff\x00"), "binary(\xff) "},
  };
  CHECK_EXAMPLES(&deflating, examples);
}

static void limits_what_is_decompressed(void)
{
  static const options five = {.max = 5, .deflate = true}, four = {.max = 4, .deflate = true};
  static const example fits[] = {
      {BYTES("\xc1\x07" HELLO "\xc1\x05" AGAIN), "text(Hello) text(Hello) "},
      {BYTES("\x81\x06"), "too large"},
  };
  static const example too_large[] = {
      {BYTES("\xc1\x07" HELLO), "too large"},
      {BYTES("\x41\x06\xf2\x48\xcd\xc9\xc9\x07"), "too large"},
  };
  CHECK_EXAMPLES(&five, fits);
  CHECK_EXAMPLES(&four, too_large);
}

/* When the server resets its window after each message, the reader keeps none between messages. */
static void drops_the_window(void)
{
  static const options forgetting = {.deflate = true, .forgets = true};
  for (int forgets = 0; forgets < 2; forgets++) {
    csio__frame_reader reader = reader_for(forgets ? &forgetting : &deflating);
    record record = {0};
    feed(&reader, (const uint8_t *)"\xc1\x07" HELLO, 9, &record);
    CHECK_STRING(record.text, "text(Hello) ");
    CHECK_INT(!reader.inflater, forgets);
    csio__frame_reader_free(&reader);
  }
  static const example examples[] = {
      {BYTES("\xc1\x07" HELLO "\xc1\x07" HELLO), "text(Hello) text(Hello) "},
      {BYTES("\xc1\x07" HELLO "\xc1\x05" AGAIN), "text(Hello) 1007: a message that cannot be decompressed"},
  };
  CHECK_EXAMPLES(&forgetting, examples);
}

int main(int argc, char **argv)
{
  RUN(reads_messages);
  RUN(reads_all_lengths);
  RUN(refuses_bad_heads);
  RUN(refuses_bad_bits_with_deflate);
  RUN(reads_close_frames);
  RUN(knows_close_codes);
  RUN(refuses_bad_text);
  RUN(reads_all_characters);
  RUN(reads_characters_anywhere);
  RUN(limits_messages);
  RUN(reserves_what_is_announced);
  RUN(delivers_in_place);
  RUN(reads_compressed_messages);
  RUN(limits_what_is_decompressed);
  RUN(drops_the_window);
}
