/* UTF-8 validation (RFC 3629). */
#ifndef TEST_SERVER_UTF8_H
#define TEST_SERVER_UTF8_H

#include "buffer.h"

/* The length of the valid sequence at the start of the text, 0 if there is none. */
size_t utf8_sequence(struct slice text);
bool utf8_is_valid(struct slice text);

#endif
