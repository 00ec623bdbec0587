#include "recovery.h"

#include "json.h"

#include <stdio.h>
#include <string.h>

/* What precedes a packet in socket->kept: its text follows, then each attachment's length and bytes. */
struct kept {
  uint64_t offset;
  size_t length, attachment_count;
  size_t size; /* total, including this */
};

bool recovery_begin(struct socket *socket)
{
  return !socket->server->options->recovery || server_make_id(socket->server, socket->private_id);
}

static struct kept read_header(const char *at)
{
  struct kept kept;
  memcpy(&kept, at, sizeof kept);
  return kept;
}

void recovery_keep(
    struct socket *socket, uint64_t offset, struct slice packet, const struct arguments *arguments)
{
  struct buffer *buffer = &socket->kept;
  struct kept kept = {offset, packet.length, arguments->attachment_count, sizeof kept + packet.length};
  for (size_t i = 0; i < kept.attachment_count; i++)
    kept.size += sizeof(size_t) + arguments->attachments[i].length;
  buffer_append(buffer, &kept, sizeof kept);
  buffer_append_slice(buffer, packet);
  for (size_t i = 0; i < kept.attachment_count; i++) {
    buffer_append(buffer, &arguments->attachments[i].length, sizeof(size_t));
    buffer_append_slice(buffer, arguments->attachments[i]);
  }
  /* Nothing to recover is better than a gap. */
  if (buffer->failed) buffer_free(buffer);
  while (buffer->length > socket->server->queue_limit)
    buffer_consume(buffer, read_header(buffer_bytes(buffer)).size);
}

bool recovery_lose(struct socket *socket)
{
  socket->session = NULL;
  socket->awaits_greeting = false;
  buffer_clear(&socket->asked);
  socket->lost_at = uv_now(socket->server->loop);
  return *socket->private_id;
}

static bool is_string(struct slice json, const char *text)
{
  size_t length = strlen(text);
  return json.length == length + 2 && *json.data == '"' && !memcmp(json.data + 1, text, length);
}

/* The events after the offset in the payload. Without data if that offset is unknown. */
static struct slice find_missed(const struct socket *socket, struct slice payload)
{
  struct slice offset = json_member(payload, "\"offset\""), rest = buffer_slice(&socket->kept);
  while (rest.length) {
    struct kept kept = read_header(rest.data);
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)kept.offset);
    rest.data += kept.size;
    rest.length -= kept.size;
    if (is_string(offset, text)) return rest;
  }
  return (struct slice){NULL, 0};
}

struct socket *recovery_find(struct server *server, struct namespace *namespace, struct slice payload)
{
  uint64_t now = uv_now(server->loop), span = server->options->recovery * 1000;
  struct slice private_id = {NULL, 0};
  struct socket *found = NULL, *next;
  if (!span) return NULL;
  if (payload.data) private_id = json_member(payload, "\"pid\"");
  for (struct socket *socket = namespace->sockets; socket; socket = next) {
    next = socket->next;
    if (socket->session) continue;
    if (now - socket->lost_at > span)
      socket_free(socket);
    else if (is_string(private_id, socket->private_id) && find_missed(socket, payload).data)
      found = socket;
  }
  return found;
}

void recovery_replay(struct socket *socket, struct slice payload)
{
  struct session *session = socket->session;
  struct slice rest = find_missed(socket, payload);
  while (rest.length && session->state == SESSION_OPEN) {
    struct kept kept = read_header(rest.data);
    const char *at = rest.data + sizeof kept;
    session_send_packet(session, PACKET_MESSAGE, (struct slice){at, kept.length});
    at += kept.length;
    for (size_t i = 0; i < kept.attachment_count; i++) {
      size_t length;
      memcpy(&length, at, sizeof length);
      session_send_binary(session, (struct slice){at + sizeof length, length});
      at += sizeof length + length;
    }
    rest.data += kept.size;
    rest.length -= kept.size;
  }
}
