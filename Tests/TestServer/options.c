#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "socketio-test-server - an Engine.IO 4 and Socket.IO 5 server to test clients against\n"
    "\n"
    "usage: socketio-test-server [flags]\n"
    "\n"
    "Prints `listening on http://HOST:PORT` once it listens, and exits with status 0 on SIGINT or SIGTERM.\n"
    "\n"
    "  --port N                 port to listen on, 0 for any free one (default 3000)\n"
    "  --host ADDRESS           IP address to listen on (default 127.0.0.1)\n"
    "  --path PATH              path of the Engine.IO endpoint (default /socket.io/)\n"
    "  --transports LIST        transports served, separated by a comma (default polling,websocket)\n"
    "  --ping-interval MS       time between a pong and the next ping (default 25000)\n"
    "  --ping-timeout MS        time to wait for a pong (default 20000)\n"
    "  --connect-timeout MS     time to wait for the first namespace to be joined (default 45000)\n"
    "  --upgrade-timeout MS     time to wait for an upgrade to complete (default 10000)\n"
    "  --max-payload BYTES      largest POST body and WebSocket message accepted (default 1000000)\n"
    "  --tls-cert FILE          serve https with this certificate chain (PEM); needs --tls-key\n"
    "  --tls-key FILE           private key of the certificate (PEM)\n"
    "  --conformance            be the server that the public protocol test suites expect, see below\n"
    "  --verbose                say on stderr what happens\n"
    "  --help                   print this\n"
    "  --version                print the version\n"
    "\n"
    "Namespaces\n"
    "  /        open to all\n"
    "  /echo    open to all\n"
    "  /admin   wants the auth payload {\"token\":\"abcd\"}; any other is answered by a CONNECT_ERROR with "
    "the message\n"
    "           \"invalid credentials\" and data {\"code\":\"invalid_credentials\"}\n"
    "  /slow    answers CONNECT after 300 ms\n"
    "  Any other is refused with the message \"Invalid namespace\".\n"
    "\n"
    "Events, the same in every namespace; ARGS stands for any arguments, binary included\n"
    "  echo ARGS                with an acknowledgement wanted: acknowledges with ARGS; else emits `echo` "
    "ARGS\n"
    "  message ARGS             emits `message-back` ARGS\n"
    "  message-with-ack ARGS    acknowledges with ARGS\n"
    "  ask ARGS                 emits `question` ARGS and wants an acknowledgement, whose arguments it emits "
    "as `answer`\n"
    "  get-handshake            acknowledges with "
    "{\"headers\":{},\"query\":{},\"auth\":{},\"transport\":\"\"}: headers and query\n"
    "                           of the session's first request, the payload of CONNECT, the transport in use "
    "now\n"
    "  broadcast ARGS           emits `broadcast` ARGS to every socket of the namespace, the sender "
    "included\n"
    "  burst N                  emits `burst` I for I from 0 to N-1, N at most 1000000\n"
    "  binary N                 emits `binary` with N bytes counting 0, 1, 2, ..., 255, 0, ...\n"
    "  never-ack                never acknowledges\n"
    "  error-packet TEXT        sends TEXT as an Engine.IO message, whatever it is\n"
    "  silence                  sends no more pings in this session\n"
    "  disconnect-me            sends a Socket.IO DISCONNECT\n"
    "  close-me                 closes the Engine.IO session\n"
    "  drop-me                  cuts the session's TCP connections\n"
    "  Any other event is ignored.\n"
    "\n"
    "--conformance: a ping interval of 300 ms, a ping timeout of 200 ms and a connect timeout of 1000 ms, "
    "unless flags say\n"
    "otherwise; namespaces / and /custom, which emit `auth` with the payload of CONNECT once joined; a bare "
    "Engine.IO\n"
    "server at /engine.io/ that sends every message back.\n";

static enum options_result wrong(const char *flag, const char *what)
{
  fprintf(stderr, "socketio-test-server: %s: %s\n", flag, what);
  return OPTIONS_WRONG;
}

static bool parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
  char *end;
  if (*text < '0' || *text > '9') return false;
  errno = 0;
  unsigned long long value = strtoull(text, &end, 10);
  if (errno || *end || value < least || value > most) return false;
  *number = value;
  return true;
}

static bool parse_transports(struct options *options, const char *list)
{
  options->polling = options->websocket = false;
  for (;;) {
    size_t length = strcspn(list, ",");
    if (length == 7 && !strncmp(list, "polling", length))
      options->polling = true;
    else if (length == 9 && !strncmp(list, "websocket", length))
      options->websocket = true;
    else
      return false;
    if (!list[length]) return true;
    list += length + 1;
  }
}

static bool parse_path(struct options *options, const char *path)
{
  size_t length = strlen(path);
  if (*path != '/' || strpbrk(path, "?# %") || length + 2 > sizeof options->path) return false;
  memcpy(options->path, path, length + 1);
  if (path[length - 1] != '/') strcat(options->path, "/");
  return true;
}

static bool is_address(const char *text)
{
  struct in6_addr address;
  return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1;
}

/* Longest time that a timer takes without the sum of two overflowing anything: ten days. */
static const uint64_t longest = 864000000;

/* A gigabyte: more would only hide mistakes. */
static const uint64_t largest = 1 << 30;

static enum options_result parse_value(struct options *options, const char *flag, const char *value)
{
  const struct {
    const char *flag;
    uint64_t *milliseconds;
  } times[] = {{"--ping-interval", &options->ping_interval}, {"--ping-timeout", &options->ping_timeout},
      {"--connect-timeout", &options->connect_timeout}, {"--upgrade-timeout", &options->upgrade_timeout}};
  uint64_t number;
  for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
    if (strcmp(flag, times[i].flag)) continue;
    if (!parse_number(value, 1, longest, times[i].milliseconds))
      return wrong(flag, "not a number of milliseconds from 1 to 864000000");
    return OPTIONS_RUN;
  }
  if (!strcmp(flag, "--port")) {
    if (!parse_number(value, 0, 65535, &number)) return wrong(flag, "not a port number");
    options->port = (uint16_t)number;
  } else if (!strcmp(flag, "--max-payload")) {
    if (!parse_number(value, 1, largest, &number))
      return wrong(flag, "not a number of bytes from 1 to 1073741824");
    options->max_payload = number;
  } else if (!strcmp(flag, "--path")) {
    if (!parse_path(options, value)) return wrong(flag, "not a path such as /socket.io/");
  } else if (!strcmp(flag, "--transports")) {
    if (!parse_transports(options, value)) return wrong(flag, "not a list of polling and websocket");
  } else if (!strcmp(flag, "--host")) {
    if (!is_address(value)) return wrong(flag, "not an IP address");
    options->host = value;
  } else if (!strcmp(flag, "--tls-cert")) {
    options->tls_cert = value;
  } else {
    options->tls_key = value;
  }
  return OPTIONS_RUN;
}

static bool takes_value(const char *flag)
{
  static const char *const flags[] = {"--port", "--host", "--path", "--transports", "--ping-interval",
      "--ping-timeout", "--connect-timeout", "--upgrade-timeout", "--max-payload", "--tls-cert", "--tls-key"};
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
    if (!strcmp(flag, flags[i])) return true;
  return false;
}

enum options_result options_parse(struct options *options, int argc, char **argv)
{
  *options = (struct options){.host = "127.0.0.1",
      .port = 3000,
      .path = "/socket.io/",
      .ping_interval = 25000,
      .ping_timeout = 20000,
      .connect_timeout = 45000,
      .upgrade_timeout = 10000,
      .max_payload = 1000000,
      .polling = true,
      .websocket = true};
  /* What --conformance presets may be overridden wherever it stands, so it is looked for first. */
  for (int i = 1; i < argc; i++) {
    if (takes_value(argv[i])) {
      i++;
    } else if (!strcmp(argv[i], "--conformance")) {
      options->ping_interval = 300;
      options->ping_timeout = 200;
      options->connect_timeout = 1000;
      options->conformance = true;
    }
  }
  for (int i = 1; i < argc; i++) {
    const char *flag = argv[i];
    if (takes_value(flag)) {
      if (++i == argc) return wrong(flag, "wants a value");
      enum options_result result = parse_value(options, flag, argv[i]);
      if (result != OPTIONS_RUN) return result;
    } else if (!strcmp(flag, "--verbose")) {
      options->verbose = true;
    } else if (!strcmp(flag, "--help")) {
      fputs(help, stdout);
      return OPTIONS_DONE;
    } else if (!strcmp(flag, "--version")) {
      puts("socketio-test-server " TEST_SERVER_VERSION);
      return OPTIONS_DONE;
    } else if (strcmp(flag, "--conformance")) {
      return wrong(flag, "unknown flag, see --help");
    }
  }
  if (!options->tls_cert != !options->tls_key)
    return wrong(options->tls_cert ? "--tls-cert" : "--tls-key", "--tls-cert and --tls-key go together");
  return OPTIONS_RUN;
}
