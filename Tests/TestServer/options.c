#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A flag without a parse function is a switch. Parse functions return false for a value they reject. */
struct flag {
  const char *name;
  bool (*parse)(const struct flag *flag, struct options *options, const char *value);
  size_t offset;        /* of the option that the flag sets, if it sets just one */
  uint64_t least, most; /* for a number */
  const char *wrong;    /* the message for a rejected value */
};

static enum options_result wrong(const char *flag, const char *what)
{
  fprintf(stderr, "socketio-test-server: %s: %s\n", flag, what);
  return OPTIONS_WRONG;
}

static bool parse_number(const struct flag *flag, struct options *options, const char *value)
{
  char *end;
  if (*value < '0' || *value > '9') return false;
  errno = 0;
  uint64_t number = strtoull(value, &end, 10);
  if (errno || *end || number < flag->least || number > flag->most) return false;
  memcpy((char *)options + flag->offset, &number, sizeof number);
  return true;
}

static bool parse_text(const struct flag *flag, struct options *options, const char *value)
{
  memcpy((char *)options + flag->offset, &value, sizeof value);
  return true;
}

static bool parse_transports(const struct flag *flag, struct options *options, const char *value)
{
  (void)flag;
  options->polling = options->websocket = false;
  for (;;) {
    size_t length = strcspn(value, ",");
    if (length == 7 && !strncmp(value, "polling", length))
      options->polling = true;
    else if (length == 9 && !strncmp(value, "websocket", length))
      options->websocket = true;
    else
      return false;
    if (!value[length]) return true;
    value += length + 1;
  }
}

static bool parse_path(const struct flag *flag, struct options *options, const char *value)
{
  (void)flag;
  size_t length = strlen(value);
  if (*value != '/' || strpbrk(value, "?# %") || length + 2 > sizeof options->path) return false;
  memcpy(options->path, value, length + 1);
  if (value[length - 1] != '/') strcat(options->path, "/");
  return true;
}

static bool parse_host(const struct flag *flag, struct options *options, const char *value)
{
  (void)flag;
  struct in6_addr address;
  options->host = value;
  return inet_pton(AF_INET, value, &address) == 1 || inet_pton(AF_INET6, value, &address) == 1;
}

static bool parse_tls_max(const struct flag *flag, struct options *options, const char *value)
{
  (void)flag;
  options->at_most_tls_1_2 = !strcmp(value, "1.2");
  return options->at_most_tls_1_2 || !strcmp(value, "1.3");
}

/* libwebsockets does not report when OpenSSL rejects these two. */
static bool parse_ciphers(const struct flag *flag, struct options *options, const char *value)
{
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  bool usable = context && SSL_CTX_set_cipher_list(context, value);
  SSL_CTX_free(context);
  return usable && parse_text(flag, options, value);
}

static bool parse_client_ca(const struct flag *flag, struct options *options, const char *value)
{
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  bool usable = context && SSL_CTX_load_verify_locations(context, value, NULL);
  SSL_CTX_free(context);
  return usable && parse_text(flag, options, value);
}

/* Looks the value up in a NULL-terminated list of words. */
static bool parse_word(const char *value, const char *const *words, unsigned *index)
{
  for (*index = 0; words[*index]; ++*index)
    if (!strcmp(value, words[*index])) return true;
  return false;
}

static bool parse_drop_upgrade(const struct flag *flag, struct options *options, const char *value)
{
  static const char *const words[] = {[DROP_UPGRADE_NOT] = "",
      [DROP_UPGRADE_REPLY] = "wrong-reply",
      [DROP_UPGRADE_CLOSE] = "close",
      [DROP_UPGRADE_SILENCE] = "silence",
      NULL};
  unsigned index;
  (void)flag;
  bool known = parse_word(value, words, &index) && index;
  options->drop_upgrade = (enum drop_upgrade)index;
  return known;
}

static bool parse_garbage(const struct flag *flag, struct options *options, const char *value)
{
  static const char *const words[] = {[GARBAGE_NONE] = "",
      [GARBAGE_HANDSHAKE] = "handshake",
      [GARBAGE_POLL] = "poll",
      [GARBAGE_PACKET] = "packet",
      NULL};
  unsigned index;
  (void)flag;
  bool known = parse_word(value, words, &index) && index;
  options->garbage = (enum garbage)index;
  return known;
}

static bool parse_fail_handshakes(const struct flag *flag, struct options *options, const char *value)
{
  static const struct flag status = {NULL, NULL, offsetof(struct options, fail_status), 200, 599, NULL};
  char number[24];
  size_t length = strcspn(value, ":");
  if (length >= sizeof number) return false;
  memcpy(number, value, length);
  number[length] = 0;
  options->fail_status = 503;
  return parse_number(flag, options, number) &&
         (!value[length] || parse_number(&status, options, value + length + 1));
}

static bool parse_sticky(const struct flag *flag, struct options *options, const char *value)
{
  return *value && !strpbrk(value, "=;, \t\r\n") && parse_text(flag, options, value);
}

static bool parse_cookie(const struct flag *flag, struct options *options, const char *value)
{
  (void)flag;
  if (options->cookie_count == MAX_COOKIES || !*value || strpbrk(value, "\r\n")) return false;
  options->cookies[options->cookie_count++] = value;
  return true;
}

#define TO(member) offsetof(struct options, member)
/* Ten days: the sum of two such times cannot overflow. */
#define MILLISECONDS 1, 864000000, "not a number of milliseconds from 1 to 864000000"

static const struct flag flags[] = {
    {"--port", parse_number, TO(port), 0, 65535, "not a port number"},
    {"--host", parse_host, 0, 0, 0, "not an IP address"},
    {"--path", parse_path, 0, 0, 0, "not a path such as /socket.io/"},
    {"--transports", parse_transports, 0, 0, 0, "not a list of polling and websocket"},
    {"--ping-interval", parse_number, TO(ping_interval), MILLISECONDS},
    {"--ping-timeout", parse_number, TO(ping_timeout), MILLISECONDS},
    {"--connect-timeout", parse_number, TO(connect_timeout), MILLISECONDS},
    {"--upgrade-timeout", parse_number, TO(upgrade_timeout), MILLISECONDS},
    /* More than a gigabyte would only hide mistakes. */
    {"--max-payload", parse_number, TO(max_payload), 1, 1 << 30,
        "not a number of bytes from 1 to 1073741824"},
    {"--tls-cert", parse_text, TO(tls_cert), 0, 0, NULL},
    {"--tls-key", parse_text, TO(tls_key), 0, 0, NULL},
    {"--tls-ciphers", parse_ciphers, TO(tls_ciphers), 0, 0, "not a list of OpenSSL cipher names"},
    {"--tls-max", parse_tls_max, 0, 0, 0, "neither 1.2 nor 1.3"},
    {"--client-ca", parse_client_ca, TO(client_ca), 0, 0, "not a file of PEM certificates"},
    {"--deflate", NULL, TO(deflate), 0, 0, NULL},
    {"--set-cookie", parse_cookie, 0, 0, 0,
        "not the value of a Set-Cookie header, or given more than 16 times"},
    {"--recovery", parse_number, TO(recovery), 1, 864000, "not a number of seconds from 1 to 864000"},
    {"--refuse-upgrade", NULL, TO(refuse_upgrade), 0, 0, NULL},
    {"--drop-upgrade", parse_drop_upgrade, 0, 0, 0, "not wrong-reply, close or silence"},
    {"--fail-handshakes", parse_fail_handshakes, TO(fail_handshakes), 0, 1000000,
        "not a number, or a number, a colon and a status from 200 to 599"},
    {"--stall-handshake", parse_number, TO(stall_handshake), MILLISECONDS},
    {"--stall-connect", parse_number, TO(stall_connect), MILLISECONDS},
    {"--garbage", parse_garbage, 0, 0, 0, "not handshake, poll or packet"},
    {"--sticky", parse_sticky, TO(sticky), 0, 0, "not a cookie name"},
    {"--record", parse_text, TO(record), 0, 0, NULL},
    {"--stop-with-input", NULL, TO(stop_with_input), 0, 0, NULL},
    {"--conformance", NULL, TO(conformance), 0, 0, NULL},
    {"--verbose", NULL, TO(verbose), 0, 0, NULL},
};

static const struct flag *find_flag(const char *name)
{
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
    if (!strcmp(name, flags[i].name)) return &flags[i];
  return NULL;
}

/* --conformance is looked for first: other flags override its presets wherever it stands. */
static bool wants_conformance(int argc, char **argv)
{
  for (int i = 1; i < argc; i++) {
    const struct flag *flag = find_flag(argv[i]);
    if (flag && flag->parse)
      i++;
    else if (flag && flag->offset == TO(conformance))
      return true;
  }
  return false;
}

static enum options_result check(const struct options *options)
{
  if (!options->tls_cert != !options->tls_key)
    return wrong(options->tls_cert ? "--tls-cert" : "--tls-key", "--tls-cert and --tls-key go together");
  if (options->client_ca && !options->tls_cert) return wrong("--client-ca", "needs --tls-cert");
  return OPTIONS_RUN;
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
  if (wants_conformance(argc, argv)) {
    options->ping_interval = 300;
    options->ping_timeout = 200;
    options->connect_timeout = 1000;
  }
  for (int i = 1; i < argc; i++) {
    const struct flag *flag = find_flag(argv[i]);
    if (!strcmp(argv[i], "--help")) {
      for (const char *const *part = options_help; *part; part++)
        fputs(*part, stdout);
      return OPTIONS_DONE;
    } else if (!strcmp(argv[i], "--version")) {
      puts("socketio-test-server " TEST_SERVER_VERSION);
      return OPTIONS_DONE;
    } else if (!flag) {
      return wrong(argv[i], "unknown flag, see --help");
    } else if (!flag->parse) {
      *((bool *)((char *)options + flag->offset)) = true;
    } else if (++i == argc) {
      return wrong(flag->name, "needs a value");
    } else if (!flag->parse(flag, options, argv[i])) {
      return wrong(flag->name, flag->wrong);
    }
  }
  return check(options);
}
