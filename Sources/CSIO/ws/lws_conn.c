/* libwebsockets' connections: how each begins on a socket of ours, calls back, and ends. */
#include "ws/lws_internal.h"

#include "ws/ws_internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
  /* Allocated for every connection, and the most that is read at once. */
  RECEIVE_BUFFER = 2 * 1024,
  /* The most given to one send(). Less would cut large messages into many writable callbacks. */
  SEND_PIECE = 1 << 20,
  /* How many connections a decoy takes; each of them holds some memory of the kernel's until it is closed. */
  DECOY_BACKLOG = 64,
};

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size);

const struct lws_protocols csio__lws_protocols[] = {
    {.name = "csio", .callback = on_lws, .rx_buffer_size = RECEIVE_BUFFER, .tx_packet_size = SEND_PIECE},
    {0},
};

static int on_extension(struct lws_context *context, const struct lws_extension *extension, struct lws *wsi,
    enum lws_extension_callback_reasons reason, void *user, void *in, size_t size);

const struct lws_extension csio__lws_extensions[] = {
    {"permessage-deflate", on_extension, CSIO__DEFLATE_OFFER},
    {0},
};

/* No pings of libwebsockets' own. */
static const lws_retry_bo_t no_validity_checks = {0};

void csio__conn_free(csio__conn *conn)
{
  *conn->link = conn->next;
  if (conn->next) conn->next->link = conn->link;
  conn->vhost->connections--;
  if (conn->socket >= 0) close(conn->socket);
  conn->gone = true;
  if (!conn->task.queued && !conn->starting) free(conn); /* else the task does, or who started it */
}

/* libwebsockets' asynchronous kill would be forgotten: it is a timeout, and every step of a handshake sets a
 * new one. */
static void kill_now(csio__conn *conn)
{
  shutdown(lws_get_socket_fd(conn->wsi), SHUT_RDWR); /* else it would first try to send what it has */
  lws_set_timeout(conn->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
}

static void run_task(csio__task *task)
{
  csio__conn *conn = csio__container_of(task, csio__conn, task);
  if (conn->gone)
    free(conn);
  else if (conn->killed)
    kill_now(conn);
  else if (conn->ws && !conn->dead)
    csio__ws_flush(conn);
}

static csio__conn *conn_create(struct csio_ws *ws, struct csio__lws *lws, csio__vhost *vhost)
{
  csio__conn *conn = calloc(1, sizeof *conn);
  if (!conn) return NULL;
  conn->ws = ws;
  conn->socket = -1;
  conn->task.run = run_task;
  conn->vhost = vhost;
  vhost->connections++;
  conn->next = lws->conns;
  if (conn->next) conn->next->link = &conn->next;
  conn->link = &lws->conns;
  lws->conns = conn;
  return conn;
}

static void close_socket(int *socket)
{
  if (*socket >= 0) close(*socket);
  *socket = -1;
}

/* libwebsockets makes the sockets of its clients itself. So it is made to connect to a listener that nobody
 * answers on; before it sends anything, on WSI_CREATE, the socket that it has is replaced by the one that it
 * should have. The listener serves as long as there is room in its queue. */
static bool open_decoy(struct csio__lws *lws)
{
  if (lws->decoy >= 0 && lws->decoyed++ < DECOY_BACKLOG) return true;
  close_socket(&lws->decoy);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  socklen_t size = sizeof address.sun_family; /* the kernel chooses a name */
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) return false;
  if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, DECOY_BACKLOG)) {
    close_socket(&listener);
    return false;
  }
  size = sizeof address;
  memset(&address, 0, sizeof address);
  getsockname(listener, (struct sockaddr *)&address, &size);
  snprintf(lws->decoy_name, sizeof lws->decoy_name, "+@%.12s", address.sun_path + 1);
  lws->decoy = listener;
  lws->decoyed = 1;
  return true;
}

static void adopt_socket(csio__conn *conn, struct lws *wsi)
{
  /* where it fails, what libwebsockets has is a connection that nobody answers on, and ends */
  dup3(conn->socket, lws_get_socket_fd(wsi), O_CLOEXEC);
  close_socket(&conn->socket);
}

static bool start_handshake(struct csio__lws *lws, const csio__lws_target *target, csio__conn *conn)
{
  if (!open_decoy(lws)) return false;
  struct lws_client_connect_info info = {
      .context = lws->context,
      .vhost = conn->vhost->lws,
      .address = lws->decoy_name,
      .path = "/", /* the real one is put in by csio__ws_write_handshake */
      .host = target->host,
      .protocol = target->protocols,
      .local_protocol_name = csio__lws_protocols[0].name,
      .ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT,
      .ietf_version_or_minus_one = -1,
      .userdata = conn,
      .pwsi = &conn->wsi,
      .retry_and_idle_policy = &no_validity_checks,
  };
  if (target->secure) info.ssl_connection |= LCCSCF_USE_SSL | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
  return lws_client_connect_via_info(&info);
}

int csio__lws_connect(struct csio_ws *ws, csio_loop *loop, const csio__lws_target *target, int socket,
    csio__conn **out, csio__failure *failure)
{
  struct csio__lws *lws;
  csio__vhost *vhost;
  csio__conn *conn = NULL;
  *out = NULL;
  csio__failure_code(failure, CSIO_ENOMEM);
  int err = csio__lws_of(loop, &lws, failure);
  if (!err) err = csio__lws_vhost_for(lws, target->secure ? target->tls : NULL, &vhost);
  if (!err && !(conn = conn_create(ws, lws, vhost))) err = CSIO_ENOMEM;
  if (err) {
    close_socket(&socket);
    return err;
  }
  conn->socket = socket;
  conn->starting = true;
  *out = conn;
  bool started = start_handshake(lws, target, conn);
  conn->starting = false;
  if (started) return CSIO_OK;
  /* Of an end that comes this early libwebsockets reports nothing, or WSI_DESTROY now, later or never. So it
   * is reported here, and the connection waits without the WebSocket, at the longest until the loop ends. */
  *out = NULL;
  if (conn->gone) {
    free(conn);
    return CSIO_OK;
  }
  if (conn->dead) return CSIO_OK;
  bool taken = conn->socket < 0;
  close_socket(&conn->socket);
  conn->wsi = NULL;
  csio__failure_set(failure, CSIO_ESYSTEM, "libwebsockets could not take the connection to %s", target->host);
  if (taken) csio__ws_connect_failed(conn, "", 0);
  conn->ws = NULL;
  return CSIO_ESYSTEM;
}

static void queue_task(csio__conn *conn)
{
  csio__task_queue(lws_context_user(lws_get_context(conn->wsi)), &conn->task);
}

void csio__conn_flush(csio__conn *conn)
{
  queue_task(conn);
}

void csio__conn_kill(csio__conn *conn)
{
  if (conn->dead || !conn->wsi) return;
  conn->dead = true;
  conn->killed = true;
  queue_task(conn);
}

void csio__lws_hurry(csio__guest *guest)
{
  for (csio__conn *conn = ((struct csio__lws *)guest)->conns; conn; conn = conn->next)
    if (conn->ws && conn->ws->lingering) csio__conn_kill(conn);
}

csio__tls_session *csio__conn_tls(csio__conn *conn)
{
  return conn->vhost->session;
}

static int on_extension(struct lws_context *context, const struct lws_extension *extension, struct lws *wsi,
    enum lws_extension_callback_reasons reason, void *user, void *in, size_t size)
{
  static const struct lws_ext_options none[] = {{0}}; /* csio__deflate_read_terms reads them */
  (void)context, (void)extension, (void)user, (void)size;
  if (reason != LWS_EXT_CB_CLIENT_CONSTRUCT) return 0;
  *(const struct lws_ext_options **)in = none;
  return !csio__ws_extend(lws_wsi_user(wsi));
}

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
  if (reason == LWS_CALLBACK_WS_EXT_DEFAULTS) return 0; /* `user` is the extension's name */
  csio__conn *conn = user;
  if (reason == LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION) {
    conn = lws_wsi_user(wsi); /* `user` is the X509_STORE_CTX, `size` whether all was well so far */
    return !csio__tls_verify_step(conn->vhost->session, csio__ws_host(conn->ws), size, user);
  }
  if (!conn || !conn->ws) {
    if (conn && reason == LWS_CALLBACK_WSI_DESTROY) csio__conn_free(conn);
    return 0;
  }
  switch (reason) {
  case LWS_CALLBACK_WSI_CREATE:
    conn->wsi = wsi;
    adopt_socket(conn, wsi);
    return 0;
  case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
    return csio__ws_write_handshake(conn, in, size);
  case LWS_CALLBACK_CLIENT_CONFIRM_EXTENSION_SUPPORTED:
    return !conn->ws->deflate;
  case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
    return csio__ws_read_answer(conn);
  case LWS_CALLBACK_CLIENT_ESTABLISHED:
    csio__ws_opened(conn);
    return 0;
  case LWS_CALLBACK_CLIENT_RECEIVE:
    return csio__ws_received(conn, in, size);
  case LWS_CALLBACK_CLIENT_WRITEABLE:
    return csio__ws_writable(conn);
  case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
    return csio__ws_peer_closed(conn, in, size);
  case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    csio__ws_connect_failed(conn, in, size);
    return 0;
  case LWS_CALLBACK_CLIENT_CLOSED:
    csio__ws_ended(conn);
    return 0;
  case LWS_CALLBACK_WSI_DESTROY: {
    struct csio_ws *ws = conn->ws;
    csio__ws_conn_gone(conn);
    csio__conn_free(conn);
    csio__ws_unpend(ws);
    return 0;
  }
  default:
    return 0;
  }
}
