#include "events.h"

#include "client.h"
#include "faults.h"
#include "json.h"

#include <string.h>

enum { MAX_BURST = 1000000 };

struct call {
  struct socket *socket;
  struct slice id; /* without data if no acknowledgement is requested */
  struct arguments arguments;
};

static void on_echo(const struct call *call)
{
  if (call->id.data)
    socket_acknowledge(call->socket, call->id, &call->arguments);
  else
    socket_emit(call->socket, "echo", &call->arguments);
}

static void on_message(const struct call *call)
{
  socket_emit(call->socket, "message-back", &call->arguments);
}

static void on_message_with_ack(const struct call *call)
{
  if (call->id.data) socket_acknowledge(call->socket, call->id, &call->arguments);
}

static void on_ask(const struct call *call)
{
  socket_ask(call->socket, "question", &call->arguments);
}

static void on_get_handshake(const struct call *call)
{
  struct session *session = call->socket->session;
  if (!call->id.data) return;
  struct buffer json = {0};
  buffer_append_text(&json, "{\"headers\":");
  buffer_append_slice(&json, buffer_slice(&session->headers));
  buffer_append_text(&json, ",\"query\":");
  buffer_append_slice(&json, buffer_slice(&session->query));
  buffer_append_text(&json, ",\"auth\":");
  buffer_append_slice(&json, buffer_slice(&call->socket->auth));
  buffer_append_text(&json, ",\"transport\":\"");
  buffer_append_text(&json, session->transport == TRANSPORT_POLLING ? "polling\"}" : "websocket\"}");
  struct arguments arguments = {.json = buffer_slice(&json)};
  if (json.failed)
    session_drop(session);
  else
    socket_acknowledge(call->socket, call->id, &arguments);
  buffer_free(&json);
}

static void on_broadcast(const struct call *call)
{
  /* This may drop a member that reads too slowly, hence the look ahead. */
  struct socket *next;
  for (struct socket *socket = call->socket->namespace->sockets; socket; socket = next) {
    next = socket->next;
    socket_emit(socket, "broadcast", &call->arguments);
  }
}

/* The first argument if it is a number from 0 to `most`. */
static bool get_count(const struct call *call, size_t most, size_t *count)
{
  struct slice json = call->arguments.json;
  *count = 0;
  size_t i = 0;
  for (; i < json.length && json.data[i] >= '0' && json.data[i] <= '9'; i++) {
    *count = *count * 10 + (size_t)(json.data[i] - '0');
    if (*count > most) return false;
  }
  return i && (i == json.length || strchr(", \t\r\n", json.data[i]));
}

static void on_burst(const struct call *call)
{
  struct session *session = call->socket->session;
  struct buffer number = {0};
  size_t count;
  if (!get_count(call, MAX_BURST, &count)) return;
  for (size_t i = 0; i < count && session->state == SESSION_OPEN; i++) {
    buffer_clear(&number);
    buffer_append_number(&number, i);
    struct arguments arguments = {.json = buffer_slice(&number)};
    socket_emit(call->socket, "burst", &arguments);
  }
  buffer_free(&number);
}

static void on_binary(const struct call *call)
{
  struct session *session = call->socket->session;
  size_t length;
  if (!get_count(call, session->server->queue_limit, &length)) return;
  struct buffer bytes = {0};
  char *end = buffer_reserve(&bytes, length);
  if (!end) {
    session_drop(session);
    return;
  }
  for (size_t i = 0; i < length; i++)
    end[i] = (char)i;
  struct slice attachment = {end, length};
  struct arguments arguments = {.json = slice_of("{\"_placeholder\":true,\"num\":0}"),
      .attachments = &attachment,
      .attachment_count = 1};
  socket_emit(call->socket, "binary", &arguments);
  buffer_free(&bytes);
}

static void on_never_ack(const struct call *call)
{
  (void)call;
}

/* The first argument if it is a string. */
static bool get_text(const struct call *call, struct buffer *text)
{
  struct buffer array = {0};
  struct slice string;
  buffer_append_char(&array, '[');
  buffer_append_slice(&array, call->arguments.json);
  buffer_append_char(&array, ']');
  struct json_iterator iterator = json_iterate(buffer_slice(&array));
  bool found =
      json_next_element(&iterator, &string) && *string.data == '"' && json_decode_string(text, string);
  buffer_free(&array);
  return found;
}

static void on_error_packet(const struct call *call)
{
  struct buffer text = {0};
  if (get_text(call, &text)) session_send_packet(call->socket->session, PACKET_MESSAGE, buffer_slice(&text));
  buffer_free(&text);
}

static void on_send_raw(const struct call *call)
{
  struct buffer text = {0};
  if (get_text(call, &text) && text.length) {
    struct slice rest = {buffer_bytes(&text) + 1, text.length - 1};
    session_send_packet(call->socket->session, (enum packet_type) * buffer_bytes(&text), rest);
  }
  buffer_free(&text);
}

static void on_send_raw_binary(const struct call *call)
{
  for (size_t i = 0; i < call->arguments.attachment_count; i++)
    session_send_binary(call->socket->session, call->arguments.attachments[i]);
}

static bool get_status(const struct call *call, size_t *status)
{
  return get_count(call, 599, status) && *status >= 200;
}

static void on_fail_next_poll(const struct call *call)
{
  size_t status;
  if (get_status(call, &status)) faults_fail_next_poll(call->socket->session, (unsigned)status);
}

static void on_fail_next_post(const struct call *call)
{
  size_t status;
  if (get_status(call, &status)) faults_fail_next_post(call->socket->session, (unsigned)status);
}

static void on_silence(const struct call *call)
{
  session_silence(call->socket->session);
}

static void on_disconnect_me(const struct call *call)
{
  struct socket *socket = call->socket;
  struct session *session = socket->session;
  const char *namespace = socket->namespace->name;
  client_remove(socket);
  socket_send_packet(session, SIO_DISCONNECT, namespace, (struct slice){NULL, 0});
}

static void on_close_me(const struct call *call)
{
  session_shut_down(call->socket->session, "the client asked for it");
}

static void on_drop_me(const struct call *call)
{
  session_drop(call->socket->session);
}

static const struct {
  const char *name;
  void (*handle)(const struct call *call);
} events[] = {
    {"echo", on_echo},
    {"message", on_message},
    {"message-with-ack", on_message_with_ack},
    {"ask", on_ask},
    {"get-handshake", on_get_handshake},
    {"broadcast", on_broadcast},
    {"burst", on_burst},
    {"binary", on_binary},
    {"never-ack", on_never_ack},
    {"error-packet", on_error_packet},
    {"send-raw", on_send_raw},
    {"send-raw-binary", on_send_raw_binary},
    {"fail-next-poll", on_fail_next_poll},
    {"fail-next-post", on_fail_next_post},
    {"silence", on_silence},
    {"disconnect-me", on_disconnect_me},
    {"close-me", on_close_me},
    {"drop-me", on_drop_me},
};

void events_on_event(struct socket *socket, const struct sio_packet *packet, const struct slice *attachments)
{
  struct json_iterator iterator = json_iterate(packet->json);
  struct slice string;
  if (!json_next_element(&iterator, &string)) return;
  struct call call = {socket, packet->id, {json_rest(&iterator), attachments, packet->attachments}};
  struct slice name = {string.data + 1, string.length - 2};
  if (*string.data != '"') return;
  for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
    if (!slice_is(name, events[i].name)) continue;
    events[i].handle(&call);
    return;
  }
}

void events_on_ack(struct socket *socket, const struct sio_packet *packet, const struct slice *attachments)
{
  if (!socket_take_answer(socket, packet->id)) return;
  struct json_iterator iterator = json_iterate(packet->json);
  struct arguments arguments = {json_rest(&iterator), attachments, packet->attachments};
  socket_emit(socket, "answer", &arguments);
}
