#include "server.h"

#include "connection.h"
#include "namespace.h"
#include "record.h"
#include "session.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_SIZE = 64 * 1024, LEAST_QUEUE_LIMIT = 64 * 1024 * 1024 };

static void log_library(int level, const char *line)
{
  (void)level;
  fprintf(stderr, "%s", line);
}

/* Whether the address can be listened on. libwebsockets 4.3 retries for ever if the machine lacks the
 * address or may not use it, so it is only given addresses that work. */
static bool can_listen(const struct options *options, bool ipv6)
{
  struct sockaddr_storage address;
  int port = (int)options->port, yes = 1, err = 0;
  if (ipv6)
    uv_ip6_addr(options->host, port, (struct sockaddr_in6 *)&address);
  else
    uv_ip4_addr(options->host, port, (struct sockaddr_in *)&address);
  int probe = socket(address.ss_family, SOCK_STREAM, 0);
  if (probe < 0 || setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) ||
      bind(probe, (struct sockaddr *)&address,
          ipv6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in)))
    err = errno;
  if (probe >= 0) close(probe);
  if (err)
    fprintf(stderr, "socketio-test-server: cannot listen on %s port %d: %s\n", options->host, port,
        strerror(err));
  return !err;
}

bool server_start(struct server *server, const struct options *options, uv_loop_t *loop)
{
  void *loops[] = {loop};
  *server = (struct server){.options = options, .loop = loop};
  server->queue_limit =
      options->max_payload > LEAST_QUEUE_LIMIT / 4 ? options->max_payload * 4 : LEAST_QUEUE_LIMIT;
  namespaces_set_up(server);
  uv_timer_init(loop, &server->finish);
  server->finish.data = server;
  lws_set_log_level(options->verbose ? LLL_ERR | LLL_WARN : 0, log_library);
  struct lws_context_creation_info info = {0};
  bool ipv6 = strchr(options->host, ':');
  info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                 LWS_SERVER_OPTION_ADOPT_APPLY_LISTEN_ACCEPT_CONFIG |
                 LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
  /* Unless it is told to leave IPv6 alone, libwebsockets takes an IPv4 address to mean all addresses. */
  info.options |= ipv6 ? LWS_SERVER_OPTION_IPV6_V6ONLY_MODIFY | LWS_SERVER_OPTION_IPV6_V6ONLY_VALUE
                       : LWS_SERVER_OPTION_DISABLE_IPV6;
  if (options->tls_cert) info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  if (options->client_ca) info.options |= LWS_SERVER_OPTION_REQUIRE_VALID_OPENSSL_CLIENT_CERT;
  info.foreign_loops = loops;
  info.pt_serv_buf_size = READ_SIZE;
  info.user = server;
  info.pcontext = &server->context; /* set to NULL when the context is destroyed */
  if (can_listen(options, ipv6) && record_open(server)) server->context = lws_create_context(&info);
  if (!server->context) {
    uv_close((uv_handle_t *)&server->finish, NULL);
    return false;
  }
  info.port = (int)options->port;
  info.iface = options->host;
  info.protocols = connection_protocols;
  /* The HTTP server of libwebsockets cannot list a request's headers, nor notice that a client has hung up
   * on a long poll. So it provides plain sockets, and TLS must not switch it to HTTP. */
  info.listen_accept_role = "raw-skt";
  info.listen_accept_protocol = "connection";
  info.alpn = "none";
  info.ssl_cert_filepath = options->tls_cert;
  info.ssl_private_key_filepath = options->tls_key;
  info.ssl_ca_filepath = options->client_ca;
  info.ssl_cipher_list = options->tls_ciphers;
  if (options->at_most_tls_1_2) info.ssl_options_set = SSL_OP_NO_TLSv1_3;
  server->vhost = lws_create_vhost(server->context, &info);
  if (!server->vhost) {
    fprintf(stderr, "socketio-test-server: cannot listen on %s port %d%s; --verbose says more\n",
        options->host, info.port, options->tls_cert ? " with that certificate and key" : "");
    server_stop(server);
    return false;
  }
  printf("listening on %s://%s%s%s:%d\n", options->tls_cert ? "https" : "http", ipv6 ? "[" : "",
      options->host, ipv6 ? "]" : "", lws_get_vhost_listen_port(server->vhost));
  fflush(stdout);
  return true;
}

static void on_finish(uv_timer_t *timer)
{
  struct server *server = timer->data;
  uv_close((uv_handle_t *)timer, NULL);
  lws_context_destroy(server->context);
}

/* libwebsockets is still closing the last connection when this is called, so the shutdown has to wait a
 * little. */
static void finish(struct server *server)
{
  uv_timer_start(&server->finish, on_finish, 0, 0);
}

void server_stop(struct server *server)
{
  server->stopping = true;
  for (size_t i = 0; i < SESSION_BUCKETS; i++)
    while (server->sessions[i])
      session_close(server->sessions[i], "the server stops", PACKET_CLOSE);
  for (struct connection *connection = server->connections; connection; connection = connection->next)
    connection_close(connection);
  if (!server->connections) finish(server);
}

void server_connection_closed(struct server *server)
{
  if (server->stopping && !server->connections) finish(server);
}

void server_free(struct server *server)
{
  /* libwebsockets first closes its handles on the loop, and frees their memory on the second call. */
  if (server->context) lws_context_destroy(server->context);
  namespaces_free(server);
  buffer_free(&server->scratch);
  record_close(server);
}

bool server_make_id(struct server *server, char id[ID_LENGTH + 1])
{
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  unsigned char random[ID_LENGTH];
  if (lws_get_random(server->context, random, sizeof random) != sizeof random) return false;
  for (size_t i = 0; i < ID_LENGTH; i++)
    id[i] = alphabet[random[i] % 64];
  id[ID_LENGTH] = 0;
  return true;
}

void server_log(const struct server *server, const char *format, ...)
{
  if (!server->options->verbose) return;
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
}
