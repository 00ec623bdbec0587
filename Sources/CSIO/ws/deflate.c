#include "ws/deflate.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { WINDOW_BITS = 15, MEMORY_LEVEL = 8, MIN_ROOM = 4096 };
enum { MAX_STEP = 1 << 30 }; /* What is asked of zlib at once: its sizes are 32 bits wide. */

/* What a sender omits at the end of a message. */
static const uint8_t trailer[] = {0, 0, 0xff, 0xff};

typedef struct csio__deflater {
  csio__guest guest;
  z_stream stream;
} csio__deflater;

/* A window's size, quoted or not. Any that a server may choose suits: ours is the largest. */
static bool is_window(csio__text bits)
{
  bool quoted = bits.size > 2 && *bits.start == '"' && bits.start[bits.size - 1] == '"';
  const char *digits = bits.start + quoted;
  if (bits.size - 2 * quoted == 1) return *digits == '8' || *digits == '9';
  return bits.size - 2 * quoted == 2 && *digits == '1' && digits[1] >= '0' && digits[1] <= '5';
}

enum { CLIENT_NO_CONTEXT_TAKEOVER = 1, SERVER_NO_CONTEXT_TAKEOVER = 2, SERVER_WINDOW = 4 };

/* Which of the parameters that may come this is, 0 for any other. */
static unsigned parameter_of(csio__text part)
{
  static const char window[] = "server_max_window_bits=";
  if (csio__text_is(part, "client_no_context_takeover")) return CLIENT_NO_CONTEXT_TAKEOVER;
  if (csio__text_is(part, "server_no_context_takeover")) return SERVER_NO_CONTEXT_TAKEOVER;
  if (!csio__text_begins(part, window)) return 0;
  return is_window((csio__text){part.start + strlen(window), part.size - strlen(window)}) ? SERVER_WINDOW : 0;
}

bool csio__deflate_read_terms(const char *header, csio__deflate_terms *out)
{
  csio__text part;
  unsigned seen = 0;
  *out = (csio__deflate_terms){0};
  if (!header) return true;
  if (strchr(header, ',') || !csio__text_next(&header, ';', &part) ||
      !csio__text_is(part, "permessage-deflate"))
    return false;
  out->accepted = true;
  while (csio__text_next(&header, ';', &part)) {
    unsigned parameter = parameter_of(part);
    if (!parameter || seen & parameter) return false;
    seen |= parameter;
    out->server_no_context_takeover = seen & SERVER_NO_CONTEXT_TAKEOVER;
  }
  return true;
}

static int start_deflater(csio__guest *guest, csio_loop *loop, csio__failure *failure)
{
  (void)loop;
  int result = deflateInit2(&((csio__deflater *)guest)->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
      -WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY);
  return result == Z_OK ? CSIO_OK : csio__failure_code(failure, CSIO_ENOMEM);
}

static void free_deflater(csio__guest *guest)
{
  deflateEnd(&((csio__deflater *)guest)->stream);
}

static const csio__guest_kind deflate_guest = {
    .size = sizeof(csio__deflater), .start = start_deflater, .free = free_deflater};

csio_buffer *csio__deflate(csio_loop *loop, const csio_buffer *message)
{
  if (message->size <= sizeof trailer || message->size > MAX_STEP) return NULL;
  csio__failure failure;
  csio__deflater *deflater = csio__guest_of(loop, &deflate_guest, &failure);
  csio_buffer *compressed = deflater ? csio_buffer_create(message->size) : NULL;
  if (!compressed) return NULL;
  z_stream *stream = &deflater->stream;
  deflateReset(stream);
  stream->next_in = (Bytef *)message->bytes;
  stream->avail_in = (uInt)message->size;
  stream->next_out = compressed->bytes;
  stream->avail_out = (uInt)compressed->size;
  /* with room left over, zlib has flushed everything */
  if (deflate(stream, Z_SYNC_FLUSH) != Z_OK || !stream->avail_out) {
    csio_buffer_destroy(compressed);
    return NULL;
  }
  csio_buffer_truncate(compressed, compressed->size - stream->avail_out - sizeof trailer);
  return compressed;
}

/* Room for what comes next, but for no more than one byte beyond the limit. */
static bool make_room(csio__bytes *out, size_t most, z_stream *stream)
{
  size_t room = out->size > MIN_ROOM ? out->size : MIN_ROOM;
  if (most && room - 1 > most - out->size) room = most - out->size + 1;
  if (room > MAX_STEP) room = MAX_STEP;
  if (!csio__bytes_reserve(out, room)) return false;
  stream->next_out = out->data + out->size;
  stream->avail_out = (uInt)room;
  return true;
}

static csio__inflated run(z_stream *stream, const uint8_t *bytes, size_t size, size_t most, csio__bytes *out)
{
  stream->next_in = (Bytef *)bytes;
  stream->avail_in = (uInt)size;
  do {
    if (!make_room(out, most, stream)) return CSIO__INFLATE_NO_MEMORY;
    int result = inflate(stream, Z_SYNC_FLUSH);
    out->size = (size_t)(stream->next_out - out->data);
    if (result == Z_MEM_ERROR) return CSIO__INFLATE_NO_MEMORY;
    if (most && out->size > most) return CSIO__INFLATE_TOO_LARGE;
    /* a stream may end with a message (RFC 7692, section 7.2.3.4), and the next one still refers to it */
    if (result == Z_STREAM_END)
      inflateResetKeep(stream);
    else if (result != Z_OK && !(result == Z_BUF_ERROR && !stream->avail_in))
      return CSIO__INFLATE_BROKEN;
  } while (stream->avail_in || !stream->avail_out);
  return CSIO__INFLATED;
}

csio__inflated csio__inflate(
    csio__inflater **inflater, const uint8_t *bytes, size_t size, bool final, size_t most, csio__bytes *out)
{
  z_stream *made = *inflater ? *inflater : calloc(1, sizeof *made);
  if (!made || (!*inflater && inflateInit2(made, -WINDOW_BITS) != Z_OK)) {
    free(made);
    return CSIO__INFLATE_NO_MEMORY;
  }
  *inflater = made;
  csio__inflated result = run(*inflater, bytes, size, most, out);
  if (result == CSIO__INFLATED && final) result = run(*inflater, trailer, sizeof trailer, most, out);
  return result;
}

void csio__inflater_free(csio__inflater *inflater)
{
  if (!inflater) return;
  inflateEnd(inflater);
  free(inflater);
}
