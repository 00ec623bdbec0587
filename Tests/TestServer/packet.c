#include "packet.h"

#include "json.h"

#include <string.h>

enum { MAX_ID_DIGITS = 18 };

static struct slice take_digits(struct slice *text)
{
  struct slice digits = {text->data, 0};
  while (digits.length < text->length && text->data[digits.length] >= '0' && text->data[digits.length] <= '9')
    digits.length++;
  text->data += digits.length;
  text->length -= digits.length;
  return digits;
}

static bool take_attachments(struct slice *text, size_t *attachments)
{
  struct slice digits = take_digits(text);
  if (!digits.length || digits.length > 4 || !text->length || *text->data != '-') return false;
  for (size_t i = 0; i < digits.length; i++)
    *attachments = *attachments * 10 + (size_t)(digits.data[i] - '0');
  text->data++;
  text->length--;
  return *attachments <= SIO_MAX_ATTACHMENTS;
}

static struct slice take_namespace(struct slice *text)
{
  if (!text->length || *text->data != '/') return slice_of("/");
  const char *comma = memchr(text->data, ',', text->length);
  struct slice namespace = {text->data, comma ? (size_t)(comma - text->data) : text->length};
  size_t used = namespace.length + (comma ? 1 : 0);
  text->data += used;
  text->length -= used;
  return namespace;
}

static bool is_reserved(struct slice name)
{
  static const char *const reserved[] = {"\"connect\"", "\"connect_error\"", "\"disconnect\"",
      "\"disconnecting\"", "\"newListener\"", "\"removeListener\""};
  for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
    if (slice_is(name, reserved[i])) return true;
  return false;
}

static bool starts_with(struct slice json, char c)
{
  while (json.length && strchr(" \t\r\n", *json.data)) {
    json.data++;
    json.length--;
  }
  return json.length && *json.data == c;
}

static bool has_event_name(struct slice json)
{
  struct json_iterator iterator = json_iterate(json);
  struct slice name;
  if (!json_next_element(&iterator, &name)) return false;
  return *name.data == '"' ? !is_reserved(name)
                           : *name.data == '-' || (*name.data >= '0' && *name.data <= '9');
}

static bool has_right_json(const struct sio_packet *packet)
{
  struct slice json = packet->json;
  if (json.data && !json_is_valid(json)) return false;
  switch (packet->type) {
  case SIO_CONNECT:
    return !json.data || starts_with(json, '{');
  case SIO_DISCONNECT:
    return !json.data;
  case SIO_EVENT:
    return json.data && starts_with(json, '[') && has_event_name(json);
  case SIO_ACK:
    return json.data && starts_with(json, '[') && packet->id.data;
  default:
    return false; /* only servers send CONNECT_ERROR */
  }
}

bool sio_parse(struct sio_packet *packet, struct slice text)
{
  *packet = (struct sio_packet){.text = text};
  if (!text.length || *text.data < SIO_CONNECT || *text.data > SIO_BINARY_ACK) return false;
  packet->type = (enum sio_type) * text.data;
  text.data++;
  text.length--;
  if (packet->type == SIO_BINARY_EVENT || packet->type == SIO_BINARY_ACK) {
    if (!take_attachments(&text, &packet->attachments)) return false;
    packet->type = packet->type == SIO_BINARY_EVENT ? SIO_EVENT : SIO_ACK;
  }
  packet->namespace = take_namespace(&text);
  struct slice id = take_digits(&text);
  if (id.length > MAX_ID_DIGITS) return false;
  if (id.length) packet->id = id;
  if (text.length) packet->json = text;
  return has_right_json(packet);
}

void sio_append_head(
    struct buffer *out, enum sio_type type, size_t attachments, const char *namespace, struct slice id)
{
  if (attachments) {
    buffer_append_char(out, type == SIO_EVENT ? SIO_BINARY_EVENT : SIO_BINARY_ACK);
    buffer_append_number(out, attachments);
    buffer_append_char(out, '-');
  } else {
    buffer_append_char(out, (char)type);
  }
  if (strcmp(namespace, "/")) {
    buffer_append_text(out, namespace);
    buffer_append_char(out, ',');
  }
  buffer_append_slice(out, id);
}
