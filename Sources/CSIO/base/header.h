#ifndef CSIO_HEADER_H
#define CSIO_HEADER_H

#include <stdbool.h>

/* The most that a server's status line and headers may take, in bytes; 1xx answers before count, too. */
enum { CSIO__MAX_ANSWER_HEAD = 32 * 1024 };

/* A method or a header's name, as RFC 9110 defines "token". */
bool csio__is_token(const char *text);

/* A header that says where a message ends. The library sends what is right; another one would let a server
 * and what stands before it see different requests. */
bool csio__is_framing_header(const char *name);

/* What may stand as a header's value: anything but control characters, tabs aside. */
bool csio__is_field_value(const char *text);

#endif
