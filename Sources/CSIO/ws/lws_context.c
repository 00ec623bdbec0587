#include "ws/lws_internal.h"

#include "base/header.h"

#include <csio/error.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* libwebsockets' own time limits, in seconds: far beyond ours. */
enum { NEVER = 365 * 24 * 3600 };

enum {
  /* With more file descriptors allowed than this, libwebsockets' tables of all possible ones get too large
   * (16 bytes each, all written to), and it is told to search a table of MAX_SOCKETS instead. */
  MAX_TABLE = 128 * 1024,
  MAX_SOCKETS = 64 * 1024,
};

/* Making and destroying contexts writes to libwebsockets' globals. */
static uv_mutex_t global_lock;
static bool global_started; /* under `global_lock` */

static void init_globals(void)
{
  uv_mutex_init(&global_lock);
  lws_set_log_level(0, NULL);
}

static void lock_globals(void)
{
  static uv_once_t once = UV_ONCE_INIT;
  uv_once(&once, init_globals);
  uv_mutex_lock(&global_lock);
}

/* --- the context --- */

static struct lws_context *create_context(csio_loop *loop, struct csio__lws *lws)
{
  void *loops[] = {&loop->uv};
  struct lws_context_creation_info info = {
      .port = CONTEXT_PORT_NO_LISTEN,
      .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
      .foreign_loops = loops,
      .pt_serv_buf_size = CSIO__LWS_SHARED_BUFFER,
      .max_http_header_data = CSIO__MAX_ANSWER_HEAD, /* allocated while a handshake goes on */
      .timeout_secs = NEVER,
      .pcontext = &lws->context,
      .user = loop,
      .gid = (gid_t)-1,
      .uid = (uid_t)-1,
  };
  if (sysconf(_SC_OPEN_MAX) > MAX_TABLE) info.fd_limit_per_thread = MAX_SOCKETS;

  lock_globals();
  /* once only: a second time it would change the index under which other loops' handshakes find their
   * connection */
  if (!global_started) info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  struct sigaction sigpipe; /* libwebsockets ignores it for the whole process, which is not its business */
  sigaction(SIGPIPE, NULL, &sigpipe);
  struct lws_context *context = lws_create_context(&info);
  sigaction(SIGPIPE, &sigpipe, NULL);
  if (context) global_started = true;
  uv_mutex_unlock(&global_lock);
  return context;
}

/* --- virtual hosts --- */

/* What a virtual host keeps of its settings: a reference of its own, and its session's. */
enum { KEPT_REFERENCES = 2 };

static void vhost_free(csio__vhost *vhost)
{
  if (vhost->session) atomic_fetch_sub(&vhost->tls->kept_references, KEPT_REFERENCES);
  csio__tls_session_release(vhost->session);
  SSL_CTX_free(vhost->ctx);
  csio_tls_release(vhost->tls);
  free(vhost);
}

static int vhost_create(struct csio__lws *lws, csio_tls *tls, csio__vhost **out)
{
  csio__vhost *vhost = calloc(1, sizeof *vhost);
  if (!vhost) return CSIO_ENOMEM;
  int err = CSIO_OK;
  if (tls) {
    vhost->tls = csio_tls_retain(tls);
    vhost->ctx = SSL_CTX_new(TLS_client_method());
    err = vhost->ctx ? csio__tls_session_create(tls, vhost->ctx, NULL, &vhost->session) : CSIO_ENOMEM;
    if (!err) atomic_fetch_add(&tls->kept_references, KEPT_REFERENCES);
  }
  struct lws_context_creation_info info = {
      .port = CONTEXT_PORT_NO_LISTEN,
      .vhost_name = "csio",
      .protocols = csio__lws_protocols,
      .extensions = csio__lws_extensions,
      .options = tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0,
      .provided_client_ssl_ctx = vhost->ctx,
      .http_proxy_address = "", /* not even the environment's, which it would look for */
#if defined(LWS_WITH_SOCKS5)
      .socks_proxy_address = "",
#endif
  };
  if (!err && !(vhost->lws = lws_create_vhost(lws->context, &info))) err = CSIO_ENOMEM;
  if (err) {
    vhost_free(vhost);
    return err;
  }
  vhost->next = lws->vhosts;
  lws->vhosts = vhost;
  *out = vhost;
  return CSIO_OK;
}

/* Whether nobody has the settings any more but loops that keep them. Other loops may change the counts
 * meanwhile: a virtual host that is then dropped too early is made again when it is needed. */
static bool is_forgotten(csio_tls *tls)
{
  return atomic_load(&tls->references) == atomic_load(&tls->kept_references);
}

/* Drops the virtual hosts of settings that nobody has any more. Only where a new one is to be made: their
 * number stays bounded, and no callback of libwebsockets is under way. */
static void drop_unused_vhosts(struct csio__lws *lws)
{
  for (csio__vhost **link = &lws->vhosts; *link;) {
    csio__vhost *vhost = *link;
    if (!vhost->tls || vhost->connections || !is_forgotten(vhost->tls)) {
      link = &vhost->next;
      continue;
    }
    *link = vhost->next;
    lws_vhost_destroy(vhost->lws);
    vhost_free(vhost);
  }
}

int csio__lws_vhost_for(struct csio__lws *lws, csio_tls *tls, csio__vhost **out)
{
  for (csio__vhost *vhost = lws->vhosts; vhost; vhost = vhost->next)
    if (vhost->tls == tls) {
      *out = vhost;
      return CSIO_OK;
    }
  drop_unused_vhosts(lws);
  return vhost_create(lws, tls, out);
}

/* --- the end --- */

/* Destroying a context under a foreign loop goes in two calls: the first closes everything that the loop has
 * to close in its own time, the second, when the loop has nothing left, frees the memory. */
static void destroy_context(struct csio__lws *lws)
{
  lock_globals();
  lws_context_destroy(lws->context);
  uv_mutex_unlock(&global_lock);
}

#if LWS_LIBRARY_VERSION_NUMBER < 4002000
static void find_wake(uv_handle_t *handle, void *out)
{
  /* nothing else is watched any more when a loop ends */
  if (uv_handle_get_type(handle) == UV_POLL && !uv_is_closing(handle)) uv_fileno(handle, out);
}

/* libwebsockets 4.1 closes the descriptor that wakes it up at once, and again when the loop has closed its
 * handle. In between, another thread might be given the number, and would lose what it has opened. So
 * something of ours takes it. */
static void stop(csio__guest *guest)
{
  struct csio__lws *lws = (struct csio__lws *)guest;
  uv_loop_t *uv = &lws->loop->uv;
  uv_os_fd_t wake = -1;
  uv_walk(uv, find_wake, &wake);
  destroy_context(lws);
  int taken = wake < 0 ? -1 : fcntl(uv_backend_fd(uv), F_DUPFD_CLOEXEC, wake);
  if (taken > wake) close(taken);
}
#else
static void stop(csio__guest *guest)
{
  destroy_context((struct csio__lws *)guest);
}
#endif

static void free_guest(csio__guest *guest)
{
  struct csio__lws *lws = (struct csio__lws *)guest;
  if (lws->context) destroy_context(lws);
  uv_run(&lws->loop->uv, UV_RUN_DEFAULT);
  while (lws->conns)
    csio__conn_free(lws->conns);
  while (lws->vhosts) {
    csio__vhost *vhost = lws->vhosts;
    lws->vhosts = vhost->next;
    vhost_free(vhost);
  }
  if (lws->decoy >= 0) close(lws->decoy);
  free(lws);
}

/* --- the beginning --- */

int csio__lws_of(csio_loop *loop, struct csio__lws **out, csio__failure *failure)
{
  static const csio__guest_kind lws_guest = {.hurry = csio__lws_hurry, .stop = stop, .free = free_guest};
  struct csio__lws *lws = csio__guest_of(loop, &lws_guest);
  if (!lws) {
    lws = calloc(1, sizeof *lws);
    if (!lws) return CSIO_ENOMEM;
    lws->loop = loop;
    lws->decoy = -1;
    lws->context = create_context(loop, lws);
    if (!lws->context) {
      free(lws);
      csio__failure_set(failure, CSIO_EUNSUPPORTED,
          "libwebsockets could not start; is its libuv plugin installed (libwebsockets-evlib-uv)?");
      return CSIO_EUNSUPPORTED;
    }
    csio__guest_add(loop, &lws_guest, &lws->guest);
  }
  *out = lws;
  return CSIO_OK;
}
