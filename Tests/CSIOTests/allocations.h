/* Makes one allocation fail: of csio, whose calls the linker leads here (--wrap), or of a library underneath,
 * which takes an allocator. */
#ifndef CSIO_TESTS_ALLOCATIONS_H
#define CSIO_TESTS_ALLOCATIONS_H

#include "test.h"

typedef enum allocator { CSIO, LIBCURL, OPENSSL } allocator;

/* Before anything else in the program: the libraries take no other allocator once they have used one. */
void allocations_install(void);

/* Of the allocations from now on, lets the `nth` (from 1; 0 for none) of one allocator fail. */
void allocations_fail(allocator of, long nth);

/* How many that allocator was asked for since. */
long allocations_count(void);

/* Whether those of the calling thread count; false for a new thread. Peers must not fail. */
void allocations_watch(bool watch);

#endif
