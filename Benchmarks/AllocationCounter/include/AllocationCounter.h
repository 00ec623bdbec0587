/* Counts what the process allocates: in a program that is linked with this, malloc and its kin count before
 * they do their work. */
#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

#include <stdint.h>

/* Allocations so far, of all threads. Zero for ever where counting is impossible: under a sanitizer, which
 * has a malloc of its own, and without glibc. */
uint64_t allocation_count(void);

#endif
