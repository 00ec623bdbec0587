#include "incoming.h"

#include "events.h"

#include <stdlib.h>
#include <string.h>

struct incoming {
  struct incoming *next;
  struct client *client; /* NULL once its session is over */
  char socket_id[ID_LENGTH + 1];
  bool was_taken; /* only the event's handlers are left to run */
  struct sio_packet packet;
  struct buffer text, bytes;
  size_t attachment_lengths[];
};

static void append(struct server *server, struct incoming *incoming)
{
  incoming->next = NULL;
  *(server->incoming ? &server->last_incoming->next : &server->incoming) = incoming;
  server->last_incoming = incoming;
}

static void incoming_free(struct incoming *incoming)
{
  buffer_free(&incoming->text);
  buffer_free(&incoming->bytes);
  free(incoming);
}

static struct buffer take(struct buffer *buffer)
{
  struct buffer taken = *buffer;
  *buffer = (struct buffer){0};
  return taken;
}

/* Where the slice lies in the copy of the text. */
static void move(struct slice *slice, const struct sio_packet *packet, const struct buffer *text)
{
  if (slice->data) slice->data = buffer_bytes(text) + (slice->data - packet->text.data);
}

void incoming_add(struct client *client, struct socket *socket, const struct sio_packet *packet)
{
  size_t lengths = packet->attachments * sizeof *client->attachment_lengths;
  struct incoming *incoming = calloc(1, sizeof *incoming + lengths);
  if (!incoming) {
    session_drop(client->session);
    return;
  }
  incoming->client = client;
  incoming->packet = *packet;
  memcpy(incoming->socket_id, socket->id, sizeof socket->id);
  if (packet->attachments) {
    incoming->text = take(&client->text);
    incoming->bytes = take(&client->bytes);
    memcpy(incoming->attachment_lengths, client->attachment_lengths, lengths);
  } else {
    buffer_append_slice(&incoming->text, packet->text);
    move(&incoming->packet.id, packet, &incoming->text);
    move(&incoming->packet.json, packet, &incoming->text);
  }
  if (incoming->text.failed) {
    incoming_free(incoming);
    session_drop(client->session);
    return;
  }
  append(client->session->server, incoming);
}

static void run_handlers(struct socket *socket, const struct incoming *incoming)
{
  const struct sio_packet *packet = &incoming->packet;
  struct slice attachments[SIO_MAX_ATTACHMENTS];
  char *bytes = buffer_bytes(&incoming->bytes);
  for (size_t i = 0; i < packet->attachments; bytes += incoming->attachment_lengths[i++])
    attachments[i] = (struct slice){bytes, incoming->attachment_lengths[i]};
  if (packet->type == SIO_EVENT)
    events_on_event(socket, packet, attachments);
  else
    events_on_ack(socket, packet, attachments);
}

/* Takes one step. False if another step remains. */
static bool step(struct server *server, struct incoming *incoming)
{
  struct client *client = incoming->client;
  struct socket *socket = client ? client_find(client, incoming->socket_id) : NULL;
  if (!client) {
    /* Its session has ended. */
  } else if (!socket && !incoming->was_taken) {
    session_shut_down(client->session, "a packet behind the DISCONNECT");
  } else if (!socket) {
    server_log(server, "%s: ignored an event: its socket has left the namespace", client->session->id);
  } else if (incoming->packet.type == SIO_DISCONNECT) {
    client_remove(socket);
  } else if (client_greet(socket)) {
    if (incoming->packet.type == SIO_EVENT && !incoming->was_taken) {
      incoming->was_taken = true;
      return false;
    }
    run_handlers(socket, incoming);
  }
  return true;
}

void incoming_run(struct server *server)
{
  struct incoming *incoming;
  while ((incoming = server->incoming)) {
    server->incoming = incoming->next;
    if (step(server, incoming))
      incoming_free(incoming);
    else
      append(server, incoming);
  }
}

void incoming_forget(struct client *client)
{
  struct incoming *incoming = client->session->server->incoming;
  for (; incoming; incoming = incoming->next)
    if (incoming->client == client) incoming->client = NULL;
}
