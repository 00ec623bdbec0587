/* The masking of WebSocket frames (RFC 6455, section 5.3). */
#ifndef TEST_SERVER_WEBSOCKET_MASK_H
#define TEST_SERVER_WEBSOCKET_MASK_H

#include <stddef.h>

/* `mask` has four bytes. */
void websocket_unmask(void *bytes, size_t size, const void *mask);

#endif
