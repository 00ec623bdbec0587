/* What is known of a kept connection, and of a request that crossed its end. */
#include "net/curl_sockets.h"
#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct pair {
  int client, server;
  int client_port, server_port;
} pair;

static int port_of(int fd)
{
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  CHECK(!getsockname(fd, (void *)&address, &size));
  return ntohs(address.sin_port);
}

/* A connection over which a request has been answered. */
static pair kept_connection(csio__sockets *sockets)
{
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(listener >= 0 && !bind(listener, (void *)&address, sizeof address) && !listen(listener, 1));
  address.sin_port = htons((uint16_t)port_of(listener));
  pair made = {.client = socket(AF_INET, SOCK_STREAM, 0)};
  CHECK(made.client >= 0 && !connect(made.client, (void *)&address, sizeof address));
  CHECK((made.server = accept(listener, NULL, NULL)) >= 0);
  close(listener);
  made.client_port = port_of(made.client);
  made.server_port = port_of(made.server);
  CHECK(csio__sockets_add(sockets, made.client));
  char text[8];
  CHECK_INT(send(made.client, "request", 7, 0), 7);
  CHECK_INT(recv(made.server, text, 7, MSG_WAITALL), 7);
  CHECK_INT(send(made.server, "answer", 6, 0), 6);
  CHECK_INT(recv(made.client, text, 6, MSG_WAITALL), 6);
  return made;
}

static bool use(csio__sockets *sockets, const pair *pair, csio__fate *fate)
{
  return csio__sockets_use(sockets, "127.0.0.1", pair->client_port, "127.0.0.1", pair->server_port, fate);
}

/* The server's end, or the reset. */
static void await_news(const pair *pair)
{
  struct pollfd wanted = {.fd = pair->client, .events = POLLIN};
  CHECK_INT(poll(&wanted, 1, 60000), 1);
}

static void sees_what_waits(void)
{
  csio__sockets sockets = {0};
  csio__fate fate = CSIO__FATE_OPEN;
  pair ended = kept_connection(&sockets), complains = kept_connection(&sockets),
       kept = kept_connection(&sockets);
  CHECK(use(&sockets, &ended, &fate));
  csio__sockets_leave(&sockets, &fate);
  close(ended.server);
  await_news(&ended);
  CHECK_INT(send(complains.server, "408", 3, 0), 3);
  await_news(&complains);
  CHECK(!use(&sockets, &ended, &fate));
  CHECK(!use(&sockets, &complains, &fate));
  CHECK(use(&sockets, &kept, &fate));
  const pair *all[] = {&ended, &complains, &kept};
  for (int i = 0; i < 3; i++)
    csio__sockets_close(&sockets, all[i]->client);
  CHECK_INT(sockets.count, 0);
  close(complains.server);
  close(kept.server);
  free(sockets.items);
}

typedef enum ending { BEFORE, UNREAD, READ, LEFT } ending;

static csio__fate fate_when(ending how)
{
  csio__sockets sockets = {0};
  csio__fate fate = CSIO__FATE_OPEN;
  char text[8];
  pair pair = kept_connection(&sockets);
  CHECK(use(&sockets, &pair, &fate));
  if (how == BEFORE) {
    close(pair.server);
    await_news(&pair);
  }
  CHECK_INT(send(pair.client, "request", 7, MSG_NOSIGNAL), 7);
  if (how == READ || how == LEFT) CHECK_INT(recv(pair.server, text, 7, MSG_WAITALL), 7);
  if (how != BEFORE) close(pair.server);
  await_news(&pair);
  if (how == LEFT) csio__sockets_leave(&sockets, &fate);
  csio__sockets_close(&sockets, pair.client);
  free(sockets.items);
  return fate;
}

static void tells_what_became_of_a_request(void)
{
  for (int i = 0; i < 50; i++) {
#ifdef __linux__
    CHECK_INT(fate_when(BEFORE), CSIO__FATE_UNREACHED);
#endif
    CHECK(fate_when(UNREAD) != CSIO__FATE_UNREACHED);
    CHECK_INT(fate_when(READ), CSIO__FATE_OPEN);
    CHECK_INT(fate_when(LEFT), CSIO__FATE_OPEN);
  }
}

int main(int argc, char **argv)
{
  RUN(sees_what_waits);
  RUN(tells_what_became_of_a_request);
}
