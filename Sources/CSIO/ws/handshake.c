#include "ws/handshake.h"
#include "base/text.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- the request --- */

enum { KEY_SIZE = 24 }; /* 16 bytes in base64 */

static EVP_MD *sha1; /* OpenSSL would look it up for each handshake */

static void find_sha1(void)
{
  sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
}

static int make_key(char key[KEY_SIZE + 1], char accept[29])
{
  static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  static uv_once_t once = UV_ONCE_INIT;
  unsigned char nonce[16], digest[EVP_MAX_MD_SIZE];
  unsigned size;
  char text[KEY_SIZE + sizeof guid];
  if (uv_random(NULL, NULL, nonce, sizeof nonce, 0, NULL)) return CSIO_ESYSTEM;
  EVP_EncodeBlock((unsigned char *)key, nonce, sizeof nonce);
  memcpy(text, key, KEY_SIZE);
  memcpy(text + KEY_SIZE, guid, sizeof guid);
  uv_once(&once, find_sha1);
  if (!EVP_Digest(text, strlen(text), digest, &size, sha1 ? sha1 : EVP_sha1(), NULL)) return CSIO_ENOMEM;
  EVP_EncodeBlock((unsigned char *)accept, digest, (int)size);
  return CSIO_OK;
}

int csio__handshake_begin(
    csio__handshake *handshake, const csio__handshake_request *request, csio__bytes *out)
{
  char key[KEY_SIZE + 1];
  *handshake = (csio__handshake){.deflate = request->deflate, .protocols = request->protocols};
  int err = make_key(key, handshake->accept);
  if (err) return err;
  const csio__bytes none = {0}, *headers = request->headers ? request->headers : &none;
  size_t before = out->size;
  if (csio__bytes_append_texts(out, "GET ", request->target, " HTTP/1.1\r\nHost: ", request->host_header,
          "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ",
          key, "\r\n", request->deflate ? "Sec-WebSocket-Extensions: " CSIO__DEFLATE_OFFER "\r\n" : "",
          request->protocols ? "Sec-WebSocket-Protocol: " : "", request->protocols ? request->protocols : "",
          request->protocols ? "\r\n" : "") &&
      csio__bytes_append(out, headers->data, headers->size) && csio__bytes_append(out, "\r\n", 2))
    return CSIO_OK;
  out->size = before;
  return CSIO_ENOMEM;
}

/* --- the answer's lines --- */

const char *csio__handshake_header(const csio__handshake *handshake, const char *name, size_t index)
{
  const char *at = (const char *)handshake->head.data, *end_of_all = at ? at + handshake->line : NULL;
  while (at != end_of_all) {
    const char *value = at + strlen(at) + 1;
    if (!strcasecmp(at, name) && !index--) return value;
    at = value + strlen(value) + 1;
  }
  return NULL;
}

/* "HTTP/1.1 101 Switching Protocols"; the words may be missing. */
static const char *read_status_line(csio__handshake *handshake, const char *line)
{
  const char *version = line + strlen("HTTP/1."), *status = version + 2;
  if ((*version != '0' && *version != '1') || version[1] != ' ') return "the answer is not HTTP/1.1";
  if (*status == '0' || strspn(status, "0123456789") != 3 || (status[3] && status[3] != ' ') ||
      !csio__is_field_value(status))
    return "the status line is malformed";
  handshake->old = *version == '0';
  handshake->status = (unsigned)strtoul(status, NULL, 10);
  handshake->in_headers = true;
  handshake->head.size = 0;
  return NULL;
}

/* "Name: value" becomes the name and the value, each terminated, in the same place. */
static const char *read_header_line(csio__handshake *handshake, char *line)
{
  char *colon = strchr(line, ':');
  if (*line == ' ' || *line == '\t') return "a header is folded";
  if (!colon) return "a header has no colon";
  *colon = '\0';
  if (!csio__is_token(line)) return "the name of a header is malformed";
  char *value = colon + 1;
  csio__text trimmed = csio__text_trim(value, strlen(value));
  memmove(value, trimmed.start, trimmed.size);
  value[trimmed.size] = '\0';
  if (!csio__is_field_value(value)) return "a header contains a control character";
  handshake->line = (size_t)(value + trimmed.size + 1 - (char *)handshake->head.data);
  handshake->head.size = handshake->line;
  return NULL;
}

/* --- what accepts --- */

/* Whether a list, or NULL, has an element that is the same as `text`. */
static bool has(const char *list, const char *text, bool (*same)(csio__text, const char *))
{
  csio__text part;
  while (list && csio__text_next(&list, ',', &part))
    if (same(part, text)) return true;
  return false;
}

/* Whether a header that is a list has a token, in upper or lower case. */
static bool lists(const csio__handshake *handshake, const char *name, const char *token)
{
  const char *value;
  for (size_t i = 0; (value = csio__handshake_header(handshake, name, i)); i++)
    if (has(value, token, csio__text_is)) return true;
  return false;
}

/* What is wrong with an answer of status 101, or NULL. */
static const char *fault_of_acceptance(csio__handshake *handshake)
{
  const char *accept = csio__handshake_header(handshake, "Sec-WebSocket-Accept", 0);
  const char *protocol = csio__handshake_header(handshake, "Sec-WebSocket-Protocol", 0);
  const char *extensions = csio__handshake_header(handshake, "Sec-WebSocket-Extensions", 0);
  if (handshake->old) return "the answer is HTTP/1.0";
  if (!lists(handshake, "Upgrade", "websocket")) return "the header \"Upgrade: websocket\" is missing";
  if (!lists(handshake, "Connection", "Upgrade")) return "the header \"Connection: Upgrade\" is missing";
  if (!accept) return "the header Sec-WebSocket-Accept is missing";
  if (csio__handshake_header(handshake, "Sec-WebSocket-Accept", 1))
    return "the header Sec-WebSocket-Accept is repeated";
  if (strcmp(accept, handshake->accept)) return "the header Sec-WebSocket-Accept does not match the request";
  if (csio__handshake_header(handshake, "Sec-WebSocket-Protocol", 1))
    return "the header Sec-WebSocket-Protocol is repeated";
  if (protocol && !has(handshake->protocols, protocol, csio__text_equals))
    return "it chose a subprotocol that was not offered";
  if (extensions && !handshake->deflate) return "it chose an extension that was not offered";
  if (csio__handshake_header(handshake, "Sec-WebSocket-Extensions", 1) ||
      !csio__deflate_read_terms(extensions, &handshake->terms))
    return "the header Sec-WebSocket-Extensions does not match the offer";
  return NULL;
}

/* --- the answer --- */

/* The empty line. */
static const char *read_end(csio__handshake *handshake)
{
  if (handshake->status == 101) {
    handshake->state = CSIO__HANDSHAKE_ACCEPTED;
    return fault_of_acceptance(handshake);
  }
  if (handshake->status >= 200) {
    handshake->state = CSIO__HANDSHAKE_REFUSED;
    handshake->chunked = csio__handshake_header(handshake, "Transfer-Encoding", 0);
    handshake->head.size = handshake->line;
  } else { /* the final answer follows */
    handshake->in_headers = false;
    handshake->head.size = handshake->line = 0;
  }
  return NULL;
}

/* A line that is whole. */
static const char *read_line(csio__handshake *handshake)
{
  char *line = (char *)handshake->head.data + handshake->line;
  size_t size = handshake->head.size - handshake->line - 1;
  if (!size || line[size - 1] != '\r') return "a line does not end in CR LF";
  line[--size] = '\0';
  if (memchr(line, '\0', size)) return "the head contains a NUL byte";
  if (!handshake->in_headers) return read_status_line(handshake, line);
  return size ? read_header_line(handshake, line) : read_end(handshake);
}

/* Takes the input up to the end of a line, or of the input. Returns what is wrong, or NULL. */
static const char *read_part(csio__handshake *handshake, const uint8_t **bytes, size_t *left)
{
  static const char beginning[] = "HTTP/1.";
  const uint8_t *newline = memchr(*bytes, '\n', *left);
  size_t size = newline ? (size_t)(newline - *bytes) + 1 : *left,
         room = CSIO__MAX_ANSWER_HEAD - handshake->taken;
  size_t part = size > room ? room + 1 : size;
  if (!csio__bytes_append(&handshake->head, *bytes, part)) {
    handshake->state = CSIO__HANDSHAKE_NO_MEMORY;
    return NULL;
  }
  *bytes += part;
  *left -= part;
  handshake->taken += part;
  size_t begun = handshake->head.size < strlen(beginning) ? handshake->head.size : strlen(beginning);
  if (!handshake->in_headers && memcmp(handshake->head.data, beginning, begun))
    return "the answer is not HTTP";
  if (handshake->taken <= CSIO__MAX_ANSWER_HEAD) return newline ? read_line(handshake) : NULL;
  handshake->state = CSIO__HANDSHAKE_TOO_LARGE;
  return NULL;
}

csio__handshake_state csio__handshake_read(csio__handshake *handshake, const uint8_t **bytes, size_t *size)
{
  while (*size && handshake->state == CSIO__HANDSHAKE_WAITING)
    if ((handshake->fault = read_part(handshake, bytes, size))) handshake->state = CSIO__HANDSHAKE_BROKEN;
  return handshake->state;
}

/* --- the body of a refusal --- */

bool csio__handshake_read_body(csio__handshake *handshake, const uint8_t *bytes, size_t size)
{
  enum { ENOUGH = 2048 };
  static const char last_chunk[] = "0\r\n\r\n";
  const char *announced = csio__handshake_header(handshake, "Content-Length", 0);
  unsigned long long length = announced ? strtoull(announced, NULL, 10) : ENOUGH;
  size_t most = length < ENOUGH ? (size_t)length : ENOUGH,
         room = most + handshake->line - handshake->head.size;
  if (!csio__bytes_append(&handshake->head, bytes, size < room ? size : room) || size >= room) return true;
  const uint8_t *end = handshake->head.data + handshake->head.size;
  const size_t tail = strlen(last_chunk);
  return handshake->chunked && handshake->head.size - handshake->line >= tail &&
         !memcmp(end - tail, last_chunk, tail);
}

void csio__handshake_end_body(csio__handshake *handshake)
{
  if (!handshake->chunked || !csio__bytes_append(&handshake->head, "", 1)) return;
  char *into = (char *)handshake->head.data + handshake->line, *from = into, *line;
  const char *end = (char *)handshake->head.data + handshake->head.size - 1;
  while ((line = strchr(from, '\n'))) {
    size_t left = (size_t)(end - ++line), size = strtoul(from, NULL, 16);
    if (size > left) size = left;
    memmove(into, line, size);
    into += size;
    from = line + size;
    from += strspn(from, "\r\n");
  }
  handshake->head.size = (size_t)(into - (char *)handshake->head.data);
}

const uint8_t *csio__handshake_body(const csio__handshake *handshake, size_t *size)
{
  bool refused = handshake->state == CSIO__HANDSHAKE_REFUSED;
  *size = refused ? handshake->head.size - handshake->line : 0;
  return refused ? handshake->head.data + handshake->line : (const uint8_t *)"";
}

void csio__handshake_free(csio__handshake *handshake)
{
  csio__bytes_free(&handshake->head);
  handshake->line = 0;
}
