/* Counts what the process allocates: in a program that is linked with this, malloc and its kin count before
 * they do their work. */
#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

/* Allocations so far, of all threads. */
uint64_t allocation_count(void);

/* Bytes that are allocated now, in all threads; 0 where they cannot be counted. */
uint64_t allocated_bytes(void);

/* Whether they can be counted: not under a sanitizer, which has a malloc of its own, nor without glibc. */
bool allocation_count_works(void);

#endif
