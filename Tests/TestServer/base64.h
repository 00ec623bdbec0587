/* Base64 with padding, which Engine.IO uses where only text can be sent. */
#ifndef TEST_SERVER_BASE64_H
#define TEST_SERVER_BASE64_H

#include "buffer.h"

void base64_encode(struct buffer *out, struct slice bytes);
/* Appends the bytes. False if the text is not exactly what base64_encode() would write. */
bool base64_decode(struct buffer *out, struct slice text);

#endif
