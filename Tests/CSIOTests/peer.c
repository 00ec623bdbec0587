#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <signal.h>
#include <stdarg.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static void *run_client(void *arg)
{
  client *client = arg;
  peer *peer = client->peer;
  bool ready = true;
  if (peer->tls) {
    client->ssl = SSL_new(peer->tls);
    CHECK(client->ssl && SSL_set_fd(client->ssl, client->fd));
    ready = SSL_accept(client->ssl) == 1;
    if (ready) CHANGE(&peer->monitor, (peer->handshakes++, peer->resumed += SSL_session_reused(client->ssl)));
  }
  if (ready)
    peer->script(client);
  else {
    shutdown(client->fd,
        SHUT_WR); /* closing with unread data would send a reset, and the client would miss the alert */
    char rubbish[4096];
    while (recv(client->fd, rubbish, sizeof rubbish, 0) > 0)
      ;
  }
  if (client->ssl) {
    SSL_shutdown(client->ssl);
    SSL_free(client->ssl);
  }
  ERR_clear_error();
  CHANGE(&peer->monitor, (peer->fds[client->index] = -1, close(client->fd), peer->ended++));
  free(client);
  return NULL;
}

/* Joins the threads of finished connections; each keeps its stack until it is joined. */
static void join_ended(peer *peer)
{
  for (int i = 0; i < peer->accepted; i++) {
    pthread_mutex_lock(&peer->monitor.lock);
    bool join = peer->fds[i] < 0 && !peer->joined[i];
    pthread_mutex_unlock(&peer->monitor.lock);
    if (!join) continue;
    pthread_join(peer->clients[i], NULL);
    peer->joined[i] = true;
  }
}

static void *accept_clients(void *arg)
{
  peer *peer = arg;
  for (;;) {
    int fd = accept(peer->listener, NULL, NULL);
    if (fd < 0 && (errno == EMFILE || errno == ECONNABORTED)) {
      poll(NULL, 0, 1); /* until the test gives descriptors back */
      continue;
    }
    if (fd < 0) return NULL; /* the listener was shut down by peer_stop */
    join_ended(peer);
    struct timeval limit = {.tv_sec = 60};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    int yes = 1; /* without it, a frame's head and payload sent separately would wait for acknowledgements */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    client *client = calloc(1, sizeof *client);
    CHECK(client);
    client->peer = peer;
    client->fd = fd;
    pthread_mutex_lock(&peer->monitor.lock);
    client->index = peer->accepted;
    peer->fds[client->index] = fd;
    CHECK(client->index < (int)(sizeof peer->clients / sizeof *peer->clients));
    CHECK(!pthread_create(&peer->clients[client->index], NULL, run_client, client));
    peer->accepted++;
    pthread_cond_broadcast(&peer->monitor.changed);
    pthread_mutex_unlock(&peer->monitor.lock);
  }
}

static bool start(peer *peer, int family, script script, SSL_CTX *tls, void *data)
{
  signal(SIGPIPE, SIG_IGN); /* for the peers' own writes */
  *peer =
      (struct peer){.monitor = MONITOR, .script = script, .tls = tls, .data = data, .v6 = family == AF_INET6};
  struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  void *address = peer->v6 ? (void *)&v6 : &v4;
  socklen_t size = peer->v6 ? sizeof v6 : sizeof v4;
  peer->listener = socket(family, SOCK_STREAM, 0);
  if (peer->listener < 0 || bind(peer->listener, address, size)) {
    CHECK(peer->v6);
    if (peer->listener >= 0) close(peer->listener);
    return false;
  }
  CHECK(!listen(peer->listener, 512) && !getsockname(peer->listener, address, &size));
  peer->port = ntohs(peer->v6 ? v6.sin6_port : v4.sin_port);
  CHECK(!pthread_create(&peer->acceptor, NULL, accept_clients, peer));
  return true;
}

void peer_start(peer *peer, script script, SSL_CTX *tls, void *data)
{
  start(peer, AF_INET, script, tls, data);
}

bool peer_start_v6(peer *peer, script script, SSL_CTX *tls, void *data)
{
  return start(peer, AF_INET6, script, tls, data);
}

void peer_stop(peer *peer)
{
  shutdown(peer->listener, SHUT_RDWR);
  pthread_join(peer->acceptor, NULL);
  close(peer->listener);
  pthread_mutex_lock(&peer->monitor.lock);
  for (int i = 0; i < peer->accepted; i++)
    if (peer->fds[i] >= 0) shutdown(peer->fds[i], SHUT_RDWR);
  pthread_mutex_unlock(&peer->monitor.lock);
  for (int i = 0; i < peer->accepted; i++)
    if (!peer->joined[i]) pthread_join(peer->clients[i], NULL);
}

const char *peer_url(const peer *peer, const char *scheme, const char *host, const char *path)
{
  static char urls[10][300];
  static unsigned next;
  char *url = urls[next++ % 10];
  if (!host) host = peer->v6 ? "[::1]" : "127.0.0.1";
  snprintf(url, sizeof urls[0], "%s://%s:%u%s", scheme, host, (unsigned)peer->port, path);
  return url;
}

int peer_count(peer *peer, const int *counter)
{
  pthread_mutex_lock(&peer->monitor.lock);
  int count = *counter;
  pthread_mutex_unlock(&peer->monitor.lock);
  return count;
}

uint16_t free_port(void)
{
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(fd >= 0 && !bind(fd, (void *)&address, size) && !getsockname(fd, (void *)&address, &size));
  close(fd);
  return ntohs(address.sin_port);
}

silence make_silence(uint16_t port)
{
  silence silence;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  socklen_t size = sizeof address;
  int yes = 1;
  inet_pton(AF_INET, "127.0.0.2", &address.sin_addr);
  silence.listener = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(silence.listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  CHECK(!bind(silence.listener, (void *)&address, size) && !listen(silence.listener, 0));
  CHECK(!getsockname(silence.listener, (void *)&address, &size));
  silence.port = ntohs(address.sin_port);
  for (int i = 0; i < 4; i++) {
    silence.fillers[i] = socket(AF_INET, SOCK_STREAM, 0);
    fcntl(silence.fillers[i], F_SETFL, O_NONBLOCK);
    connect(silence.fillers[i], (void *)&address, size);
  }
  usleep(50000); /* gives the kernel time to queue them; if it has not, the test only proves less */
  return silence;
}

void end_silence(silence *silence)
{
  for (int i = 0; i < 4; i++)
    close(silence->fillers[i]);
  close(silence->listener);
}

long client_read(client *client, void *into, size_t size)
{
  if (client->ssl) {
    int got = SSL_read(client->ssl, into, (int)size);
    return got > 0 ? got : SSL_get_shutdown(client->ssl) & SSL_RECEIVED_SHUTDOWN ? 0 : -1;
  }
  long got;
  do
    got = recv(client->fd, into, size, 0);
  while (got < 0 && errno == EINTR); /* a debugger interrupted the call */
  return got;
}

bool client_read_all(client *client, void *into, size_t size)
{
  for (size_t done = 0; done < size;) {
    long got = client_read(client, (char *)into + done, size - done);
    if (got <= 0) return false;
    done += (size_t)got;
  }
  return true;
}

bool client_write(client *client, const void *from, size_t size)
{
  for (size_t done = 0; done < size;) {
    const char *next = (const char *)from + done;
    long sent = client->ssl ? SSL_write(client->ssl, next, (int)(size - done))
                            : send(client->fd, next, size - done, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    done += (size_t)sent;
  }
  return true;
}

bool client_print(client *client, const char *format, ...)
{
  char text[4096];
  va_list args;
  va_start(args, format);
  int size = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  CHECK(size >= 0 && (size_t)size < sizeof text);
  return client_write(client, text, (size_t)size);
}

void client_drain(client *client)
{
  char rubbish[65536];
  while (client_read(client, rubbish, sizeof rubbish) > 0)
    ;
}

void client_reset(client *client)
{
  struct linger linger = {.l_onoff = 1};
  setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

static size_t content_length(const char *head)
{
  for (const char *line = head; (line = strchr(line, '\n'));) {
    line++;
    if (!strncasecmp(line, "Content-Length:", 15)) return strtoul(line + 15, NULL, 10);
  }
  return 0;
}

bool client_read_request(client *client, request *request)
{
  memset(request, 0, sizeof *request);
  while (request->head_size < 4 || memcmp(request->head + request->head_size - 4, "\r\n\r\n", 4)) {
    CHECK(request->head_size < sizeof request->head - 1);
    if (!client_read_all(client, request->head + request->head_size, 1)) return false;
    request->head_size++;
  }
  request->body_size = content_length(request->head);
  request->body = calloc(1, request->body_size + 1);
  CHECK(request->body);
  if (!client_read_all(client, request->body, request->body_size)) {
    request_free(request);
    return false;
  }
  CHANGE(&client->peer->monitor, client->peer->requests++);
  return true;
}

void request_free(request *request)
{
  free(request->body);
  request->body = NULL;
}

bool client_answer(client *client, int status, const char *body)
{
  return client_print(
      client, "HTTP/1.1 %d Whatever\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);
}

void answer_once(client *client)
{
  request request;
  if (!client_read_request(client, &request)) return;
  client_answer(client, 200, strncmp(request.head, "HEAD", 4) ? "fine" : "");
  request_free(&request);
}
