/* A Socket.IO server over WebSocket that acknowledges every event with its arguments and does nothing
 * else, as fast as one thread can, so that benchmarks never measure the server. It rewrites a packet's
 * text without parsing its JSON, and answers everything from one read in one write. For Linux.
 *
 *   echo-server [CERTIFICATE KEY] */
#include "push.h"
#include "stream.h"
#include "websocket.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  READ_SIZE = 256 * 1024,
  MAX_MESSAGE = 4 << 20,
  MAX_EVENTS = 256,
};

typedef struct bytes {
  uint8_t *data;
  size_t size, capacity;
} bytes;

typedef struct client {
  stream stream;
  bool upgraded, writes; /* is waiting until it can write */
  bytes unread;          /* the start of an incomplete request or frame */
  bytes unsent;
  push push; /* what it has requested */
} client;

static int events;        /* the epoll instance */
static bytes input;       /* from the client whose turn it is */
static bytes output;      /* to that client */
static unsigned sessions; /* numbers the sessions */

static void reserve(bytes *buffer, size_t more)
{
  if (buffer->capacity - buffer->size >= more) return;
  size_t capacity = buffer->capacity ? buffer->capacity : 256;
  while (capacity - buffer->size < more)
    capacity *= 2;
  buffer->data = realloc(buffer->data, capacity);
  if (!buffer->data) abort();
  buffer->capacity = capacity;
}

static void append(bytes *buffer, const void *data, size_t size)
{
  if (!size) return;
  reserve(buffer, size);
  memcpy(buffer->data + buffer->size, data, size);
  buffer->size += size;
}

static void release(bytes *buffer)
{
  free(buffer->data);
  *buffer = (bytes){0};
}

/* --- packets --- */

static void answer(unsigned opcode, const void *first, size_t first_size, const void *rest, size_t rest_size)
{
  reserve(&output, WEBSOCKET_MAX_HEAD);
  output.size += websocket_write_head(output.data + output.size, opcode, first_size + rest_size);
  append(&output, first, first_size);
  append(&output, rest, rest_size);
}

static void answer_text(const char *text)
{
  answer(WEBSOCKET_TEXT, text, strlen(text), NULL, 0);
}

/* `42ID["echo",ARGS]` becomes `43ID[ARGS]`, and `45N-ID[…` becomes `46N-ID[…`. */
static void acknowledge(const uint8_t *text, size_t size)
{
  const uint8_t *open = memchr(text, '[', size);
  if (!open) return;
  const uint8_t *end = text + size;
  const uint8_t *rest = memchr(open, ',', (size_t)(end - open));
  rest = rest ? rest + 1 : end - 1;
  uint8_t head[64];
  size_t head_size = (size_t)(open + 1 - text);
  if (head_size > sizeof head || head_size < 4) return; /* no id, so no acknowledgement */
  memcpy(head, text, head_size);
  head[1]++;
  answer(WEBSOCKET_TEXT, head, head_size, rest, (size_t)(end - rest));
}

static void take_text(client *client, const uint8_t *text, size_t size)
{
  if (size < 2 || text[0] != '4') return;
  char reply[64];
  switch (text[1]) {
  case '0':
    snprintf(reply, sizeof reply, "40{\"sid\":\"socket%u\"}", sessions);
    answer_text(reply);
    break;
  case '2':
    if (push_request(&client->push, text, size)) break;
    /* fallthrough */
  case '5':
    acknowledge(text, size);
    break;
  default:
    break;
  }
}

/* Answers a frame; false if the connection is to be closed. */
static bool take_frame(client *client, const websocket_frame *frame)
{
  switch (frame->opcode) {
  case WEBSOCKET_TEXT:
    take_text(client, frame->payload, frame->size);
    return true;
  case WEBSOCKET_BINARY:
    answer(WEBSOCKET_BINARY, frame->payload, frame->size, NULL, 0);
    return true;
  case WEBSOCKET_PING:
    answer(WEBSOCKET_PONG, frame->payload, frame->size, NULL, 0);
    return true;
  case WEBSOCKET_CLOSE:
    answer(WEBSOCKET_CLOSE, frame->payload, frame->size < 2 ? 0 : 2, NULL, 0);
    return false;
  default:
    return true;
  }
}

/* --- clients --- */

static void drop(client *client)
{
  stream_close(&client->stream);
  release(&client->unread);
  release(&client->unsent);
  free(client);
}

static void watch(client *client, int operation)
{
  struct epoll_event event = {.events = EPOLLIN | (client->writes ? EPOLLOUT : 0), .data.ptr = client};
  if (epoll_ctl(events, operation, client->stream.socket, &event)) abort();
}

static void watch_writes(client *client)
{
  bool writes = client->unsent.size || client->push.left;
  if (writes == client->writes) return;
  client->writes = writes;
  watch(client, EPOLL_CTL_MOD);
}

static bool send_from(client *client, const uint8_t *data, size_t size, size_t *sent)
{
  *sent = 0;
  while (*sent < size) {
    ssize_t count = stream_write(&client->stream, data + *sent, size - *sent);
    if (count <= 0) return count == 0;
    *sent += (size_t)count;
  }
  return true;
}

static bool send_output(client *client)
{
  bool waits = client->unsent.size || client->push.begun;
  size_t sent = 0;
  if (!waits && !send_from(client, output.data, output.size, &sent)) return false;
  append(&client->unsent, output.data + sent, output.size - sent);
  output.size = 0;
  watch_writes(client);
  return true;
}

static bool send_unsent(client *client)
{
  size_t sent;
  /* A frame that is partly sent has to be finished first. */
  if (client->push.begun || !client->unsent.size) return push_send(&client->push, &client->stream);
  if (!send_from(client, client->unsent.data, client->unsent.size, &sent)) return false;
  client->unsent.size -= sent;
  memmove(client->unsent.data, client->unsent.data + sent, client->unsent.size);
  if (!client->unsent.size) release(&client->unsent);
  return true;
}

/* Handles a complete upgrade request. */
static bool upgrade(client *client)
{
  reserve(&output, 512);
  output.size += websocket_answer((char *)input.data, (char *)output.data + output.size, 512);
  if (!output.size) return false;
  client->upgraded = true;
  char handshake[160];
  snprintf(handshake, sizeof handshake,
      "0{\"sid\":\"session%u\",\"upgrades\":[],\"pingInterval\":300000,\"pingTimeout\":60000,\"maxPayload\":%"
      "d}",
      ++sessions, MAX_MESSAGE);
  answer_text(handshake);
  return true;
}

static bool take_request(client *client, size_t *used)
{
  reserve(&input, 1);
  input.data[input.size] = 0;
  char *end = strstr((char *)input.data, "\r\n\r\n");
  if (!end) return input.size < READ_SIZE;
  *used = (size_t)(end + 4 - (char *)input.data);
  return upgrade(client);
}

/* Handles what `input` holds; false if the connection is to be closed. */
static bool take_input(client *client)
{
  size_t used = 0;
  bool goes_on = client->upgraded || take_request(client, &used);
  while (goes_on && client->upgraded) {
    websocket_frame frame;
    websocket_result result = websocket_read(input.data + used, input.size - used, &frame);
    if (result == WEBSOCKET_MORE) break;
    goes_on = result == WEBSOCKET_FRAME && take_frame(client, &frame);
    used += goes_on ? frame.whole : 0;
  }
  append(&client->unread, input.data + used, input.size - used);
  return goes_on && client->unread.size <= MAX_MESSAGE;
}

static bool receive(client *client)
{
  input.size = 0;
  append(&input, client->unread.data, client->unread.size);
  client->unread.size = 0;
  reserve(&input, READ_SIZE);
  ssize_t count = stream_read(&client->stream, input.data + input.size, READ_SIZE);
  if (count <= 0) {
    append(&client->unread, input.data, input.size);
    return count == 0;
  }
  input.size += (size_t)count;
  bool goes_on = take_input(client);
  if (!client->unread.size) release(&client->unread);
  return send_output(client) && goes_on;
}

static void admit(int listener)
{
  int socket, yes = 1;
  while ((socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    client *client = calloc(1, sizeof *client);
    if (!client) abort();
    if (!stream_open(&client->stream, socket)) abort();
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    watch(client, EPOLL_CTL_ADD);
  }
}

static int start(bool tls)
{
  /* every address, so that clients can use several of 127.0.0.0/8 */
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) || listen(listener, SOMAXCONN) ||
      getsockname(listener, (struct sockaddr *)&address, &size)) {
    perror("echo-server");
    exit(1);
  }
  printf("listening on %s://127.0.0.1:%u\n", tls ? "https" : "http", ntohs(address.sin_port));
  fflush(stdout);
  return listener;
}

static void serve(client *client, unsigned ready)
{
  bool fine = !(ready & EPOLLOUT) || send_unsent(client);
  if (fine && ready & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
    do
      fine = receive(client);
    while (fine && stream_holds_more(&client->stream));
  }
  if (fine) {
    watch_writes(client);
  } else {
    output.size = 0;
    drop(client);
  }
}

int main(int argc, char **argv)
{
  bool tls = argc == 3;
  if (tls && !stream_use_tls(argv[1], argv[2])) {
    fprintf(stderr, "echo-server: the certificate or its key cannot be used\n");
    return 1;
  }
  signal(SIGPIPE, SIG_IGN);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  int listener = start(tls);
  events = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  if (events < 0 || epoll_ctl(events, EPOLL_CTL_ADD, listener, &event)) abort();
  for (;;) {
    struct epoll_event ready[MAX_EVENTS];
    int count = epoll_wait(events, ready, MAX_EVENTS, -1);
    for (int i = 0; i < count; i++) {
      client *client = ready[i].data.ptr;
      if (client)
        serve(client, ready[i].events);
      else
        admit(listener);
    }
  }
}
