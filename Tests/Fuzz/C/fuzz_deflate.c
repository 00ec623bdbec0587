/* Compressed messages: decompression respects the limit, and what we compress decompresses to the same
 * bytes. */
#include "fuzz.h"

#include "ws/deflate.h"

enum { MOST = 64 * 1024 };

/* Two messages, each in two pieces; the second uses the window of the first. */
static void decompress(const uint8_t *bytes, size_t size)
{
  csio__inflater *inflater = NULL;
  csio__bytes out = {0};
  csio__inflated result = CSIO__INFLATED;
  for (int message = 0; message < 2 && result == CSIO__INFLATED; message++) {
    out.size = 0;
    size_t half = size / 2;
    result = csio__inflate(&inflater, bytes, half, false, MOST, &out);
    if (result == CSIO__INFLATED)
      result = csio__inflate(&inflater, bytes + half, size - half, true, MOST, &out);
    MUST(result != CSIO__INFLATE_NO_MEMORY);
    MUST(out.size <= MOST || result == CSIO__INFLATE_TOO_LARGE);
    MUST(out.capacity <= 4 * MOST);
  }
  csio__inflater_free(inflater);
  csio__bytes_free(&out);
}

static void compress_and_back(const uint8_t *bytes, size_t size)
{
  static csio_loop loop; /* only its deflater is used */
  csio_buffer *message = csio_buffer_create(size);
  MUST(message);
  if (size) memcpy(message->bytes, bytes, size);
  csio_buffer *compressed = csio__deflate(&loop, message);
  if (compressed) {
    csio__inflater *inflater = NULL;
    csio__bytes out = {0};
    MUST(compressed->size < size);
    MUST(csio__inflate(&inflater, compressed->bytes, compressed->size, true, 0, &out) == CSIO__INFLATED);
    MUST(out.size == size && !memcmp(out.data, bytes, size));
    csio__inflater_free(inflater);
    csio__bytes_free(&out);
    csio_buffer_destroy(compressed);
  }
  csio_buffer_destroy(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
  decompress(bytes, size);
  compress_and_back(bytes, size);
  return 0;
}
