/* Names of the tests' own, which end in ".test": a program that is linked with names.c has its own
 * getaddrinfo. Names that end in ".here.test" are this machine. */
#ifndef CSIO_TESTS_NAMES_H
#define CSIO_TESTS_NAMES_H

#include "test.h"

/* Names that end in ".slow.test" are this machine, too, but resolve when the test says so. */
extern monitor slowness;
extern bool slow;           /* under `slowness` */
extern unsigned slow_names; /* under `slowness`: one bit per name being looked up, by its first letter */

#endif
