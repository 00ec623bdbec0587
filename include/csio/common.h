/* What every public header needs: the export attribute and the fixed-width types. */
#ifndef CSIO_COMMON_H
#define CSIO_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define CSIO_EXTERN
#else
#define CSIO_EXTERN __attribute__((visibility("default")))
#endif

#endif
