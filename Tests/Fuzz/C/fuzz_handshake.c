/* A server's answer to a WebSocket handshake: it means the same whether it is whole or split. The first
 * byte of the input chooses what is offered, the second the splits; "$" stands for the correct
 * Sec-WebSocket-Accept. */
#include "fuzz.h"

#include "base/text.h"
#include "ws/handshake.h"

enum { DEFLATE = 1, PROTOCOLS = 2 };

static void begin(csio__handshake *handshake, unsigned choice)
{
  csio__handshake_request request = {.target = "/",
      .host_header = "here",
      .protocols = choice & PROTOCOLS ? "one, two" : NULL,
      .deflate = choice & DEFLATE};
  csio__bytes out = {0};
  MUST(!csio__handshake_begin(handshake, &request, &out));
  csio__bytes_free(&out);
}

static void append(csio__bytes *out, const void *bytes, size_t size)
{
  MUST(csio__bytes_append(out, bytes, size));
}

/* Reads what follows a refusal's head. */
static void read_body(csio__handshake *handshake, const uint8_t *bytes, size_t size, size_t step)
{
  size_t read;
  while (size && !csio__handshake_read_body(handshake, bytes, size < step ? size : step)) {
    size_t part = size < step ? size : step;
    bytes += part;
    size -= part;
  }
  csio__handshake_end_body(handshake);
  MUST(csio__handshake_body(handshake, &read) && read <= 2048);
}

/* Reads the answer in steps and returns how much is left after the head. */
static size_t read_in_steps(csio__handshake *handshake, const uint8_t *bytes, size_t size, size_t step)
{
  csio__bytes answer = {0};
  for (size_t i = 0; i < size; i++)
    append(
        &answer, bytes[i] == '$' ? (const uint8_t *)handshake->accept : bytes + i, bytes[i] == '$' ? 28 : 1);
  size_t at = 0;
  while (at < answer.size && handshake->state == CSIO__HANDSHAKE_WAITING) {
    size_t part = answer.size - at < step ? answer.size - at : step, left = part;
    const uint8_t *input = answer.data + at;
    csio__handshake_state state = csio__handshake_read(handshake, &input, &left);
    MUST(state == handshake->state && input == answer.data + at + part - left);
    MUST(!left || state != CSIO__HANDSHAKE_WAITING);
    at += part - left;
  }
  size_t rest = answer.size - at;
  if (handshake->state == CSIO__HANDSHAKE_REFUSED) read_body(handshake, answer.data + at, rest, step);
  csio__bytes_free(&answer);
  return rest;
}

static void check(const csio__handshake *handshake)
{
  csio__handshake_state state = handshake->state;
  MUST(state != CSIO__HANDSHAKE_NO_MEMORY);
  MUST(state != CSIO__HANDSHAKE_ACCEPTED || handshake->status == 101);
  MUST(state != CSIO__HANDSHAKE_ACCEPTED || csio__handshake_header(handshake, "Sec-WebSocket-Accept", 0));
  MUST(state != CSIO__HANDSHAKE_REFUSED || handshake->status >= 200);
  MUST((state == CSIO__HANDSHAKE_BROKEN) == (handshake->fault != NULL));
  MUST(handshake->deflate || state != CSIO__HANDSHAKE_ACCEPTED || !handshake->terms.accepted);
  MUST(handshake->taken <= CSIO__MAX_ANSWER_HEAD + 1);
}

static void check_same_headers(const csio__handshake *one, const csio__handshake *two, const char *name)
{
  const char *value;
  for (size_t i = 0; (value = csio__handshake_header(one, name, i)); i++) {
    const char *other = csio__handshake_header(two, name, i);
    /* for Sec-WebSocket-Accept, each has its own */
    MUST(other && strlen(other) == strlen(value) && csio__is_field_value(value));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
  if (size < 2) return 0;
  csio__handshake whole, cut;
  begin(&whole, bytes[0]);
  begin(&cut, bytes[0]);
  size_t rest = read_in_steps(&whole, bytes + 2, size - 2, SIZE_MAX);
  size_t other_rest = read_in_steps(&cut, bytes + 2, size - 2, (size_t)bytes[1] + 1);
  check(&whole);
  check(&cut);
  MUST(whole.state == cut.state && whole.status == cut.status && whole.fault == cut.fault);
  MUST(whole.terms.accepted == cut.terms.accepted);
  MUST(rest == other_rest || whole.state > CSIO__HANDSHAKE_REFUSED);
  check_same_headers(&whole, &cut, "Set-Cookie");
  check_same_headers(&cut, &whole, "Set-Cookie");
  check_same_headers(&whole, &cut, "Sec-WebSocket-Accept");
  csio__handshake_free(&whole);
  csio__handshake_free(&cut);
  return 0;
}
