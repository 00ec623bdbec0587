/* Set-Cookie headers of several servers, one per line, and the Cookie headers that follow from them. */
#include "fuzz.h"

#include "net/cookies_internal.h"
#include "net/public_suffix.h"
#include "ws/deflate.h"
#include "base/text.h"

#include <csio/error.h>

static const int64_t now = 1700000000;

static const char *const places[] = {"https://www.example.com/a/b?c", "http://example.com/",
    "ws://127.0.0.1:8080/x", "wss://[::1]/socket.io/?EIO=4", "https://shop.co.uk/"};

enum { PLACES = sizeof places / sizeof *places };

static void check_header(csio_cookies *jar, const csio__url *url, const char *own)
{
  csio__bytes header = {0};
  MUST(!csio__cookies_header(jar, url, own, now, &header));
  if (header.size) {
    const char *text = (const char *)header.data;
    MUST(strlen(text) == header.size);
    MUST(csio__is_field_value(text));
    size_t most = (own ? strlen(own) : 0) + CSIO__COOKIES_PER_HOST * PLACES * (CSIO__COOKIE_MAX_SIZE + 3);
    MUST(header.size <= most);
  }
  csio__bytes_free(&header);
}

/* No cookie set by these hosts applies to another host below the same public suffix. */
static void check_neighbour(csio_cookies *jar)
{
  static csio__url neighbour;
  if (!neighbour.host) MUST(!csio__url_parse_any(&neighbour, "https://bank.co.uk/"));
  csio__bytes header = {0};
  MUST(!csio__cookies_header(jar, &neighbour, NULL, now, &header));
  MUST(!header.size || !csio__knows_public_suffixes());
  csio__bytes_free(&header);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
  static csio__url urls[PLACES];
  if (!urls[0].host)
    for (size_t i = 0; i < PLACES; i++)
      MUST(!csio__url_parse_any(&urls[i], places[i]));
  csio_cookies *jar;
  MUST(!csio_cookies_create(&jar));
  char *text = fuzz_text(bytes, size), *rest = text, *line;
  for (size_t i = 0; (line = strsep(&rest, "\n")); i++) {
    int err = csio__cookies_store(jar, &urls[i % PLACES], line, now);
    MUST(!err || err == CSIO_EINVALID);
    csio__deflate_terms terms;
    csio__deflate_read_terms(line, &terms);
    if (csio__is_field_value(line)) check_header(jar, &urls[i % PLACES], line);
  }
  for (size_t i = 0; i < PLACES; i++)
    check_header(jar, &urls[i], NULL);
  check_neighbour(jar);
  MUST(csio_cookies_count(jar) <= CSIO__COOKIES_MAX);
  csio_cookies_release(jar);
  free(text);
  return 0;
}
