#include "websocket.h"

#include "../Tests/TestServer/websocket_mask.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

websocket_result websocket_read(uint8_t *bytes, size_t size, websocket_frame *out)
{
  if (size < 2) return WEBSOCKET_MORE;
  if (!(bytes[0] & 0x80) || bytes[0] & 0x70 || !(bytes[1] & 0x80)) return WEBSOCKET_BROKEN;
  unsigned extra = (bytes[1] & 0x7F) == 126 ? 2 : (bytes[1] & 0x7F) == 127 ? 8 : 0;
  size_t head = 2 + extra + 4;
  if (size < head) return WEBSOCKET_MORE;
  uint64_t length = extra ? 0 : bytes[1] & 0x7F;
  for (unsigned i = 0; i < extra; i++)
    length = length << 8 | bytes[2 + i];
  if (length > SIZE_MAX - head) return WEBSOCKET_BROKEN;
  if (size - head < length) return WEBSOCKET_MORE;
  *out = (websocket_frame){bytes[0] & 0xF, bytes + head, (size_t)length, head + (size_t)length};
  websocket_unmask(out->payload, out->size, bytes + head - 4);
  return WEBSOCKET_FRAME;
}

size_t websocket_write_head(uint8_t *into, unsigned opcode, size_t payload)
{
  into[0] = (uint8_t)(0x80 | opcode);
  if (payload < 126) {
    into[1] = (uint8_t)payload;
    return 2;
  }
  unsigned extra = payload <= UINT16_MAX ? 2 : 8;
  into[1] = extra == 2 ? 126 : 127;
  for (unsigned i = 0; i < extra; i++)
    into[2 + i] = (uint8_t)((uint64_t)payload >> 8 * (extra - 1 - i));
  return 2 + extra;
}

size_t websocket_answer(const char *request, char *into, size_t room)
{
  static const char name[] = "\r\nSec-WebSocket-Key:";
  static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  const char *key = strcasestr(request, name);
  if (!key) return 0;
  key += strlen(name);
  key += strspn(key, " ");
  char text[128];
  uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned digest_size;
  int size = snprintf(text, sizeof text, "%.*s%s", (int)strcspn(key, "\r "), key, guid);
  if (size >= (int)sizeof text || !EVP_Digest(text, (size_t)size, digest, &digest_size, EVP_sha1(), NULL))
    return 0;
  char accept[64];
  EVP_EncodeBlock((uint8_t *)accept, digest, (int)digest_size);
  size = snprintf(into, room,
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: %s\r\n\r\n",
      accept);
  return size > 0 && (size_t)size < room ? (size_t)size : 0;
}
