#ifndef CSIO_ERROR_INTERNAL_H
#define CSIO_ERROR_INTERNAL_H

#include <csio/error.h>

/* A csio_error with the storage of its message. */
typedef struct csio__failure {
  csio_error error;
  char text[512];
} csio__failure;

/* Both return the code. */
int csio__failure_set(csio__failure *failure, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* With the code's own sentence. */
int csio__failure_code(csio__failure *failure, int code);

#endif
