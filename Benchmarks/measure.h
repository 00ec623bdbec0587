/* What a client of the benchmarks tells of one run. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stddef.h>

typedef struct measure {
  double wall, cpu;         /* seconds */
  size_t memory, allocated; /* resident bytes, and those that malloc has given out */
} measure;

measure measure_now(void);

/* Prints the line of JSON for what happened since `start`. */
void measure_print(const char *client, const char *workload, unsigned count, const measure *start);

#endif
