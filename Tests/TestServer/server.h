/* The server: what listens, and what all sessions share. One thread runs everything. */
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
  uint64_t connection_count;  /* of all that there have been */
  struct session *sessions[SESSION_BUCKETS];
  struct incoming *incoming, *last_incoming; /* packets that wait for their turn */
  uint64_t last_offset;                      /* of the events that can be recovered */
  struct namespace *namespaces;
  size_t namespace_count;
  /* Bytes that may wait for one session before it is given up as a reader that is too slow. */
  size_t queue_limit;
  /* Where packets are put together before they are copied to where they wait. */
  struct buffer scratch;
  FILE *record;     /* NULL: none is kept */
  uint64_t started; /* in nanoseconds of the loop's clock */
  bool stopping;
  uv_timer_t finish;
};

/* Starts to listen, on a loop that the caller runs. False if that fails; why has been said on stderr then. */
bool server_start(struct server *server, const struct options *options, uv_loop_t *loop);

/* Closes all sessions, then all connections. The server holds nothing of the loop once it has run out of
 * events. */
void server_stop(struct server *server);
/* To be called after the loop has run out of events. */
void server_free(struct server *server);

/* Called by a connection that is gone. */
void server_connection_closed(struct server *server);

/* A new id for a session or a socket: 20 characters that nobody can guess. */
enum { ID_LENGTH = 20 };
bool server_make_id(struct server *server, char id[ID_LENGTH + 1]);

/* A line on stderr, with --verbose. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void server_log(const struct server *server, const char *format, ...);

#endif
