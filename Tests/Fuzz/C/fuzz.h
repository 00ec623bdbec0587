/* What the fuzz targets share. */
#ifndef CSIO_FUZZ_H
#define CSIO_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Called by libFuzzer. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Aborts the program, so that the fuzzer keeps the input. */
#define MUST(condition)                                                                                      \
  do {                                                                                                       \
    if (!(condition)) {                                                                                      \
      fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);                          \
      abort();                                                                                               \
    }                                                                                                        \
  } while (0)

/* The input as text, up to its first zero byte; the caller frees it. */
static inline char *fuzz_text(const uint8_t *bytes, size_t size)
{
  char *text = malloc(size + 1);
  MUST(text);
  if (size) memcpy(text, bytes, size);
  text[size] = '\0';
  return text;
}

#endif
