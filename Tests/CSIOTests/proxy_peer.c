#include "proxy_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- the tunnel --- */

static void note_target(client *client, const char *host, size_t size, unsigned port)
{
  proxy_plan *plan = client->peer->data;
  CHANGE(
      &client->peer->monitor, snprintf(plan->target, sizeof plan->target, "%.*s:%u", (int)size, host, port));
}

static int connect_to(unsigned port)
{
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(fd >= 0);
  if (!connect(fd, (struct sockaddr *)&address, sizeof address)) return fd;
  close(fd);
  return -1;
}

static bool pass_on(client *client, int target, char *room, size_t size)
{
  long got = client_read(client, room, size);
  return got > 0 && send(target, room, (size_t)got, MSG_NOSIGNAL) == got;
}

/* Forwards bytes both ways until either side closes. */
static void relay(client *client, int target)
{
  proxy_plan *plan = client->peer->data;
  char room[65536];
  CHANGE(&client->peer->monitor, plan->tunnels++);
  struct pollfd ends[] = {{client->fd, POLLIN, 0}, {target, POLLIN, 0}};
  for (;;) {
    if (client->ssl && SSL_pending(client->ssl)) {
      if (!pass_on(client, target, room, sizeof room)) break;
      continue;
    }
    CHECK(poll(ends, 2, -1) > 0);
    if (ends[0].revents && !pass_on(client, target, room, sizeof room)) break;
    if (!ends[1].revents) continue;
    long got = recv(target, room, sizeof room, 0);
    if (got <= 0 || !client_write(client, room, (size_t)got)) break;
  }
  close(target);
}

/* --- HTTP --- */

static bool is_authorized(const proxy_plan *plan, const request *request)
{
  char text[256], line[512];
  unsigned char encoded[400];
  if (!plan->user) return !strstr(request->head, "Proxy-Authorization");
  int size = snprintf(text, sizeof text, "%s:%s", plan->user, plan->password);
  EVP_EncodeBlock(encoded, (unsigned char *)text, size);
  snprintf(line, sizeof line, "\r\nProxy-Authorization: Basic %s\r\n", (char *)encoded);
  return strstr(request->head, line);
}

static void tunnel_http(client *client, const char *place)
{
  size_t size = strcspn(place, " ");
  while (size && place[size - 1] != ':')
    size--;
  CHECK(size);
  unsigned port = (unsigned)strtoul(place + size, NULL, 10);
  note_target(client, place, size - 1, port);
  int target = connect_to(port);
  if (target < 0) {
    client_print(client, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  if (client_print(client, "HTTP/1.1 200 Connection established\r\nSet-Cookie: proxy=1; Path=/\r\n\r\n"))
    relay(client, target);
  else
    close(target);
}

void http_proxy(client *client)
{
  static const char verb[] = "CONNECT ";
  const proxy_plan *plan = client->peer->data;
  request *request = malloc(sizeof *request);
  CHECK(request);
  while (client_read_request(client, request)) {
    request_free(request);
    if (!is_authorized(plan, request)) {
      client_print(client, "HTTP/1.1 407 Proxy Authentication Required\r\n"
                           "Proxy-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0\r\n\r\n");
    } else if (!strncmp(request->head, verb, strlen(verb))) {
      CHECK(!strstr(request->head, "Cookie:") && !strstr(request->head, "X-Secret:"));
      tunnel_http(client, request->head + strlen(verb));
      break;
    } else {
      request->head[strcspn(request->head, "\r")] = '\0';
      client_answer(client, 200, request->head);
    }
  }
  free(request);
}

/* --- SOCKS --- */

static bool read_string(client *client, char *into)
{
  uint8_t size;
  if (!client_read_all(client, &size, 1) || !client_read_all(client, into, size)) return false;
  into[size] = '\0';
  return true;
}

static bool authenticate(client *client, const proxy_plan *plan)
{
  char user[256], password[256];
  uint8_t version;
  if (!client_write(client, "\x05\x02", 2) || !client_read_all(client, &version, 1)) return false;
  CHECK_INT(version, 1);
  if (!read_string(client, user) || !read_string(client, password)) return false;
  bool right = !strcmp(user, plan->user) && !strcmp(password, plan->password);
  return client_write(client, right ? "\x01\x00" : "\x01\x01", 2) && right;
}

static bool greet(client *client, const proxy_plan *plan)
{
  char head[2], methods[256];
  if (!client_read_all(client, head, 2) || !client_read_all(client, methods, (size_t)head[1])) return false;
  CHECK_INT(head[0], 5);
  uint8_t wanted = plan->user ? 2 : 0;
  if (memchr(methods, wanted, (size_t)head[1]))
    return wanted ? authenticate(client, plan) : client_write(client, "\x05\x00", 2);
  client_write(client, "\x05\xff", 2);
  client_drain(client);
  return false;
}

static bool read_target(client *client, unsigned *port)
{
  char head[4], raw[16], host[256];
  uint16_t number;
  if (!client_read_all(client, head, 4)) return false;
  CHECK(head[0] == 5 && head[1] == 1 && head[2] == 0);
  if (head[3] == 3) {
    if (!read_string(client, host)) return false;
  } else {
    CHECK(head[3] == 1 || head[3] == 4);
    if (!client_read_all(client, raw, head[3] == 1 ? 4 : 16)) return false;
    CHECK(inet_ntop(head[3] == 1 ? AF_INET : AF_INET6, raw, host, sizeof host));
  }
  if (!client_read_all(client, &number, 2)) return false;
  *port = ntohs(number);
  note_target(client, host, strlen(host), *port);
  return true;
}

void socks_proxy(client *client)
{
  const proxy_plan *plan = client->peer->data;
  unsigned port;
  if (!greet(client, plan) || !read_target(client, &port)) return;
  int target = plan->socks_reply ? -1 : connect_to(port);
  uint8_t reply[] = {5,
      (uint8_t)(plan->socks_reply ? plan->socks_reply
                : target < 0      ? 5
                                  : 0),
      0, 1, 127, 0, 0, 1, 0, 80};
  bool sent = client_write(client, reply, sizeof reply);
  if (target < 0)
    client_drain(client);
  else if (sent)
    relay(client, target);
  else
    close(target);
}

/* --- the client's side --- */

const proxy_kind proxy_kinds[PROXY_KINDS] = {
    {"http", http_proxy}, {"socks5", socks_proxy}, {"socks5h", socks_proxy}};

csio_proxy *proxy_at(const char *url)
{
  csio_proxy *proxy;
  CHECK_INT(csio_proxy_create(url, &proxy), CSIO_OK);
  return proxy;
}

csio_proxy *proxy_of(const peer *peer, const char *scheme, const char *credentials)
{
  char url[300];
  snprintf(url, sizeof url, "%s://%s%s127.0.0.1:%u", scheme, credentials, *credentials ? "@" : "",
      (unsigned)peer->port);
  return proxy_at(url);
}
