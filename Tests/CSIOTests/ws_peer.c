#include "ws_peer.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

const char *ws_accept_key(const char *head)
{
  static _Thread_local char value[32];
  static const char name[] = "Sec-WebSocket-Key: ", guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  char text[128];
  const char *key = strstr(head, name);
  CHECK(key);
  key += strlen(name);
  int length = (int)strcspn(key, "\r");
  CHECK_INT(length, 24);
  snprintf(text, sizeof text, "%.*s%s", length, key, guid);
  unsigned char digest[20];
  SHA1((unsigned char *)text, strlen(text), digest);
  EVP_EncodeBlock((unsigned char *)value, digest, sizeof digest);
  return value;
}

bool ws_answer(client *client, const char *head, const char *extra)
{
  return client_print(client,
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n%s"
      "Sec-WebSocket-Accept: %s\r\n\r\n",
      extra, ws_accept_key(head));
}

bool ws_accept(client *client, const char *extra, request *request)
{
  struct request *read = malloc(sizeof *read);
  CHECK(read);
  bool ok = client_read_request(client, read);
  if (ok) {
    request_free(read);
    ok = ws_answer(client, read->head, extra);
    if (request) *request = *read;
  }
  free(read);
  return ok;
}

bool ws_read(client *client, frame *frame)
{
  uint8_t head[2], more[8], mask[4];
  *frame = (struct frame){0};
  if (!client_read_all(client, head, 2)) return false;
  frame->opcode = head[0] & 15;
  frame->final = head[0] >> 7;
  CHECK_INT(head[0] & 0x30, 0);
  frame->compressed = head[0] & COMPRESSED;
  CHECK(head[1] & 0x80);
  frame->size = head[1] & 0x7f;
  int length = frame->size == 126 ? 2 : frame->size == 127 ? 8 : 0;
  if (!client_read_all(client, more, (size_t)length)) return false;
  if (length) frame->size = 0;
  for (int i = 0; i < length; i++)
    frame->size = frame->size << 8 | more[i];
  if (!client_read_all(client, mask, 4)) return false;
  frame->bytes = malloc(frame->size + 1);
  CHECK(frame->bytes);
  if (!client_read_all(client, frame->bytes, frame->size)) {
    frame_free(frame);
    return false;
  }
  for (size_t i = 0; i < frame->size; i++)
    frame->bytes[i] ^= mask[i & 3];
  frame->bytes[frame->size] = '\0';
  return true;
}

void frame_free(frame *frame)
{
  free(frame->bytes);
  frame->bytes = NULL;
}

bool ws_write(client *client, int opcode, bool final, const void *bytes, size_t size)
{
  uint8_t head[10] = {(uint8_t)(opcode | (final ? 0x80 : 0)), 0};
  size_t length = 2;
  if (size < 126) {
    head[1] = (uint8_t)size;
  } else {
    length = size < 65536 ? 4 : 10;
    head[1] = size < 65536 ? 126 : 127;
    for (size_t i = length, rest = size; i-- > 2; rest >>= 8)
      head[i] = (uint8_t)rest;
  }
  return client_write(client, head, length) && client_write(client, bytes, size);
}

bool ws_write_close(client *client, unsigned code, const char *reason)
{
  char payload[128] = {(char)(code >> 8), (char)code};
  size_t size = strlen(reason);
  memcpy(payload + 2, reason, size);
  return ws_write(client, CLOSE, true, payload, code ? size + 2 : 0);
}

void ws_echo_frames(client *client)
{
  frame frame;
  bool open = true;
  while (open && ws_read(client, &frame)) {
    CHECK(!frame.compressed);
    if (frame.opcode == PING)
      ws_write(client, PONG, true, frame.bytes, frame.size);
    else if (frame.opcode != PONG)
      ws_write(client, frame.opcode, frame.final, frame.bytes, frame.size);
    open = frame.opcode != CLOSE;
    frame_free(&frame);
  }
}

void ws_echo(client *client)
{
  if (ws_accept(client, "", NULL)) ws_echo_frames(client);
}
