#include "AllocationCounter.h"

#include <stdatomic.h>
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

static atomic_uint_fast64_t count;

uint64_t allocation_count(void)
{
  return atomic_load_explicit(&count, memory_order_relaxed);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif

#if !defined(__GLIBC__) || defined(SANITIZED)
bool allocation_count_works(void)
{
  return false;
}

uint64_t allocated_bytes(void)
{
  return 0;
}
#else
bool allocation_count_works(void)
{
  return true;
}

uint64_t allocated_bytes(void)
{
  struct mallinfo2 memory = mallinfo2();
  return memory.uordblks + memory.hblkhd;
}

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t number, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static void note(void)
{
  atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
}

void *malloc(size_t size)
{
  note();
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
  note();
  return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size)
{
  note();
  return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
  note();
  return __libc_memalign(alignment, size);
}
#endif
