#include "net/public_suffix.h"

#include <string.h>
#include <uv.h>

/* Longer ones are no names of the DNS. */
enum { MAX_NAME = 254 };

/* libpsl is looked for when the program runs: libcurl brings it along where it was built with it. */
static struct {
  const void *list; /* NULL where there is none */
  int (*may_set)(const void *list, const char *host, const char *domain);
} psl;

bool csio__public_suffixes_off;

#ifdef __APPLE__
#define LIBPSL "libpsl.5.dylib"
#else
#define LIBPSL "libpsl.so.5"
#endif

static void load(void)
{
  static uv_lib_t library; /* stays open */
  const void *(*latest)(const char *file);
  if (uv_dlopen(LIBPSL, &library) || uv_dlsym(&library, "psl_latest", (void **)&latest) ||
      uv_dlsym(&library, "psl_is_cookie_domain_acceptable", (void **)&psl.may_set))
    uv_dlclose(&library);
  else
    psl.list = latest(NULL); /* the system's list, or the built-in one where that is newer */
}

bool csio__knows_public_suffixes(void)
{
  static uv_once_t once = UV_ONCE_INIT;
  uv_once(&once, load);
  return psl.list && !csio__public_suffixes_off;
}

/* libpsl takes names in lower case only. */
static void copy_lower(char *out, const char *text, size_t size)
{
  for (size_t i = 0; i < size; i++)
    out[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + ('a' - 'A')) : text[i];
  out[size] = '\0';
}

bool csio__may_share_cookies(const char *host, const char *domain, size_t size)
{
  char setter[MAX_NAME + 3] = "a.", shared[MAX_NAME + 1];
  size_t length = strlen(host);
  if (length > MAX_NAME || !memchr(domain, '.', size) || *domain == '.' || domain[size - 1] == '.')
    return false;
  if (!csio__knows_public_suffixes()) return true;
  /* a host may always set cookies for itself: what counts is whether one below it may */
  copy_lower(length == size ? setter + 2 : setter, host, length);
  copy_lower(shared, domain, size);
  return psl.may_set(psl.list, setter, shared);
}
