/* Makes one allocation fail: csio's, whose calls the linker redirects here (--wrap), or one of a library
 * underneath, through the allocator that it is given. */
#ifndef CSIO_TESTS_ALLOCATIONS_H
#define CSIO_TESTS_ALLOCATIONS_H

#include "test.h"

typedef enum allocator { CSIO, LIBCURL, OPENSSL } allocator;

/* Call before anything else: a library takes no other allocator once it has used one. */
void allocations_install(void);

/* From now on, fails the `nth` allocation (from 1; 0 for none) of one allocator. */
void allocations_fail(allocator of, long nth);

/* How many allocations that allocator has been asked for since. */
long allocations_count(void);

/* Whether allocations of the calling thread count; false for new threads, so that peers do not fail. */
void allocations_watch(bool watch);

#endif
