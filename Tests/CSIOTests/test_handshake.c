/* The opening handshake of a WebSocket: the request, and every rule for the answer, split in every way. */
#include "test.h"

#include "base/text.h"
#include "ws/handshake.h"

#include <csio/error.h>

#include <openssl/evp.h>

/* --- the request --- */

static const csio__handshake_request simple = {.target = "/", .host_header = "here"};
static const csio__handshake_request offering = {
    .target = "/", .host_header = "here", .protocols = "alpha, beta", .deflate = true};

/* Begins a handshake and returns its request; the caller frees it. */
static char *begin(csio__handshake *handshake, const csio__handshake_request *request)
{
  csio__bytes out = {0};
  CHECK_INT(csio__handshake_begin(handshake, request, &out), CSIO_OK);
  CHECK(csio__bytes_append(&out, "", 1));
  return (char *)out.data;
}

/* Copies the value of a header, up to the end of the line. */
static void copy_value(const char *request, const char *name, char *into, size_t room)
{
  const char *at = strstr(request, name);
  if (!at) FAIL("%s is missing", name);
  at += strlen(name);
  snprintf(into, room, "%.*s", (int)strcspn(at, "\r"), at);
}

/* The Sec-WebSocket-Accept value for a request's key (RFC 6455, section 4.2.2). */
static void accept_for(const char *request, char accept[29])
{
  char text[100];
  unsigned char digest[20], nonce[24];
  copy_value(request, "\r\nSec-WebSocket-Key: ", text, 25);
  CHECK_INT(strlen(text), 24);
  CHECK_INT(EVP_DecodeBlock(nonce, (unsigned char *)text, 24), 18);
  CHECK_STRING(text + 22, "==");
  strcat(text, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  CHECK(EVP_Digest(text, strlen(text), digest, NULL, EVP_sha1(), NULL));
  EVP_EncodeBlock((unsigned char *)accept, digest, sizeof digest);
}

static void writes_requests(void)
{
  csio__handshake handshake;
  char *request = begin(&handshake, &simple), accept[29], key[25];
  accept_for(request, accept);
  CHECK_STRING(handshake.accept, accept);
  CHECK(!strncmp(request, "GET / HTTP/1.1\r\nHost: here\r\n", 27));
  CHECK_CONTAINS(request, "\r\nUpgrade: websocket\r\n");
  CHECK_CONTAINS(request, "\r\nConnection: Upgrade\r\n");
  CHECK_CONTAINS(request, "\r\nSec-WebSocket-Version: 13\r\n");
  CHECK(!strstr(request, "Sec-WebSocket-Extensions") && !strstr(request, "Sec-WebSocket-Protocol"));
  CHECK_STRING(strstr(request, "\r\n\r\n"), "\r\n\r\n");
  copy_value(request, "\r\nSec-WebSocket-Key: ", key, sizeof key);
  free(request);
  request = begin(&handshake, &simple);
  CHECK(!strstr(request, key));
  free(request);
}

static void writes_offers_and_headers(void)
{
  size_t size = 100000;
  char *target = malloc(size), *first = malloc(size + 20), *request;
  CHECK(target && first);
  memset(target, 'x', size);
  target[0] = '/';
  target[size - 1] = '\0';
  snprintf(first, size + 20, "GET %s HTTP/1.1\r\n", target);
  csio__bytes headers = {0};
  CHECK(csio__bytes_append(&headers, "A: 1\r\nB: 2\r\n", 12));
  csio__handshake_request full = offering;
  full.target = target;
  full.headers = &headers;
  csio__handshake handshake;
  request = begin(&handshake, &full);
  CHECK(!strncmp(request, first, strlen(first)));
  CHECK_CONTAINS(request, "\r\nSec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n");
  CHECK_CONTAINS(request, "\r\nSec-WebSocket-Protocol: alpha, beta\r\n");
  CHECK_STRING(strstr(request, "A: 1"), "A: 1\r\nB: 2\r\n\r\n");
  csio__bytes_free(&headers);
  free(request);
  free(first);
  free(target);
}

/* --- the answer --- */

/* The end of an accepting head; "$" stands for the correct Sec-WebSocket-Accept value. */
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define ACCEPT "Sec-WebSocket-Accept: $\r\n"
#define SWITCHING "HTTP/1.1 101 Switching Protocols\r\n"
#define ACCEPTED SWITCHING UPGRADE ACCEPT

static size_t fill_in(const char *text, size_t size, const char *accept, char *into)
{
  char *at = into;
  for (size_t i = 0; i < size; i++)
    if (text[i] == '$')
      at = (char *)memcpy(at, accept, 28) + 28;
    else
      *at++ = text[i];
  return (size_t)(at - into);
}

/* Reads from a block of exactly the input's size, and appends what is left over to `rest`. */
static void feed(csio__handshake *handshake, const char *bytes, size_t size, char *rest)
{
  uint8_t *copy = malloc(size);
  CHECK(copy || !size);
  if (size) memcpy(copy, bytes, size);
  const uint8_t *at = copy;
  size_t left = size;
  csio__handshake_state state = csio__handshake_read(handshake, &at, &left);
  CHECK(at + left == copy + size);
  CHECK_INT(state, handshake->state);
  CHECK(state != CSIO__HANDSHAKE_WAITING || !left);
  snprintf(rest + strlen(rest), 100 - strlen(rest), "%.*s", (int)left, (char *)at);
  free(copy);
}

static void describe(const csio__handshake *handshake, const char *rest, char outcome[200])
{
  switch (handshake->state) {
  case CSIO__HANDSHAKE_WAITING:
    snprintf(outcome, 200, "waiting");
    break;
  case CSIO__HANDSHAKE_ACCEPTED:
    CHECK_INT(handshake->status, 101);
    snprintf(
        outcome, 200, "accepted%s%s%s", *rest ? " " : "", rest, handshake->terms.accepted ? " deflate" : "");
    break;
  case CSIO__HANDSHAKE_REFUSED:
    snprintf(outcome, 200, "refused %u", handshake->status);
    break;
  case CSIO__HANDSHAKE_BROKEN:
    snprintf(outcome, 200, "%s", handshake->fault);
    break;
  case CSIO__HANDSHAKE_TOO_LARGE:
    snprintf(outcome, 200, "too large");
    break;
  case CSIO__HANDSHAKE_NO_MEMORY:
    snprintf(outcome, 200, "no memory");
    break;
  }
}

/* Reads an answer in two parts; a cut beyond its end means byte by byte. */
static void read_cut(csio__handshake *handshake, const char *text, size_t size, size_t cut, char outcome[200])
{
  char *filled = malloc(size + 200), rest[100] = "";
  CHECK(filled);
  size = fill_in(text, size, handshake->accept, filled);
  if (cut <= size) {
    feed(handshake, filled, cut, rest);
    feed(handshake, filled + cut, size - cut, rest);
  } else {
    for (size_t i = 0; i < size; i++)
      feed(handshake, filled + i, 1, rest);
  }
  describe(handshake, rest, outcome);
  free(filled);
}

static void check_answer(
    const csio__handshake_request *request, const char *text, size_t size, const char *expected)
{
  size_t filled = size + 200, step = size / 400 + 1;
  for (size_t cut = 0; cut <= filled + 1; cut += step) {
    csio__handshake handshake;
    char outcome[200];
    free(begin(&handshake, request));
    read_cut(&handshake, text, size, cut, outcome);
    if (strcmp(outcome, expected))
      FAIL("\"%s\" cut at %zu: \"%s\", not \"%s\"", text, cut, outcome, expected);
    csio__handshake_free(&handshake);
    csio__handshake_free(&handshake);
  }
}

typedef struct answer {
  const char *expected;
  const char *text;
  size_t size;
} answer;

#define TEXT(literal) literal, sizeof literal - 1

/* Checks the body of a refusal, split in every way, and where it ends. */
static void check_body(const char *head, const char *body, const char *expected, bool whole)
{
  for (size_t cut = 0; cut <= strlen(body); cut += strlen(body) / 100 + 1) {
    csio__handshake handshake;
    char rest[100] = "";
    size_t size;
    free(begin(&handshake, &simple));
    feed(&handshake, head, strlen(head), rest);
    CHECK_INT(handshake.state, CSIO__HANDSHAKE_REFUSED);
    bool ended = csio__handshake_read_body(&handshake, (const uint8_t *)body, cut) ||
                 csio__handshake_read_body(&handshake, (const uint8_t *)body + cut, strlen(body) - cut);
    CHECK_INT(ended, whole);
    csio__handshake_end_body(&handshake);
    const uint8_t *text = csio__handshake_body(&handshake, &size);
    CHECK_INT(size, strlen(expected));
    CHECK(!memcmp(text, expected, size));
    csio__handshake_free(&handshake);
  }
}

static void reads_the_body_of_refusals(void)
{
  static const char bare[] = "HTTP/1.1 400 Bad\r\n\r\n",
                    five[] = "HTTP/1.1 400 Bad\r\nContent-Length: 5\r\n\r\n",
                    chunked[] = "HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\n";
  char large[3001];
  memset(large, 'x', 3000);
  large[3000] = '\0';
  check_body(five, "whole", "whole", true);
  check_body(five, "whole and more", "whole", true);
  check_body(five, "cut", "cut", false);
  check_body("HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n", "more", "", true);
  check_body("HTTP/1.1 400 Bad\r\nContent-Length: many\r\n\r\n", "more", "", true);
  check_body(bare, "until the end", "until the end", false);
  check_body(bare, "", "", false);
  check_body(bare, large, large + 3000 - 2048, true);
  check_body(chunked, "3\r\none\r\n4; a=b\r\n two\r\n0\r\n\r\n", "one two", true);
  check_body(chunked, "3\r\none\r\n40\r\n two", "one two", false);
  check_body(chunked, "\n\n\n", "", false);
  check_body(chunked, "ffffffffffffffffffff\r\nall", "all", false);
  check_body(chunked, "no chunks", "", false);
}

static void check_answers(const csio__handshake_request *request, const answer *answers, size_t count)
{
  for (size_t i = 0; i < count; i++)
    check_answer(request, answers[i].text, answers[i].size, answers[i].expected);
}

#define CHECK_ANSWERS(request, answers) check_answers(request, answers, sizeof answers / sizeof *answers)

static void accepts_answers(void)
{
  static const answer answers[] = {
      {"accepted", TEXT(ACCEPTED "\r\n")},
      {"accepted frames", TEXT(ACCEPTED "\r\nframes")},
      {"accepted \r\n", TEXT(ACCEPTED "\r\n\r\n")},
      {"accepted", TEXT("HTTP/1.1 101\r\n" UPGRADE ACCEPT "\r\n")},
      {"accepted", TEXT("HTTP/1.1 101 \r\n" UPGRADE ACCEPT "\r\n")},
      {"accepted", TEXT("HTTP/1.1 101 \xc3\xbc\r\n" UPGRADE ACCEPT "\r\n")},
      {"accepted", TEXT(SWITCHING
                       "upgrade:WebSocket\r\nCONNECTION:\tupgrade \t\r\nsec-websocket-accept:  $  \r\n\r\n")},
      {"accepted",
          TEXT(SWITCHING "Upgrade: h2c, websocket ,x\r\nConnection: keep-alive,Upgrade\r\n" ACCEPT "\r\n")},
      {"accepted", TEXT(SWITCHING UPGRADE "Connection: keep-alive\r\n" ACCEPT "\r\n")},
      {"accepted", TEXT(SWITCHING "Connection: keep-alive\r\n" UPGRADE ACCEPT "\r\n")},
      {"accepted", TEXT(ACCEPTED "Empty:\r\nX: a\tb \xff\r\n\r\n")},
      {"accepted x", TEXT(ACCEPTED "Content-Length: 0\r\n\r\nx")},
      {"accepted x", TEXT(ACCEPTED "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nx")},
      {"accepted", TEXT("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" ACCEPTED
                        "\r\n")},
      {"accepted", TEXT("HTTP/1.1 103 Early Hints\r\nSec-WebSocket-Accept: x\r\n\r\n" ACCEPTED "\r\n")},
      {"waiting", TEXT(ACCEPTED)},
      {"waiting", TEXT(ACCEPTED "\r")},
      {"waiting", TEXT("HTTP/1.1 103 Early Hints\r\n\r\n")},
      {"waiting", TEXT("HTT")},
      {"waiting", TEXT("")},
  };
  CHECK_ANSWERS(&simple, answers);
  CHECK_ANSWERS(&offering, answers);
}

static void reads_refusals(void)
{
  static const answer answers[] = {
      {"refused 403", TEXT("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")},
      {"refused 200", TEXT("HTTP/1.1 200 OK\r\n\r\n<html></html>")},
      {"refused 302", TEXT("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n")},
      {"refused 403", TEXT("HTTP/1.0 403 Forbidden\r\n\r\n")},
      {"refused 503", TEXT("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503\r\n\r\n")},
      {"refused 999", TEXT("HTTP/1.1 999 No\r\n\r\n")},
      {"refused 426", TEXT("HTTP/1.1 426 Upgrade Required\r\n" UPGRADE ACCEPT "\r\n")},
      {"waiting", TEXT("HTTP/1.1 403 Forbidden\r\n")},
  };
  CHECK_ANSWERS(&simple, answers);
}

static void refuses_what_is_not_http(void)
{
  static const char fault[] = "the answer is not HTTP";
  static const answer answers[] = {
      {fault, TEXT("SSH-2.0-OpenSSH_9.2\r\n")},
      {fault, TEXT("S")},
      {fault, TEXT("HTTP/2 200\r\n\r\n")},
      {fault, TEXT("HTTQ")},
      {fault, TEXT("http/1.1 101\r\n\r\n")},
      {fault, TEXT("HTTP\r\n\r\n")},
      {fault, TEXT("\r\n" ACCEPTED "\r\n")},
      {fault, TEXT("\0\0\x12\x04\0\0\0\0\0")},
      {fault, TEXT("\x15\x03\x01\0\x02\x02\x46")},
      {fault, TEXT("<html></html>")},
      {fault, TEXT("\n")},
      {fault, TEXT("HTTP/1.1 100 Continue\r\n\r\ngarbage")},
      {"the answer is not HTTP/1.1", TEXT("HTTP/1.2 101 x\r\n")},
      {"the answer is not HTTP/1.1", TEXT("HTTP/1.11 101 x\r\n")},
      {"the answer is not HTTP/1.1", TEXT("HTTP/1.\r\n")},
      {"the answer is not HTTP/1.1", TEXT("HTTP/1.1\r\n")},
      {"the answer is not HTTP/1.1", TEXT("HTTP/1.1\t101\r\n")},
      {"the answer is HTTP/1.0", TEXT("HTTP/1.0 101 Switching\r\n" UPGRADE ACCEPT "\r\n")},
  };
  CHECK_ANSWERS(&simple, answers);
}

static void refuses_malformed_lines(void)
{
  static const char status[] = "the status line is malformed", line[] = "a line does not end in CR LF";
  static const char name[] = "the name of a header is malformed",
                    control[] = "a header contains a control character";
  static const answer answers[] = {
      {status, TEXT("HTTP/1.1 \r\n")},
      {status, TEXT("HTTP/1.1  101\r\n")},
      {status, TEXT("HTTP/1.1 10\r\n")},
      {status, TEXT("HTTP/1.1 1011\r\n")},
      {status, TEXT("HTTP/1.1 101x\r\n")},
      {status, TEXT("HTTP/1.1 099 x\r\n")},
      {status, TEXT("HTTP/1.1 +10 x\r\n")},
      {status, TEXT("HTTP/1.1 101 a\x01\r\n")},
      {status, TEXT("HTTP/1.1 101 a\rb\r\n")},
      {line, TEXT("HTTP/1.1 101 x\n")},
      {line, TEXT(SWITCHING "Upgrade: websocket\n")},
      {line, TEXT(ACCEPTED "\n")},
      {"the head contains a NUL byte", TEXT("HTTP/1.1 101 x\0\r\n")},
      {"the head contains a NUL byte", TEXT(ACCEPTED "X: a\0b\r\n")},
      {"the head contains a NUL byte", TEXT(ACCEPTED "\0\r\n")},
      {"a header is folded", TEXT(ACCEPTED " more: x\r\n")},
      {"a header is folded", TEXT(ACCEPTED "\tmore\r\n")},
      {"a header has no colon", TEXT(ACCEPTED "more\r\n")},
      {name, TEXT(ACCEPTED "X : a\r\n")},
      {name, TEXT(ACCEPTED "X\t: a\r\n")},
      {name, TEXT(ACCEPTED ": a\r\n")},
      {name, TEXT(ACCEPTED "\xc3\xbc: a\r\n")},
      {name, TEXT(ACCEPTED "a b: a\r\n")},
      {control, TEXT(ACCEPTED "X: a\rb\r\n")},
      {control, TEXT(ACCEPTED "X: a\x7f\r\n")},
      {control, TEXT(ACCEPTED "X: a\x1b\r\n")},
      {control, TEXT(ACCEPTED "X: a\r\r\n")},
  };
  CHECK_ANSWERS(&simple, answers);
}

static void refuses_wrong_acceptance(void)
{
  static const char upgrade[] = "the header \"Upgrade: websocket\" is missing";
  static const char connection[] = "the header \"Connection: Upgrade\" is missing";
  static const char match[] = "the header Sec-WebSocket-Accept does not match the request";
  static const char repeated[] = "the header Sec-WebSocket-Accept is repeated";
  static const answer answers[] = {
      {upgrade, TEXT(SWITCHING "\r\n")},
      {upgrade, TEXT(SWITCHING "Connection: Upgrade\r\n" ACCEPT "\r\n")},
      {upgrade, TEXT(SWITCHING "Upgrade: websockets\r\nConnection: Upgrade\r\n" ACCEPT "\r\n")},
      {upgrade, TEXT(SWITCHING "Upgrade: websocket 13\r\nConnection: Upgrade\r\n" ACCEPT "\r\n")},
      {upgrade, TEXT(SWITCHING "Upgrade:\r\nConnection: Upgrade\r\n" ACCEPT "\r\n")},
      {connection, TEXT(SWITCHING "Upgrade: websocket\r\n" ACCEPT "\r\n")},
      {connection, TEXT(SWITCHING "Upgrade: websocket\r\nConnection: close\r\n" ACCEPT "\r\n")},
      {"the header Sec-WebSocket-Accept is missing", TEXT(SWITCHING UPGRADE "\r\n")},
      {match, TEXT(SWITCHING UPGRADE "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")},
      {match, TEXT(SWITCHING UPGRADE "Sec-WebSocket-Accept:\r\n\r\n")},
      {match, TEXT(SWITCHING UPGRADE "Sec-WebSocket-Accept: $x\r\n\r\n")},
      {repeated, TEXT(ACCEPTED ACCEPT "\r\n")},
      {repeated, TEXT(ACCEPTED "Sec-WebSocket-Accept: x\r\n\r\n")},
      {upgrade, TEXT("HTTP/1.1 100 Continue\r\n" UPGRADE ACCEPT "\r\n" SWITCHING "\r\n")},
  };
  CHECK_ANSWERS(&simple, answers);
}

static void reads_choices(void)
{
  static const char protocol[] = "it chose a subprotocol that was not offered";
  static const char extension[] = "the header Sec-WebSocket-Extensions does not match the offer";
  static const char unasked[] = "it chose an extension that was not offered";
  static const answer offered[] = {
      {"accepted", TEXT(ACCEPTED "Sec-WebSocket-Protocol: alpha\r\n\r\n")},
      {"accepted", TEXT(ACCEPTED "Sec-WebSocket-Protocol: beta\r\n\r\n")},
      {"accepted deflate", TEXT(ACCEPTED "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n")},
      {protocol, TEXT(ACCEPTED "Sec-WebSocket-Protocol: Alpha\r\n\r\n")},
      {protocol, TEXT(ACCEPTED "Sec-WebSocket-Protocol: alph\r\n\r\n")},
      {protocol, TEXT(ACCEPTED "Sec-WebSocket-Protocol: alphas\r\n\r\n")},
      {protocol, TEXT(ACCEPTED "Sec-WebSocket-Protocol: alpha, beta\r\n\r\n")},
      {protocol, TEXT(ACCEPTED "Sec-WebSocket-Protocol:\r\n\r\n")},
      {"the header Sec-WebSocket-Protocol is repeated",
          TEXT(ACCEPTED "Sec-WebSocket-Protocol: alpha\r\nSec-WebSocket-Protocol: alpha\r\n\r\n")},
      {extension, TEXT(ACCEPTED "Sec-WebSocket-Extensions: unheard-of\r\n\r\n")},
      {extension, TEXT(ACCEPTED "Sec-WebSocket-Extensions:\r\n\r\n")},
      {extension,
          TEXT(ACCEPTED "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=9\r\n\r\n")},
      {extension, TEXT(ACCEPTED "Sec-WebSocket-Extensions: permessage-deflate\r\n"
                                "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n")},
  };
  static const answer not_offered[] = {
      {protocol, TEXT(ACCEPTED "Sec-WebSocket-Protocol: alpha\r\n\r\n")},
      {protocol, TEXT(ACCEPTED "Sec-WebSocket-Protocol:\r\n\r\n")},
      {unasked, TEXT(ACCEPTED "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n")},
      {unasked, TEXT(ACCEPTED "Sec-WebSocket-Extensions:\r\n\r\n")},
  };
  CHECK_ANSWERS(&offering, offered);
  CHECK_ANSWERS(&simple, not_offered);
}

static void finds_headers(void)
{
  static const char *const texts[] = {
      "HTTP/1.1 103 Hints\r\nSet-Cookie: z\r\n\r\n"
      "HTTP/1.1 401 Who\r\nSet-Cookie: a=1\r\nX:\r\nset-cookie:\tb=2; Path=/ \r\nSet-Cookies: "
      "c\r\n\r\nSet-Cookie: d",
      "HTTP/1.1 101 x\r\nSet-Cookie: a=1\r\nX:\r\nset-cookie: b=2; Path=/\r\n" UPGRADE ACCEPT "\r\n",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    csio__handshake handshake;
    char outcome[200];
    free(begin(&handshake, &simple));
    CHECK(!csio__handshake_header(&handshake, "Set-Cookie", 0));
    read_cut(&handshake, texts[i], strlen(texts[i]), 60, outcome);
    CHECK_STRING(outcome, i ? "accepted" : "refused 401");
    CHECK_STRING(csio__handshake_header(&handshake, "Set-Cookie", 0), "a=1");
    CHECK_STRING(csio__handshake_header(&handshake, "SET-COOKIE", 1), "b=2; Path=/");
    CHECK(!csio__handshake_header(&handshake, "Set-Cookie", 2));
    CHECK_STRING(csio__handshake_header(&handshake, "x", 0), "");
    CHECK(!csio__handshake_header(&handshake, "a=1", 0));
    csio__handshake_free(&handshake);
    CHECK(!csio__handshake_header(&handshake, "x", 0));
  }
}

/* --- limits --- */

/* A head of this many bytes made of repeated header lines, with 1xx heads before it if `hints`. */
static char *head_of(size_t size, bool hints)
{
  static const char end[] = UPGRADE "Sec-WebSocket-Accept: $\r\n\r\n";
  size_t closing = strlen(end) + 27, at = 0;
  char *text = calloc(1, size + 100);
  CHECK(text);
  while (hints && at < size / 2)
    at += (size_t)snprintf(text + at, 100, "HTTP/1.1 103 Hints\r\nLink: </x>\r\n\r\n");
  at += (size_t)snprintf(text + at, 100, SWITCHING);
  for (; size - at - closing > 400; at += 300)
    snprintf(text + at, 301, "Set-Cookie: %0286d\r\n", 0);
  snprintf(text + at, 500, "X: %0*d\r\n%s", (int)(size - at - closing - 5), 0, end);
  return text;
}

static void limits_the_head(void)
{
  for (int hints = 0; hints < 2; hints++) {
    char *most = head_of(CSIO__MAX_ANSWER_HEAD, hints), *more = head_of(CSIO__MAX_ANSWER_HEAD + 1, hints);
    check_answer(&simple, most, strlen(most), "accepted");
    check_answer(&simple, more, strlen(more), "too large");
    free(most);
    free(more);
  }
  char *endless = malloc(50000);
  CHECK(endless);
  memset(endless, 'x', 50000);
  memcpy(endless, "HTTP/1.1 101 ", 13);
  check_answer(&simple, endless, 50000, "too large");
  memset(endless, 'x', 50000);
  endless[49999] = '\n';
  check_answer(&simple, endless, 50000, "the answer is not HTTP");
  free(endless);
}

int main(int argc, char **argv)
{
  RUN(writes_requests);
  RUN(writes_offers_and_headers);
  RUN(accepts_answers);
  RUN(reads_refusals);
  RUN(reads_the_body_of_refusals);
  RUN(refuses_what_is_not_http);
  RUN(refuses_malformed_lines);
  RUN(refuses_wrong_acceptance);
  RUN(reads_choices);
  RUN(finds_headers);
  RUN(limits_the_head);
}
