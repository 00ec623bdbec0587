/* Validation of UTF-8 as RFC 3629 defines it. */
#ifndef TEST_SERVER_UTF8_H
#define TEST_SERVER_UTF8_H

#include "buffer.h"

/* Length of the valid sequence at the start of the text, 0 if there is none. */
size_t utf8_sequence(struct slice text);
bool utf8_is_valid(struct slice text);

#endif
