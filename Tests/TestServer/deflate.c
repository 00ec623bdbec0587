#define ZLIB_CONST

#include "deflate.h"

#include <string.h>
#include <zlib.h>

enum {
  CHUNK = 16 * 1024,
  RAW = -MAX_WBITS,
  BETWEEN_BLOCKS = 128, /* a bit of data_type after inflate() */
};

/* The end of a flushed stream, which is not sent. */
static const char flush_mark[4] = {0, 0, '\xFF', '\xFF'};

static bool is_acceptable(struct slice offer)
{
  if (!slice_is_ignoring_case(slice_trim(slice_cut(&offer, ';')), "permessage-deflate")) return false;
  while (offer.length) {
    struct slice value = slice_trim(slice_cut(&offer, ';')), name = slice_cut(&value, '=');
    bool known = slice_is(name, "client_no_context_takeover") ||
                 slice_is(name, "server_no_context_takeover") || slice_is(name, "client_max_window_bits");
    /* A smaller server window is declined: tests do not need one. */
    if (!known) return false;
  }
  return true;
}

bool deflate_is_offered(struct slice extensions)
{
  while (extensions.length)
    if (is_acceptable(slice_cut(&extensions, ','))) return true;
  return false;
}

bool deflate_message(struct buffer *out, struct slice message)
{
  z_stream stream = {.next_in = (const Bytef *)message.data, .avail_in = (uInt)message.length};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, RAW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return false;
  do {
    char *end = buffer_reserve(out, CHUNK);
    if (!end) break;
    stream.next_out = (Bytef *)end;
    stream.avail_out = CHUNK;
    deflate(&stream, Z_SYNC_FLUSH);
    out->length += CHUNK - stream.avail_out;
  } while (!stream.avail_out);
  deflateEnd(&stream);
  if (!out->failed) out->length -= sizeof flush_mark;
  return !out->failed;
}

enum inflate_result inflate_message(struct buffer *out, struct slice data, size_t limit)
{
  z_stream stream = {.next_in = (const Bytef *)data.data, .avail_in = (uInt)data.length};
  if (inflateInit2(&stream, RAW) != Z_OK) return INFLATE_WRONG;
  enum inflate_result result = INFLATE_DONE;
  bool marked = false;
  int status = Z_OK;
  do {
    if (!stream.avail_in && !marked) {
      stream.next_in = (const Bytef *)flush_mark;
      stream.avail_in = sizeof flush_mark;
      marked = true;
    }
    char *end = buffer_reserve(out, CHUNK);
    if (!end) {
      result = INFLATE_TOO_BIG;
      break;
    }
    stream.next_out = (Bytef *)end;
    stream.avail_out = CHUNK;
    status = inflate(&stream, Z_SYNC_FLUSH);
    out->length += CHUNK - stream.avail_out;
    if (out->length > limit)
      result = INFLATE_TOO_BIG;
    else if (status != Z_OK && status != Z_BUF_ERROR && status != Z_STREAM_END)
      result = INFLATE_WRONG;
  } while (
      result == INFLATE_DONE && status != Z_STREAM_END && (!marked || stream.avail_in || !stream.avail_out));
  /* The mark ends a block, so anything else means that data is missing. */
  if (result == INFLATE_DONE && status != Z_STREAM_END && !(stream.data_type & BETWEEN_BLOCKS))
    result = INFLATE_WRONG;
  inflateEnd(&stream);
  return result;
}
