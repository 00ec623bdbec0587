/* What is said to a proxy before it passes bytes on: CONNECT (RFC 9110) or SOCKS 5 (RFC 1928, RFC 1929). */
#include "net/dial_internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { MAX_HEAD = 16 * 1024, MAX_NAME = 255 };

/* --- question and answer --- */

static void lost(csio__dial *dial, const char *why)
{
  const csio_proxy *proxy = dial->target.proxy;
  csio__dial_fail(dial, CSIO_EPROXY, "the proxy %s port %u ended the connection: %s", proxy->host,
      (unsigned)proxy->port, why);
}

static void refused(csio__dial *dial, const char *why)
{
  const csio_proxy *proxy = dial->target.proxy;
  csio__dial_fail(dial, CSIO_EPROXY, "the proxy %s port %u did not connect to %s port %u: %s", proxy->host,
      (unsigned)proxy->port, dial->target.host, (unsigned)dial->target.port, why);
}

static void refused_credentials(csio__dial *dial)
{
  const csio_proxy *proxy = dial->target.proxy;
  csio__dial_fail(dial, CSIO_EPROXY_AUTH, "the proxy %s port %u %s", proxy->host, (unsigned)proxy->port,
      proxy->user ? "did not accept the user and password" : "asks for a user and password");
}

/* Whether the end of the head is in what has come; then `*size` is up to there. */
static bool head_ends(const csio__bytes *answer, size_t *size)
{
  const char *end = memmem(answer->data, answer->size, "\r\n\r\n", 4);
  if (end) *size = (size_t)(end + 4 - (const char *)answer->data);
  return end;
}

/* Reads no byte beyond the answer: what follows is for somebody else. Returns recv's result; `*done` says
 * whether the answer is complete. */
static ssize_t read_answer(csio__dial *dial, bool *done)
{
  csio__bytes *answer = &dial->answer;
  int socket = dial->winner->socket;
  size_t before = answer->size, end = dial->wanted, most = dial->wanted ? dial->wanted : MAX_HEAD;
  if (!csio__bytes_reserve(answer, most - before)) return errno = ENOMEM, -1;
  ssize_t size = recv(socket, answer->data + before, most - before, MSG_PEEK);
  if (size <= 0) return size;
  answer->size += (size_t)size;
  *done = dial->wanted ? answer->size == dial->wanted : head_ends(answer, &end);
  if (*done) answer->size = end;
  return recv(socket, answer->data + before, answer->size - before, 0);
}

static void on_readable(csio__dial *dial)
{
  bool done = false;
  ssize_t size = read_answer(dial, &done);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size < 0 && errno == ENOMEM)
    csio__dial_fail_for_memory(dial);
  else if (size <= 0)
    lost(dial, size ? strerror(errno) : "end of file");
  else if (done)
    dial->on_answer(dial);
  else if (dial->answer.size == MAX_HEAD)
    refused(dial, "its answer has no end");
}

static void on_talk(uv_poll_t *poll, int status, int events)
{
  csio__attempt *attempt = poll->data;
  csio__dial *dial = attempt->dial;
  csio__bytes *question = &dial->question;
  if (status < 0 || !(events & UV_WRITABLE) || !question->size) {
    on_readable(dial);
    return;
  }
  ssize_t sent = send(attempt->socket, question->data, question->size, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) {
    lost(dial, strerror(errno));
    return;
  }
  if (sent > 0) {
    question->size -= (size_t)sent;
    memmove(question->data, question->data + sent, question->size);
  }
  if (!question->size) uv_poll_start(poll, UV_READABLE, on_talk);
}

/* Sends what `question` holds, then calls back when `answer`, with what it has already, is `wanted` bytes. */
static void ask(csio__dial *dial, size_t wanted, void (*on_answer)(csio__dial *dial))
{
  dial->wanted = wanted;
  dial->on_answer = on_answer;
  if (!csio__attempt_watch(dial->winner, dial->question.size ? UV_WRITABLE : UV_READABLE, on_talk))
    lost(dial, strerror(errno));
}

static bool add(csio__dial *dial, const void *bytes, size_t size)
{
  return csio__bytes_append(&dial->question, bytes, size);
}

static bool add_format(csio__dial *dial, const char *format, ...)
{
  char text[1024];
  va_list args;
  va_start(args, format);
  int size = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return size >= 0 && (size_t)size < sizeof text && add(dial, text, (size_t)size);
}

/* --- CONNECT --- */

static void on_head(csio__dial *dial)
{
  char line[128];
  unsigned status = 0;
  snprintf(line, sizeof line, "%.*s", (int)dial->answer.size, (const char *)dial->answer.data);
  line[strcspn(line, "\r\n")] = '\0';
  if (sscanf(line, "HTTP/1.%*1[01] %3u", &status) != 1) {
    refused(dial, "it does not speak HTTP");
  } else if (status / 100 == 2) {
    csio__dial_succeed(dial);
  } else {
    dial->http_status = (int)status;
    if (status == 407)
      refused_credentials(dial);
    else
      refused(dial, line);
  }
}

static bool add_authorization(csio__dial *dial)
{
  const csio_proxy *proxy = dial->target.proxy;
  if (!proxy->user) return true;
  size_t size = strlen(proxy->user) + 1 + strlen(proxy->password);
  char *text = malloc(size + 1);
  unsigned char *encoded = malloc((size + 2) / 3 * 4 + 1);
  bool whole = text && encoded;
  if (whole) {
    snprintf(text, size + 1, "%s:%s", proxy->user, proxy->password);
    int length = EVP_EncodeBlock(encoded, (unsigned char *)text, (int)size);
    whole = add_format(dial, "Proxy-Authorization: Basic ") && add(dial, encoded, (size_t)length) &&
            add(dial, "\r\n", 2);
  }
  free(text);
  free(encoded);
  return whole;
}

static void connect_by_http(csio__dial *dial)
{
  char place[MAX_NAME + 10];
  const char *host = dial->target.host;
  if (strlen(host) > MAX_NAME) {
    refused(dial, "the name is too long");
    return;
  }
  snprintf(place, sizeof place, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, (unsigned)dial->target.port);
  if (add_format(dial, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", place, place) && add_authorization(dial) &&
      add(dial, "\r\n", 2))
    ask(dial, 0, on_head);
  else
    csio__dial_fail_for_memory(dial);
}

/* --- SOCKS 5 --- */

enum { SOCKS = 5, NO_AUTHENTICATION = 0, USER_AND_PASSWORD = 2, CONNECT = 1, IPV4 = 1, NAME = 3, IPV6 = 4 };

static const char *reply_text(unsigned reply)
{
  static const char *const texts[] = {NULL, "general failure", "not allowed", "network unreachable",
      "host unreachable", "connection refused", "time to live expired", "command not supported",
      "kind of address not supported"};
  return reply && reply < sizeof texts / sizeof *texts ? texts[reply] : "an unknown reason";
}

/* The reply up to the first byte of the address that the proxy connects from, whose length that tells. */
static void on_reply_start(csio__dial *dial)
{
  const uint8_t *reply = dial->answer.data;
  if (reply[0] != SOCKS) {
    refused(dial, "it does not speak SOCKS 5");
  } else if (reply[1]) {
    refused(dial, reply_text(reply[1]));
  } else {
    size_t address = reply[3] == IPV4 ? 4 : reply[3] == IPV6 ? 16 : 1 + (size_t)reply[4];
    ask(dial, 4 + address + 2, csio__dial_succeed);
  }
}

/* The address resolved here or, where the proxy is to resolve it, the name, unless that is an address itself.
 */
static bool add_destination(csio__dial *dial)
{
  const char *host = dial->target.host;
  struct sockaddr_storage numeric = dial->destination;
  const struct sockaddr_in *v4 = (struct sockaddr_in *)&numeric;
  const struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&numeric;
  uint16_t port = htons(dial->target.port);
  if (!numeric.ss_family && !csio__dial_read_address(host, 0, &numeric)) {
    const uint8_t start[] = {NAME, (uint8_t)strlen(host)};
    return add(dial, start, sizeof start) && add(dial, host, start[1]) && add(dial, &port, sizeof port);
  }
  const uint8_t kind = numeric.ss_family == AF_INET6 ? IPV6 : IPV4;
  bool whole = add(dial, &kind, 1) && (kind == IPV6 ? add(dial, &v6->sin6_addr, sizeof v6->sin6_addr)
                                                    : add(dial, &v4->sin_addr, sizeof v4->sin_addr));
  return whole && add(dial, &port, sizeof port);
}

static void socks_connect(csio__dial *dial)
{
  static const uint8_t start[] = {SOCKS, CONNECT, 0};
  if (strlen(dial->target.host) > MAX_NAME) {
    refused(dial, "the name is too long");
    return;
  }
  dial->answer.size = 0;
  if (add(dial, start, sizeof start) && add_destination(dial))
    ask(dial, 5, on_reply_start);
  else
    csio__dial_fail_for_memory(dial);
}

static void on_authenticated(csio__dial *dial)
{
  if (dial->answer.data[1])
    refused_credentials(dial);
  else
    socks_connect(dial);
}

static void authenticate(csio__dial *dial)
{
  const csio_proxy *proxy = dial->target.proxy;
  size_t user = strlen(proxy->user), password = strlen(proxy->password);
  if (user > MAX_NAME || password > MAX_NAME) {
    refused_credentials(dial); /* too long to be right */
    return;
  }
  const uint8_t version = 1, sizes[] = {(uint8_t)user, (uint8_t)password};
  dial->answer.size = 0;
  if (add(dial, &version, 1) && add(dial, &sizes[0], 1) && add(dial, proxy->user, user) &&
      add(dial, &sizes[1], 1) && add(dial, proxy->password, password))
    ask(dial, 2, on_authenticated);
  else
    csio__dial_fail_for_memory(dial);
}

static void on_method(csio__dial *dial)
{
  const uint8_t *reply = dial->answer.data;
  if (reply[0] != SOCKS)
    refused(dial, "it does not speak SOCKS 5");
  else if (reply[1] == NO_AUTHENTICATION)
    socks_connect(dial);
  else if (reply[1] == USER_AND_PASSWORD && dial->target.proxy->user)
    authenticate(dial);
  else
    refused_credentials(dial);
}

static void connect_by_socks(csio__dial *dial)
{
  const uint8_t greeting[] = {SOCKS, dial->target.proxy->user ? 2 : 1, NO_AUTHENTICATION, USER_AND_PASSWORD};
  if (add(dial, greeting, 2 + (size_t)greeting[1]))
    ask(dial, 2, on_method);
  else
    csio__dial_fail_for_memory(dial);
}

void csio__dial_ask_proxy(csio__dial *dial)
{
  if (dial->target.proxy->kind == CSIO__PROXY_HTTP)
    connect_by_http(dial);
  else
    connect_by_socks(dial);
}
