#include "socket.h"

#include "recovery.h"

#include <stdlib.h>
#include <string.h>

/* Older ids are dropped, or a client that never answers would use ever more memory. */
enum { MAX_UNANSWERED = 65536 };

static bool set_auth(struct socket *socket, struct slice auth)
{
  buffer_clear(&socket->auth);
  buffer_append_slice(&socket->auth, auth.data ? auth : slice_of("{}"));
  return !socket->auth.failed;
}

struct socket *socket_create(struct session *session, struct namespace *namespace, struct slice auth)
{
  struct socket *socket = calloc(1, sizeof *socket);
  if (!socket) return NULL;
  socket->server = session->server;
  socket->session = session;
  socket->namespace = namespace;
  if (!set_auth(socket, auth) || !server_make_id(session->server, socket->id) || !recovery_begin(socket)) {
    buffer_free(&socket->auth);
    free(socket);
    return NULL;
  }
  socket->next = namespace->sockets;
  if (socket->next) socket->next->previous = socket;
  namespace->sockets = socket;
  return socket;
}

bool socket_resume(struct socket *socket, struct session *session, struct slice auth)
{
  if (!set_auth(socket, auth)) return false;
  socket->session = session;
  return true;
}

void socket_free(struct socket *socket)
{
  if (socket->next) socket->next->previous = socket->previous;
  if (socket->previous)
    socket->previous->next = socket->next;
  else
    socket->namespace->sockets = socket->next;
  buffer_free(&socket->auth);
  buffer_free(&socket->asked);
  buffer_free(&socket->kept);
  free(socket);
}

static struct buffer *begin_packet(struct server *server)
{
  struct buffer *packet = &server->scratch;
  buffer_clear(packet);
  return packet;
}

static void send_packet(struct session *session, const struct arguments *arguments)
{
  const struct buffer *packet = &session->server->scratch;
  if (packet->failed) {
    session_drop(session);
    return;
  }
  session_send_packet(session, PACKET_MESSAGE, buffer_slice(packet));
  for (size_t i = 0; i < arguments->attachment_count; i++)
    session_send_binary(session, arguments->attachments[i]);
}

static void send_event(
    struct socket *socket, struct slice id, const char *event, const struct arguments *arguments)
{
  struct server *server = socket->server;
  struct buffer *packet = begin_packet(server);
  sio_append_head(packet, SIO_EVENT, arguments->attachment_count, socket->namespace->name, id);
  buffer_append_text(packet, "[\"");
  buffer_append_text(packet, event);
  buffer_append_text(packet, arguments->json.length ? "\"," : "\"");
  buffer_append_slice(packet, arguments->json);
  /* An event that requests an acknowledgement is not repeated, since its answer would come too late. */
  bool keeps = *socket->private_id && !id.data;
  if (keeps) {
    buffer_append_text(packet, ",\"");
    buffer_append_number(packet, ++server->last_offset);
    buffer_append_char(packet, '"');
  }
  buffer_append_char(packet, ']');
  if (keeps && !packet->failed) recovery_keep(socket, server->last_offset, buffer_slice(packet), arguments);
  if (socket->session) send_packet(socket->session, arguments);
}

void socket_emit(struct socket *socket, const char *event, const struct arguments *arguments)
{
  send_event(socket, (struct slice){NULL, 0}, event, arguments);
}

void socket_ask(struct socket *socket, const char *event, const struct arguments *arguments)
{
  struct buffer id = {0};
  buffer_append_number(&id, socket->next_ask);
  if (socket->asked.length >= MAX_UNANSWERED * sizeof(uint64_t))
    buffer_consume(&socket->asked, sizeof(uint64_t));
  buffer_append(&socket->asked, &socket->next_ask, sizeof socket->next_ask);
  socket->next_ask++;
  if (id.failed || socket->asked.failed)
    session_drop(socket->session);
  else
    send_event(socket, buffer_slice(&id), event, arguments);
  buffer_free(&id);
}

void socket_acknowledge(struct socket *socket, struct slice id, const struct arguments *arguments)
{
  struct session *session = socket->session;
  struct buffer *packet = begin_packet(session->server);
  sio_append_head(packet, SIO_ACK, arguments->attachment_count, socket->namespace->name, id);
  buffer_append_char(packet, '[');
  buffer_append_slice(packet, arguments->json);
  buffer_append_char(packet, ']');
  send_packet(session, arguments);
}

bool socket_take_answer(struct socket *socket, struct slice id)
{
  uint64_t number = 0, asked;
  for (size_t i = 0; i < id.length; i++)
    number = number * 10 + (uint64_t)(id.data[i] - '0');
  for (size_t offset = 0; offset < socket->asked.length; offset += sizeof asked) {
    char *at = buffer_bytes(&socket->asked) + offset;
    memcpy(&asked, at, sizeof asked);
    if (asked != number) continue;
    /* Answers mostly come in order, so the first entry fills the gap. */
    memcpy(at, buffer_bytes(&socket->asked), sizeof asked);
    buffer_consume(&socket->asked, sizeof asked);
    return true;
  }
  return false;
}

void socket_send_packet(struct session *session, enum sio_type type, const char *namespace, struct slice json)
{
  struct buffer *packet = begin_packet(session->server);
  const struct arguments none = {.attachment_count = 0};
  sio_append_head(packet, type, 0, namespace, (struct slice){NULL, 0});
  buffer_append_slice(packet, json);
  send_packet(session, &none);
}
