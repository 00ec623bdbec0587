/* A server's answer to a request or a WebSocket handshake, and its frames, byte for byte, until it ends
 * the connection. The first byte of the input chooses which. */
#include "fuzz.h"

#include <csio/csio.h>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WEBSOCKET = 1, ACCEPTED = 2, DEFLATE = 4, MAX_MESSAGE = 64 * 1024 };

/* One exchange; the condition is for `over`. */
typedef struct exchange {
  pthread_mutex_t lock;
  pthread_cond_t ended;
  bool over;
  unsigned choice;
  const uint8_t *bytes;
  size_t size;
  char place[64];
  csio_loop *loop;
  csio_cookies *jar;
} exchange;

/* --- the server --- */

static int listener;
static uint16_t port;

static bool send_all(int fd, const void *bytes, size_t size)
{
  while (size) {
    ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes = (const char *)bytes + sent;
    size -= (size_t)sent;
  }
  return true;
}

/* Adds what turns the request into an open WebSocket. */
static void accept_websocket(int fd, const char *request, unsigned choice)
{
  static const char name[] = "Sec-WebSocket-Key: ", guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  const char *key = strstr(request, name);
  MUST(key);
  char text[80], answer[300];
  unsigned char digest[SHA_DIGEST_LENGTH], encoded[40];
  snprintf(text, sizeof text, "%.24s%s", key + strlen(name), guid);
  SHA1((unsigned char *)text, strlen(text), digest);
  EVP_EncodeBlock(encoded, digest, sizeof digest);
  int size = snprintf(answer, sizeof answer,
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n%s"
      "Sec-WebSocket-Accept: %s\r\n\r\n",
      choice & DEFLATE ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : "", (char *)encoded);
  send_all(fd, answer, (size_t)size);
}

static void serve(const exchange *exchange)
{
  char request[4096];
  size_t size = 0;
  int fd = accept(listener, NULL, NULL), yes = 1;
  MUST(fd >= 0 && !setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes));
  while (size < 4 || memcmp(request + size - 4, "\r\n\r\n", 4)) {
    ssize_t got = recv(fd, request + size, sizeof request - 1 - size, 0);
    MUST(got > 0);
    size += (size_t)got;
  }
  request[size] = '\0';
  if (exchange->choice & WEBSOCKET && exchange->choice & ACCEPTED)
    accept_websocket(fd, request, exchange->choice);
  send_all(fd, exchange->bytes, exchange->size);
  shutdown(fd, SHUT_WR);
  while (recv(fd, request, sizeof request, 0) > 0)
    ;
  close(fd);
}

/* --- the client --- */

static void on_gone(void *data)
{
  exchange *exchange = data;
  pthread_mutex_lock(&exchange->lock);
  exchange->over = true;
  pthread_cond_signal(&exchange->ended);
  pthread_mutex_unlock(&exchange->lock);
}

static void check_failure(const csio_error *error)
{
  MUST(error->code < 0 && strcmp(csio_err_name(error->code), "UNKNOWN") && *error->message);
  MUST(error->code != CSIO_ENOMEM);
}

static void on_done(csio_http *http, const csio_error *error, void *data)
{
  size_t size;
  csio_http_body(http, &size);
  MUST(size <= MAX_MESSAGE);
  if (error) check_failure(error);
  for (size_t i = 0; csio_http_header(http, "Set-Cookie", i); i++)
    ;
  csio_http_close(http, on_gone);
  (void)data;
}

static void on_message(csio_ws *ws, csio_ws_type type, const uint8_t *bytes, size_t size, void *data)
{
  (void)data;
  MUST(size <= MAX_MESSAGE);
  csio_ws_send(ws, type, bytes, size);
}

static void on_close(csio_ws *ws, uint16_t code, const char *reason, size_t size, void *data)
{
  (void)reason, (void)data;
  MUST(code && size <= 123);
  csio_ws_close(ws, on_gone);
}

static void on_error(csio_ws *ws, const csio_error *error, void *data)
{
  (void)data;
  check_failure(error);
  csio_ws_close(ws, on_gone);
}

static void start_request(exchange *exchange)
{
  char url[100];
  csio_http *http;
  snprintf(url, sizeof url, "http://%s/", exchange->place);
  MUST(!csio_http_create(exchange->loop, "GET", url, &http));
  csio_http_set_data(http, exchange);
  MUST(!csio_http_set_keep_alive(http, false) && !csio_http_set_cookies(http, exchange->jar));
  MUST(!csio_http_set_max_body(http, MAX_MESSAGE));
  MUST(!csio_http_start(http, on_done));
}

static void start_socket(exchange *exchange)
{
  char url[100];
  csio_ws *ws;
  snprintf(url, sizeof url, "ws://%s/", exchange->place);
  MUST(!csio_ws_create(exchange->loop, url, &ws));
  csio_ws_set_data(ws, exchange);
  csio_ws_on_message(ws, on_message);
  csio_ws_on_close(ws, on_close);
  csio_ws_on_error(ws, on_error);
  MUST(!csio_ws_set_cookies(ws, exchange->jar) && !csio_ws_set_deflate(ws, exchange->choice & DEFLATE));
  MUST(!csio_ws_set_max_message(ws, MAX_MESSAGE));
  MUST(!csio_ws_add_protocol(ws, "one") && !csio_ws_connect(ws));
}

static void start(void *arg)
{
  exchange *exchange = arg;
  if (exchange->choice & WEBSOCKET)
    start_socket(exchange);
  else
    start_request(exchange);
}

static void await(exchange *exchange)
{
  pthread_mutex_lock(&exchange->lock);
  while (!exchange->over)
    pthread_cond_wait(&exchange->ended, &exchange->lock);
  exchange->over = false;
  pthread_mutex_unlock(&exchange->lock);
}

/* Makes system calls restart after the signal. */
static void restart_after(int number)
{
  struct sigaction action;
  MUST(!sigaction(number, NULL, &action));
  action.sa_flags |= SA_RESTART;
  MUST(!sigaction(number, &action, NULL));
}

static csio_loop *begin(void)
{
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t size = sizeof address;
  csio_loop *loop;
  signal(SIGPIPE, SIG_IGN);
  restart_after(SIGALRM); /* the fuzzer's own, which arrives at any time */
  listener = socket(AF_INET, SOCK_STREAM, 0);
  MUST(listener >= 0 && !bind(listener, (void *)&address, size) && !listen(listener, 8));
  MUST(!getsockname(listener, (void *)&address, &size));
  port = ntohs(address.sin_port);
  MUST(!csio_loop_create(&loop));
  return loop;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
  static csio_loop *loop;
  static unsigned count;
  if (!loop) loop = begin();
  if (!size) return 0;
  exchange exchange = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, .choice = *bytes,
      .bytes = bytes + 1, .size = size - 1, .loop = loop};
  MUST(!csio_cookies_create(&exchange.jar));
  /* another address each time: otherwise the ports held by closed connections would run out */
  count++;
  snprintf(exchange.place, sizeof exchange.place, "127.%u.%u.%u:%u", 1 + (count >> 16) % 100,
      count >> 8 & 255, count & 255, (unsigned)port);
  MUST(!csio_loop_post(loop, start, &exchange));
  serve(&exchange);
  await(&exchange);
  /* the handle is freed after its last callback returns, and the fuzzer compares allocations */
  MUST(!csio_loop_post(loop, on_gone, &exchange));
  await(&exchange);
  csio_cookies_release(exchange.jar);
  return 0;
}
