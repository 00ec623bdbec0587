#include "push.h"

#include "websocket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  BLOB_SIZE = 100000,
  TEXTS = 512,  /* per batch */
  BATCHES = 16, /* per turn, so that other clients get theirs */
};

#define OBJECT                                                                                               \
  "{\"user\":\"alice\",\"text\":\"hello world, this is a message for everybody!\",\"n\":42,"                 \
  "\"tags\":[\"a\",\"b\",\"c\"]}"
#define FIVE_OBJECTS OBJECT "," OBJECT "," OBJECT "," OBJECT "," OBJECT

typedef enum kind { TEXT, LONG, BINARY, KINDS } kind;

static const char *const names[KINDS] = {"text", "long", "binary"};

static const char *const messages[KINDS] = {
    "42[\"push\"," OBJECT "]",
    "42[\"push\",[" FIVE_OBJECTS "," FIVE_OBJECTS "]]",
    "451-[\"push\",{\"_placeholder\":true,\"num\":0}]",
};

/* Messages that are sent over and over. */
struct push_batch {
  uint8_t *bytes;
  size_t message, count; /* the size of each message, and their number */
};

static size_t write_frame(uint8_t *into, unsigned opcode, const void *bytes, size_t size)
{
  size_t head = websocket_write_head(into, opcode, size);
  memcpy(into + head, bytes, size);
  return head + size;
}

static struct push_batch make_batch(kind kind)
{
  static uint8_t blob[BLOB_SIZE];
  bool binary = kind == BINARY;
  struct push_batch batch = {.count = binary ? 1 : TEXTS};
  const char *text = messages[kind];
  batch.bytes = malloc(binary ? sizeof blob + 256 : TEXTS * (strlen(text) + WEBSOCKET_MAX_HEAD));
  if (!batch.bytes) abort();
  batch.message = write_frame(batch.bytes, WEBSOCKET_TEXT, text, strlen(text));
  for (size_t i = 0; i < sizeof blob; i++)
    blob[i] = (uint8_t)i;
  if (binary) batch.message += write_frame(batch.bytes + batch.message, WEBSOCKET_BINARY, blob, sizeof blob);
  for (size_t i = 1; i < batch.count; i++)
    memcpy(batch.bytes + i * batch.message, batch.bytes, batch.message);
  return batch;
}

bool push_request(push *push, const uint8_t *text, size_t size)
{
  static struct push_batch batches[KINDS];
  char request[64], name[8];
  unsigned long count;
  int i = 0;
  if (size >= sizeof request) return false;
  memcpy(request, text, size);
  request[size] = 0;
  if (sscanf(request, "42[\"push\",\"%7[a-z]\",%lu]", name, &count) != 2) return false;
  while (i < KINDS && strcmp(name, names[i]))
    i++;
  if (i == KINDS) return false;
  if (!batches[i].bytes) batches[i] = make_batch((kind)i);
  push->batch = &batches[i];
  push->left = count;
  push->sent = 0;
  return true;
}

bool push_send(push *push, stream *stream)
{
  push->begun = push->left;
  for (int i = 0; push->left && i < BATCHES; i++) {
    size_t count = push->left < push->batch->count ? (size_t)push->left : push->batch->count;
    size_t size = count * push->batch->message;
    ssize_t written = stream_write(stream, push->batch->bytes + push->sent, size - push->sent);
    if (written <= 0) return written == 0;
    push->sent += (size_t)written;
    if (push->sent < size) continue;
    push->sent = 0;
    push->left -= count;
  }
  push->begun = push->left;
  return true;
}
