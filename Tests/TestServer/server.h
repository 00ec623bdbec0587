/* The server: its listeners, and what all sessions share. One thread runs everything. */
#ifndef TEST_SERVER_SERVER_H
#define TEST_SERVER_SERVER_H

#include "buffer.h"
#include "options.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <uv.h>

enum { SESSION_BUCKETS = 4096 };

struct connection;
struct incoming;
struct namespace;
struct session;

struct server {
  const struct options *options;
  uv_loop_t *loop;
  struct lws_context *context;
  struct lws_vhost *vhost;
  struct connection *connections;
  uint64_t failed_handshakes; /* by --fail-handshakes */
  uint64_t connection_count;  /* all connections so far */
  struct session *sessions[SESSION_BUCKETS];
  struct incoming *incoming, *last_incoming; /* packets waiting for their turn */
  uint64_t last_offset;                      /* of the events that can be recovered */
  struct namespace *namespaces;
  size_t namespace_count;
  /* How many bytes may wait for one session before it is dropped as too slow a reader. */
  size_t queue_limit;
  /* Where packets are assembled before they are copied to a queue. */
  struct buffer scratch;
  FILE *record;     /* NULL without --record */
  uint64_t started; /* in nanoseconds of the loop's clock */
  bool stopping;
  uv_timer_t finish;
};

/* Starts to listen, on a loop that the caller runs. False if that fails, after a message on stderr. */
bool server_start(struct server *server, const struct options *options, uv_loop_t *loop);

/* Closes all sessions, then all connections. Once the loop has run out of events, the server uses nothing
 * of it. */
void server_stop(struct server *server);
/* Call after the loop has run out of events. */
void server_free(struct server *server);

/* Called by a connection when it is gone. */
void server_connection_closed(struct server *server);

/* A new id for a session or a socket: 20 characters that cannot be guessed. */
enum { ID_LENGTH = 20 };
bool server_make_id(struct server *server, char id[ID_LENGTH + 1]);

/* Prints a line on stderr, with --verbose. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void server_log(const struct server *server, const char *format, ...);

#endif
