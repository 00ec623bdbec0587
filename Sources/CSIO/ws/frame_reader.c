#include "ws/frame_reader.h"

#include <stdio.h>

enum {
  MAX_RESERVE = 16 << 20, /* the most that is allocated for a frame before its bytes come */
  MAX_KEPT = 64 * 1024,   /* memory for messages that is kept from one to the next */
};

enum { FINAL = 0x80, RSV1 = 0x40, RSV2_RSV3 = 0x30, OPCODE = 0x0f, MASKED = 0x80, LENGTH = 0x7f };
enum { PROTOCOL_ERROR = 1002, NOT_UTF8 = 1007 };
enum { CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

void csio__frame_reader_init(csio__frame_reader *reader, size_t max_message, const csio__deflate_terms *terms)
{
  *reader = (csio__frame_reader){.max_message = max_message, .terms = *terms};
}

void csio__frame_reader_free(csio__frame_reader *reader)
{
  csio__bytes_free(&reader->message);
  csio__bytes_free(&reader->control);
  csio__inflater_free(reader->inflater);
  reader->inflater = NULL;
  reader->ended = true;
}

/* Ends the reading. */
static csio__frame_event end(
    csio__frame_reader *reader, csio__frame_event_kind kind, uint16_t code, const char *fault)
{
  csio__frame_reader_free(reader);
  return (csio__frame_event){.kind = kind, .code = code, .fault = fault};
}

/* --- heads --- */

/* What is wrong with the first two bytes, or NULL. */
static const char *fault_of_head(const csio__frame_reader *reader)
{
  unsigned first = reader->head[0], second = reader->head[1], opcode = first & OPCODE;
  bool control = opcode >= CLOSE,
       compressible = reader->terms.accepted && (opcode == TEXT || opcode == BINARY);
  if (second & MASKED) return "a masked frame";
  if (first & (RSV1 | RSV2_RSV3) && (first & RSV2_RSV3 || !compressible)) return "a reserved bit";
  if (opcode > BINARY && (opcode < CLOSE || opcode > PONG)) return "an unknown opcode";
  if (control && !(first & FINAL)) return "a fragmented control frame";
  if (control && (second & LENGTH) > CSIO__MAX_CONTROL) return "a control frame of more than 125 bytes";
  if (opcode == CONTINUATION && !reader->in_message) return "a continuation of no message";
  if (opcode != CONTINUATION && !control && reader->in_message) return "a message inside another";
  return NULL;
}

/* Reads on to the head's first `size` bytes; false while some are missing. */
static bool fill_head(csio__frame_reader *reader, size_t size, const uint8_t **bytes, size_t *left)
{
  size_t before = reader->head_size, missing = before < size ? size - before : 0;
  size_t taken = missing < *left ? missing : *left;
  for (size_t i = 0; i < taken; i++)
    reader->head[before + i] = (*bytes)[i];
  *bytes += taken;
  *left -= taken;
  reader->head_size += (uint8_t)taken;
  return taken == missing;
}

/* Reads a head, and returns what is wrong with it. */
static const char *read_head(csio__frame_reader *reader, const uint8_t **bytes, size_t *left)
{
  if (!fill_head(reader, 2, bytes, left)) return NULL;
  const char *fault = fault_of_head(reader);
  if (fault) return fault;
  uint64_t length = reader->head[1] & LENGTH;
  size_t digits = length == 126 ? 2 : length == 127 ? 8 : 0;
  if (digits) {
    if (!fill_head(reader, 2 + digits, bytes, left)) return NULL;
    length = 0;
    for (size_t i = 0; i < digits; i++)
      length = length << 8 | reader->head[2 + i];
    if (length >> 63) return "a frame length of more than 63 bits";
    if (length < (digits == 2 ? 126 : UINT16_MAX + 1)) return "a frame length in more bytes than needed";
  }
  reader->head_size = 0;
  reader->in_frame = true;
  reader->rest = length;
  return NULL;
}

/* Begins or continues a message. False where it becomes too large, by what its frames announce. */
static bool begin_frame(csio__frame_reader *reader)
{
  unsigned first = reader->head[0], opcode = first & OPCODE;
  if (opcode >= CLOSE) {
    reader->control.size = 0;
    return true;
  }
  if (opcode != CONTINUATION) {
    reader->binary = opcode == BINARY;
    reader->compressed = first & RSV1;
  }
  reader->in_message = !(first & FINAL);
  size_t most = reader->max_message;
  return !most || reader->compressed || (reader->rest <= most && reader->message.size <= most - reader->rest);
}

/* --- messages --- */

/* A message, once it is complete. */
static inline csio__frame_event end_message(csio__frame_reader *reader, const uint8_t *bytes, size_t size)
{
  if (reader->rest || reader->in_message) return (csio__frame_event){0};
  if (reader->utf8.missing) return end(reader, CSIO__FRAME_BROKEN, NOT_UTF8, "text that is not UTF-8");
  if (reader->compressed && reader->terms.server_no_context_takeover) {
    csio__inflater_free(reader->inflater);
    reader->inflater = NULL;
  }
  reader->delivered = true;
  return (csio__frame_event){
      .kind = CSIO__FRAME_MESSAGE, .binary = reader->binary, .bytes = bytes, .size = size};
}

static csio__frame_event read_plain(csio__frame_reader *reader, const uint8_t *bytes, size_t size)
{
  if (!reader->binary && !csio__utf8_read(&reader->utf8, bytes, size))
    return end(reader, CSIO__FRAME_BROKEN, NOT_UTF8, "text that is not UTF-8");
  if (!reader->message.size && !reader->rest && !reader->in_message) return end_message(reader, bytes, size);
  size_t expected = size + (reader->rest < MAX_RESERVE ? (size_t)reader->rest : MAX_RESERVE);
  if (!csio__bytes_reserve(&reader->message, expected)) return end(reader, CSIO__FRAME_NO_MEMORY, 0, NULL);
  csio__bytes_append(&reader->message, bytes, size);
  return end_message(reader, reader->message.data, reader->message.size);
}

static csio__frame_event read_compressed(csio__frame_reader *reader, const uint8_t *bytes, size_t size)
{
  bool last = !reader->rest && !reader->in_message;
  csio__bytes *message = &reader->message;
  size_t before = message->size;
  csio__inflated result = csio__inflate(&reader->inflater, bytes, size, last, reader->max_message, message);
  if (result == CSIO__INFLATE_NO_MEMORY) return end(reader, CSIO__FRAME_NO_MEMORY, 0, NULL);
  /* checked first, so that the same fault is found however the input is cut */
  if (!reader->binary && !csio__utf8_read(&reader->utf8, message->data + before, message->size - before))
    return end(reader, CSIO__FRAME_BROKEN, NOT_UTF8, "text that is not UTF-8");
  if (result == CSIO__INFLATE_TOO_LARGE) return end(reader, CSIO__FRAME_TOO_LARGE, 0, NULL);
  if (result == CSIO__INFLATE_BROKEN)
    return end(reader, CSIO__FRAME_BROKEN, NOT_UTF8, "a message that cannot be decompressed");
  return end_message(reader, message->data, message->size);
}

/* --- control frames --- */

bool csio__is_close_code(unsigned code)
{
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

static csio__frame_event end_close(csio__frame_reader *reader, const uint8_t *bytes, size_t size)
{
  csio__frame_event event = {.kind = CSIO__FRAME_CLOSE, .code = 1005, .bytes = bytes};
  if (size == 1) return end(reader, CSIO__FRAME_BROKEN, PROTOCOL_ERROR, "a close frame of one byte");
  if (size) {
    event.code = (uint16_t)(bytes[0] << 8 | bytes[1]);
    event.bytes = bytes + 2;
    event.size = size - 2;
  }
  if (size && !csio__is_close_code(event.code)) {
    snprintf(reader->fault, sizeof reader->fault, "the close code %u", (unsigned)event.code);
    return end(reader, CSIO__FRAME_BROKEN, PROTOCOL_ERROR, reader->fault);
  }
  csio__utf8 utf8 = {0};
  if (!csio__utf8_read(&utf8, event.bytes, event.size) || utf8.missing)
    return end(reader, CSIO__FRAME_BROKEN, NOT_UTF8, "a close reason that is not UTF-8");
  reader->ended = true;
  return event;
}

static csio__frame_event read_control(csio__frame_reader *reader, const uint8_t *bytes, size_t size)
{
  csio__bytes *control = &reader->control;
  if (reader->rest || control->size) {
    if (!csio__bytes_append(control, bytes, size)) return end(reader, CSIO__FRAME_NO_MEMORY, 0, NULL);
    if (reader->rest) return (csio__frame_event){0};
    bytes = control->data;
    size = control->size;
  }
  unsigned opcode = reader->head[0] & OPCODE;
  if (opcode == CLOSE) return end_close(reader, bytes, size);
  return (csio__frame_event){
      .kind = opcode == PING ? CSIO__FRAME_PING : CSIO__FRAME_PONG, .bytes = bytes, .size = size};
}

/* Reads the payload, as far as it has come. */
static csio__frame_event read_payload(csio__frame_reader *reader, const uint8_t **bytes, size_t *left)
{
  const uint8_t *part = *bytes;
  size_t size = *left < reader->rest ? *left : (size_t)reader->rest;
  *bytes += size;
  *left -= size;
  reader->rest -= size;
  reader->in_frame = reader->rest;
  if ((reader->head[0] & OPCODE) >= CLOSE) return read_control(reader, part, size);
  return reader->compressed ? read_compressed(reader, part, size) : read_plain(reader, part, size);
}

csio__frame_event csio__frame_reader_next(csio__frame_reader *reader, const uint8_t **bytes, size_t *size)
{
  if (reader->delivered) {
    reader->delivered = false;
    reader->message.size = 0;
    if (reader->message.capacity > MAX_KEPT) csio__bytes_free(&reader->message);
  }
  while (!reader->ended) {
    if (!reader->in_frame) {
      const char *fault = read_head(reader, bytes, size);
      if (fault) return end(reader, CSIO__FRAME_BROKEN, PROTOCOL_ERROR, fault);
      if (!reader->in_frame) return (csio__frame_event){0};
      if (!begin_frame(reader)) return end(reader, CSIO__FRAME_TOO_LARGE, 0, NULL);
    }
    if (reader->rest && !*size) return (csio__frame_event){0};
    csio__frame_event event = read_payload(reader, bytes, size);
    if (event.kind) return event;
  }
  csio__frame_reader_free(reader);
  *bytes += *size;
  *size = 0;
  return (csio__frame_event){0};
}
