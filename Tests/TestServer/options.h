/* The command-line options. */
#ifndef TEST_SERVER_OPTIONS_H
#define TEST_SERVER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_COOKIES = 16 };

/* How the server spoils a probe, and where it sends garbage. */
enum drop_upgrade { DROP_UPGRADE_NOT, DROP_UPGRADE_REPLY, DROP_UPGRADE_CLOSE, DROP_UPGRADE_SILENCE };
enum garbage { GARBAGE_NONE, GARBAGE_HANDSHAKE, GARBAGE_POLL, GARBAGE_PACKET };

struct options {
  const char *host;                                                       /* an IPv4 or IPv6 address */
  uint64_t port;                                                          /* 0 for any free port */
  char path[256];                                                         /* begins and ends with a slash */
  uint64_t ping_interval, ping_timeout, connect_timeout, upgrade_timeout; /* milliseconds */
  uint64_t max_payload;                                                   /* bytes */
  bool polling, websocket;                                                /* the enabled transports */
  const char *tls_cert, *tls_key;                                         /* both or neither */
  const char *client_ca, *tls_ciphers;                                    /* NULL: none; the default */
  bool at_most_tls_1_2;
  const char *cookies[MAX_COOKIES]; /* values of Set-Cookie */
  size_t cookie_count;
  const char *record;                      /* a file name, or NULL */
  uint64_t fail_handshakes, fail_status;   /* that many first requests are answered with the status */
  uint64_t stall_handshake, stall_connect; /* milliseconds */
  bool deflate, refuse_upgrade;
  enum drop_upgrade drop_upgrade;
  enum garbage garbage;
  uint64_t recovery;  /* seconds; 0 turns recovery off */
  const char *sticky; /* the name of a cookie, or NULL */
  bool stop_with_input, conformance, verbose;
};

enum options_result { OPTIONS_RUN, OPTIONS_DONE, OPTIONS_WRONG };

/* Parses the arguments. OPTIONS_DONE: what was asked for (--help, --version) has been printed.
 * OPTIONS_WRONG: one line on stderr says what is wrong. The strings point into the arguments. */
enum options_result options_parse(struct options *options, int argc, char **argv);

/* What --help prints. */
extern const char *const options_help[]; /* in parts, ending with NULL */

#endif
