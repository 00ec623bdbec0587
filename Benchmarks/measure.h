/* What a benchmark client reports about one run. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stddef.h>

typedef struct measure {
  double wall, cpu;         /* seconds */
  size_t memory, allocated; /* resident bytes, and bytes allocated by malloc */
} measure;

measure measure_now(void);

/* Prints a line of JSON about what happened since `start`. */
void measure_print(const char *client, const char *workload, unsigned count, const measure *start);

#endif
