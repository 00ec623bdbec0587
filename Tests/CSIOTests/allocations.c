#include "allocations.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <stdatomic.h>

static _Thread_local bool watched;
static atomic_int failing;
static atomic_long failing_nth, count;

static bool fails(allocator of)
{
  return watched && (int)of == atomic_load(&failing) &&
         atomic_fetch_add(&count, 1) + 1 == atomic_load(&failing_nth);
}

void allocations_fail(allocator of, long nth)
{
  atomic_store(&failing, (int)of);
  atomic_store(&failing_nth, nth);
  atomic_store(&count, 0);
}

long allocations_count(void)
{
  return atomic_load(&count);
}

void allocations_watch(bool watch)
{
  watched = watch;
}

/* --- csio's --- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t number, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t number, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t size)
{
  return fails(CSIO) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t number, size_t size)
{
  return fails(CSIO) ? NULL : __real_calloc(number, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
  return fails(CSIO) ? NULL : __real_realloc(memory, size);
}

char *__wrap_strdup(const char *text)
{
  return fails(CSIO) ? NULL : __real_strdup(text);
}

/* --- the libraries' --- */

static void *libcurl_malloc(size_t size)
{
  return fails(LIBCURL) ? NULL : __real_malloc(size);
}

static void *libcurl_calloc(size_t number, size_t size)
{
  return fails(LIBCURL) ? NULL : __real_calloc(number, size);
}

static void *libcurl_realloc(void *memory, size_t size)
{
  return fails(LIBCURL) ? NULL : __real_realloc(memory, size);
}

static char *libcurl_strdup(const char *text)
{
  return fails(LIBCURL) ? NULL : __real_strdup(text);
}

static void *openssl_malloc(size_t size, const char *file, int line)
{
  (void)file, (void)line;
  return fails(OPENSSL) ? NULL : __real_malloc(size);
}

static void *openssl_realloc(void *memory, size_t size, const char *file, int line)
{
  (void)file, (void)line;
  return fails(OPENSSL) ? NULL : __real_realloc(memory, size);
}

static void openssl_free(void *memory, const char *file, int line)
{
  (void)file, (void)line;
  free(memory);
}

void allocations_install(void)
{
  CHECK(CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free));
  CHECK(!curl_global_init_mem(
      CURL_GLOBAL_DEFAULT, libcurl_malloc, free, libcurl_realloc, libcurl_strdup, libcurl_calloc));
}
