/* What csio knows about a kept connection, and about a request that crossed its close. */
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

/* A connection that has carried one request and its answer. */
static pair kept_connection(csio__sockets *sockets, const char *key)
{
  csio__socket_user first = {.key = key};
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
  CHECK(csio__sockets_add(sockets, made.client, &first));
  char text[8];
  CHECK_INT(send(made.client, "request", 7, 0), 7);
  CHECK_INT(recv(made.server, text, 7, MSG_WAITALL), 7);
  CHECK_INT(send(made.server, "answer", 6, 0), 6);
  CHECK_INT(recv(made.client, text, 6, MSG_WAITALL), 6);
  csio__sockets_leave(sockets, &first);
  return made;
}

static csio__ends ends_of(const pair *pair)
{
  return (csio__ends){"127.0.0.1", "127.0.0.1", pair->client_port, pair->server_port};
}

static bool use(csio__sockets *sockets, const pair *pair, csio__socket_user *user)
{
  return csio__sockets_use(sockets, ends_of(pair), user);
}

/* Waits for the server's FIN or reset. */
static void await_news(const pair *pair)
{
  struct pollfd wanted = {.fd = pair->client, .events = POLLIN};
  CHECK_INT(poll(&wanted, 1, 60000), 1);
}

static void sees_pending_input(void)
{
  csio__sockets sockets = {0};
  csio__socket_user user = {0};
  pair ended = kept_connection(&sockets, NULL), complains = kept_connection(&sockets, NULL),
       kept = kept_connection(&sockets, NULL);
  CHECK(use(&sockets, &ended, &user));
  csio__sockets_leave(&sockets, &user);
  close(ended.server);
  await_news(&ended);
  CHECK_INT(send(complains.server, "408", 3, 0), 3);
  await_news(&complains);
  CHECK(!use(&sockets, &ended, &user));
  CHECK(!use(&sockets, &complains, &user));
  CHECK(use(&sockets, &kept, &user));
  const pair *all[] = {&ended, &complains, &kept};
  for (int i = 0; i < 3; i++)
    csio__sockets_close(&sockets, all[i]->client);
  CHECK(!use(&sockets, &kept, &user)); /* the connection is no longer known */
  close(complains.server);
  close(kept.server);
}

static void keeps_settings_apart(void)
{
  csio__sockets sockets = {0};
  pair pair = kept_connection(&sockets, "lenient");
  csio__socket_user strict = {.key = "strict"}, none = {0}, lenient = {.key = "lenient"};
  CHECK(!use(&sockets, &pair, &strict));
  CHECK(!use(&sockets, &pair, &none));
  CHECK(use(&sockets, &pair, &lenient));
  CHECK(!use(&sockets, &pair, &none)); /* nor while another request uses it */
  csio__sockets_close(&sockets, pair.client);
  close(pair.server);
}

static void leaves_open_what_is_taken(void)
{
  csio__sockets sockets = {0};
  csio__socket_user user = {0};
  pair pair = kept_connection(&sockets, NULL);
  CHECK_INT(csio__sockets_take(&sockets, ends_of(&pair), &user), -1); /* not the user's own socket */
  CHECK(use(&sockets, &pair, &user));
  CHECK_INT(csio__sockets_take(&sockets, ends_of(&pair), &user), pair.client);
  CHECK_INT(csio__sockets_close(&sockets, pair.client), 0);
  CHECK_INT(send(pair.client, "alive", 5, 0), 5);
  close(pair.client);
  close(pair.server);
}

typedef enum ending { BEFORE, UNREAD, READ, LEFT } ending;

static csio__fate fate_when(ending how)
{
  csio__sockets sockets = {0};
  csio__socket_user user = {0};
  char text[8];
  pair pair = kept_connection(&sockets, NULL);
  CHECK(use(&sockets, &pair, &user));
  if (how == BEFORE) {
    close(pair.server);
    await_news(&pair);
  }
  CHECK_INT(send(pair.client, "request", 7, MSG_NOSIGNAL), 7);
  if (how == READ || how == LEFT) CHECK_INT(recv(pair.server, text, 7, MSG_WAITALL), 7);
  if (how != BEFORE) close(pair.server);
  await_news(&pair);
  if (how == LEFT) csio__sockets_leave(&sockets, &user);
  csio__sockets_close(&sockets, pair.client);
  return user.fate;
}

static void reports_what_happened_to_a_request(void)
{
  for (int i = 0; i < 50; i++) {
#ifdef __linux__
    CHECK_INT(fate_when(BEFORE), CSIO__FATE_UNREACHED);
#endif
    CHECK_INT(fate_when(UNREAD), CSIO__FATE_OPEN);
    CHECK_INT(fate_when(READ), CSIO__FATE_OPEN);
    CHECK_INT(fate_when(LEFT), CSIO__FATE_OPEN);
  }
}

int main(int argc, char **argv)
{
  RUN(sees_pending_input);
  RUN(keeps_settings_apart);
  RUN(leaves_open_what_is_taken);
  RUN(reports_what_happened_to_a_request);
}
