#include "client.h"

#include "incoming.h"
#include "json.h"
#include "recovery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A CONNECT whose answer is delayed. */
struct joining {
  uv_timer_t timer;
  struct client *client; /* NULL once the session is over */
  struct namespace *namespace;
  struct buffer auth;
  struct joining *next;
};

static void on_connect_timeout(uv_timer_t *timer)
{
  struct client *client = timer->data;
  session_shut_down(client->session, "no namespace was joined in time");
}

/* Many clients in the protocol suites wait for one message at a time, and would miss a greeting that they
 * read together with the answer to their CONNECT. */
enum { GREETING_MS = 20 };

static void greet(struct socket *socket)
{
  struct arguments greeting = {.json = buffer_slice(&socket->auth)};
  socket->awaits_greeting = false;
  socket_emit(socket, "auth", &greeting);
}

bool client_greet(struct socket *socket)
{
  struct session *session = socket->session;
  if (socket->awaits_greeting) greet(socket);
  return session->state == SESSION_OPEN;
}

static void on_greeting_timer(uv_timer_t *timer)
{
  struct client *client = timer->data;
  struct socket *next;
  for (struct socket *socket = client->sockets; socket; socket = next) {
    next = socket->next_of_client;
    if (socket->awaits_greeting) greet(socket);
    if (client->session->state != SESSION_OPEN) return;
  }
}

static bool on_opened(struct session *session)
{
  struct client *client = calloc(1, sizeof *client);
  if (!client) return false;
  client->session = session;
  session->data = client;
  uv_timer_init(session->server->loop, &client->connect_timeout);
  uv_timer_init(session->server->loop, &client->greeting);
  client->connect_timeout.data = client->greeting.data = client;
  client->open_timers = 2;
  uv_timer_start(&client->connect_timeout, on_connect_timeout, session->server->options->connect_timeout, 0);
  return true;
}

static void on_timer_closed(uv_handle_t *handle)
{
  struct client *client = handle->data;
  if (--client->open_timers) return;
  buffer_free(&client->text);
  buffer_free(&client->bytes);
  free(client);
}

static void on_joining_closed(uv_handle_t *handle)
{
  struct joining *joining = handle->data;
  buffer_free(&joining->auth);
  free(joining);
}

static void remove_joining(struct joining *joining)
{
  struct joining **link = &joining->client->joining;
  while (*link != joining)
    link = &(*link)->next;
  *link = joining->next;
  joining->client = NULL;
  uv_close((uv_handle_t *)&joining->timer, on_joining_closed);
}

static void on_closed(struct session *session)
{
  struct client *client = session->data;
  incoming_forget(client);
  while (client->sockets) {
    struct socket *socket = client->sockets;
    client->sockets = socket->next_of_client;
    if (!recovery_lose(socket)) socket_free(socket);
  }
  while (client->joining)
    remove_joining(client->joining);
  /* Freed together with the timers, since callers up the stack may still use it. */
  uv_close((uv_handle_t *)&client->connect_timeout, on_timer_closed);
  uv_close((uv_handle_t *)&client->greeting, on_timer_closed);
}

static struct socket *find_socket(struct client *client, struct slice namespace)
{
  struct socket *socket = client->sockets;
  while (socket && !slice_is(namespace, socket->namespace->name))
    socket = socket->next_of_client;
  return socket;
}

struct socket *client_find(struct client *client, const char *id)
{
  struct socket *socket = client->sockets;
  while (socket && strcmp(socket->id, id))
    socket = socket->next_of_client;
  return socket;
}

void client_remove(struct socket *socket)
{
  struct client *client = socket->session->data;
  struct socket **link = &client->sockets;
  while (*link != socket)
    link = &(*link)->next_of_client;
  *link = socket->next_of_client;
  socket_free(socket);
}

static void join(struct client *client, struct namespace *namespace, struct slice auth)
{
  struct session *session = client->session;
  struct socket *socket = recovery_find(session->server, namespace, auth);
  bool recovers = socket;
  if (!recovers)
    socket = socket_create(session, namespace, auth);
  else if (!socket_resume(socket, session, auth))
    socket = NULL;
  if (!socket) {
    session_drop(session);
    return;
  }
  socket->next_of_client = client->sockets;
  client->sockets = socket;
  uv_timer_stop(&client->connect_timeout);
  server_log(session->server, "%s: joined %s as %s%s", session->id, namespace->name, socket->id,
      recovers ? ", again" : "");
  char reply[2 * ID_LENGTH + 32];
  snprintf(reply, sizeof reply, *socket->private_id ? "{\"sid\":\"%s\",\"pid\":\"%s\"}" : "{\"sid\":\"%s\"}",
      socket->id, socket->private_id);
  if (session->server->options->garbage == GARBAGE_PACKET) {
    session_send_packet(session, PACKET_MESSAGE, slice_of("garbage"));
    return;
  }
  if (namespace->greets) {
    socket->awaits_greeting = true;
    uv_timer_start(&client->greeting, on_greeting_timer, GREETING_MS, 0);
  }
  if (recovers) recovery_replay(socket, auth);
  socket_send_packet(session, SIO_CONNECT, namespace->name, slice_of(reply));
}

static void on_joining_timer(uv_timer_t *timer)
{
  struct joining *joining = timer->data;
  struct client *client = joining->client;
  struct namespace *namespace = joining->namespace;
  remove_joining(joining);
  join(client, namespace, buffer_slice(&joining->auth));
}

/* Milliseconds to wait before a CONNECT is answered. */
static uint64_t delay_of(const struct client *client, const struct namespace *namespace)
{
  return namespace->delay + client->session->server->options->stall_connect;
}

static void join_later(struct client *client, struct namespace *namespace, struct slice auth)
{
  struct joining *joining = calloc(1, sizeof *joining);
  if (joining) buffer_append_slice(&joining->auth, auth.data ? auth : slice_of("{}"));
  if (!joining || joining->auth.failed) {
    free(joining);
    session_drop(client->session);
    return;
  }
  joining->client = client;
  joining->namespace = namespace;
  joining->next = client->joining;
  client->joining = joining;
  uv_timer_init(client->session->server->loop, &joining->timer);
  joining->timer.data = joining;
  uv_timer_start(&joining->timer, on_joining_timer, delay_of(client, namespace), 0);
}

static bool is_joining(const struct client *client, const struct namespace *namespace)
{
  const struct joining *joining = client->joining;
  while (joining && joining->namespace != namespace)
    joining = joining->next;
  return joining != NULL;
}

static void refuse(struct client *client, struct slice namespace, const char *error)
{
  struct buffer name = {0};
  buffer_append_slice(&name, namespace);
  buffer_append_char(&name, 0);
  if (name.failed)
    session_drop(client->session);
  else
    socket_send_packet(client->session, SIO_CONNECT_ERROR, buffer_bytes(&name), slice_of(error));
  buffer_free(&name);
}

static void on_connect(struct client *client, const struct sio_packet *packet)
{
  struct namespace *namespace = namespace_find(client->session->server, packet->namespace);
  if (!namespace) {
    refuse(client, packet->namespace, "{\"message\":\"Invalid namespace\"}");
  } else if (is_joining(client, namespace)) {
    session_shut_down(client->session, "a second CONNECT to one namespace");
  } else if (namespace->wants_token &&
             (!packet->json.data || !slice_is(json_member(packet->json, "\"token\""), "\"abcd\""))) {
    refuse(client, packet->namespace,
        "{\"message\":\"invalid credentials\",\"data\":{\"code\":\"invalid_credentials\"}}");
  } else if (delay_of(client, namespace)) {
    join_later(client, namespace, packet->json);
  } else {
    join(client, namespace, packet->json);
  }
}

/* The packet is complete: its attachments are in client->bytes. A CONNECT is handled at once, before a
 * DISCONNECT from the same read takes effect. */
static void on_packet(struct client *client, const struct sio_packet *packet)
{
  struct socket *socket = find_socket(client, packet->namespace);
  if (!socket && packet->type == SIO_CONNECT)
    on_connect(client, packet);
  else if (!socket || packet->type == SIO_CONNECT)
    session_shut_down(client->session, "a packet that does not belong here");
  else
    incoming_add(client, socket, packet);
}

static void on_text(struct session *session, struct slice text)
{
  struct client *client = session->data;
  struct sio_packet packet;
  if (client->assembling) {
    session_shut_down(session, "text where an attachment was due");
  } else if (!sio_parse(&packet, text)) {
    session_shut_down(session, "invalid Socket.IO packet");
  } else if (!packet.attachments) {
    on_packet(client, &packet);
  } else {
    client->assembling = true;
    client->attachments_wanted = packet.attachments;
    client->attachment_count = 0;
    buffer_clear(&client->text);
    buffer_clear(&client->bytes);
    buffer_append_slice(&client->text, text);
  }
}

static void on_binary(struct session *session, struct slice bytes)
{
  struct client *client = session->data;
  struct sio_packet packet;
  if (!client->assembling) {
    session_shut_down(session, "binary that belongs to no packet");
    return;
  }
  buffer_append_slice(&client->bytes, bytes);
  client->attachment_lengths[client->attachment_count++] = bytes.length;
  if (client->text.failed || client->bytes.failed || client->bytes.length > session->server->queue_limit) {
    session_drop(session);
    return;
  }
  if (client->attachment_count < client->attachments_wanted) return;
  client->assembling = false;
  if (sio_parse(&packet, buffer_slice(&client->text))) on_packet(client, &packet);
}

const struct session_handler client_handler = {on_opened, on_text, on_binary, on_closed};
