#include "ws/lws_context.h"
#include "loop/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  NEVER = 365 * 24 * 3600, /* libwebsockets' own time limits, in seconds: far beyond ours */
  /* libwebsockets' table takes 16 bytes for each descriptor that the process may open, and is searched when a
   * connection closes. With an option for a smaller one, all connections are searched at each event. */
  MAX_TABLE = 128 * 1024,
  /* A context opens up to three; if it cannot, it leaves handles behind that keep the loop from ending. */
  CONTEXT_DESCRIPTORS = 5,
};

/* Making and destroying contexts writes to libwebsockets' globals. */
static pthread_mutex_t global_lock = PTHREAD_MUTEX_INITIALIZER;
static bool silenced; /* under the lock */

static struct lws_context *create_context(csio__lws *lws)
{
  void *loops[] = {&lws->loop->uv};
  const struct lws_context_creation_info info = {
      .port = CONTEXT_PORT_NO_LISTEN,
      .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
      .foreign_loops = loops,
      .pt_serv_buf_size = CSIO__READ_SIZE + LWS_PRE,
      .timeout_secs = NEVER,
      .pcontext = &lws->context,
      .gid = (gid_t)-1,
      .uid = (uid_t)-1,
  };
  struct rlimit limit = {0}, now;
  struct sigaction sigpipe; /* libwebsockets sets it to be ignored in the whole process */
  pthread_mutex_lock(&global_lock);
  if (!silenced) lws_set_log_level(0, NULL);
  silenced = true;
  /* libwebsockets sizes its table by the limit of open files, which is lowered for the moment */
  bool lowers = !getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur > MAX_TABLE;
  if (lowers) setrlimit(RLIMIT_NOFILE, &(struct rlimit){.rlim_cur = MAX_TABLE, .rlim_max = limit.rlim_max});
  sigaction(SIGPIPE, NULL, &sigpipe);
  struct lws_context *context = lws_create_context(&info);
  sigaction(SIGPIPE, &sigpipe, NULL);
  /* unless another thread has set the limit meanwhile */
  if (lowers && !getrlimit(RLIMIT_NOFILE, &now) && now.rlim_cur == MAX_TABLE)
    setrlimit(RLIMIT_NOFILE, &limit);
  pthread_mutex_unlock(&global_lock);
  return context;
}

static struct lws_vhost *create_vhost(struct lws_context *context, const struct lws_protocols *protocols)
{
  const struct lws_context_creation_info info = {
      .port = CONTEXT_PORT_NO_LISTEN,
      .vhost_name = "csio",
      .protocols = protocols,
      .http_proxy_address = "", /* not even the environment's, which it would look for */
#if defined(LWS_WITH_SOCKS5)
      .socks_proxy_address = "",
#endif
  };
  return lws_create_vhost(context, &info);
}

/* --- the descriptor that wakes libwebsockets up ---
 *
 * When a context ends, libwebsockets 4.1 closes it twice, 4.3 never. A duplicate shows whether the number
 * still stands for it. */

static void find_wake(uv_handle_t *handle, void *data)
{
  csio__lws *lws = data;
  struct stat status;
  uv_os_fd_t fd;
  if (uv_handle_get_type(handle) != UV_POLL || uv_is_closing(handle) || uv_fileno(handle, &fd)) return;
  if (!fstat(fd, &status) && !S_ISSOCK(status.st_mode)) lws->wake = fd;
}

/* Whether the two descriptors stand for the same open file, which shares its status flags. */
static bool is_same_file(int fd, int twin)
{
  int flags = fcntl(twin, F_GETFL);
  if (flags < 0 || fcntl(fd, F_GETFL) != flags) return false;
  bool same = !fcntl(twin, F_SETFL, flags ^ O_NONBLOCK) && fcntl(fd, F_GETFL) == (flags ^ O_NONBLOCK);
  fcntl(twin, F_SETFL, flags);
  return same;
}

/* Called twice: the first call closes what the loop closes in its own time; the second, when the loop has
 * nothing left, frees the memory. */
static void destroy_context(csio__lws *lws)
{
  pthread_mutex_lock(&global_lock);
  lws_context_destroy(lws->context);
  pthread_mutex_unlock(&global_lock);
}

static void stop(csio__guest *guest)
{
  csio__lws *lws = (csio__lws *)guest;
  lws->wake = lws->wake_twin = -1;
  uv_walk(&lws->loop->uv, find_wake, lws);
  if (lws->wake >= 0) lws->wake_twin = fcntl(lws->wake, F_DUPFD_CLOEXEC, 0);
  destroy_context(lws);
  if (lws->wake_twin < 0 || is_same_file(lws->wake, lws->wake_twin)) return;
  /* takes the number again: the second close would take it from another thread that was given it */
  int taken = fcntl(lws->wake_twin, F_DUPFD_CLOEXEC, lws->wake);
  if (taken > lws->wake) close(taken);
}

static void free_guest(csio__guest *guest)
{
  csio__lws *lws = (csio__lws *)guest;
  if (lws->context) destroy_context(lws);
  uv_run(&lws->loop->uv, UV_RUN_DEFAULT);
  if (lws->wake_twin < 0) return;
  if (is_same_file(lws->wake, lws->wake_twin)) close(lws->wake);
  close(lws->wake_twin);
}

static void hurry(csio__guest *guest)
{
  csio__lws *lws = (csio__lws *)guest;
  lws->hurry(lws);
}

static int start(csio__guest *guest, csio_loop *loop, csio__failure *failure)
{
  csio__lws *lws = (csio__lws *)guest;
  if (!csio__has_descriptors(CONTEXT_DESCRIPTORS))
    return csio__failure_set(failure, CSIO_EFILES, "no WebSocket could be opened: %s", strerror(errno));
  lws->loop = loop;
  lws->context = create_context(lws);
  if (lws->context) return CSIO_OK;
  return csio__failure_set(failure, CSIO_EUNSUPPORTED,
      "libwebsockets could not start; is its libuv plugin installed (libwebsockets-evlib-uv)?");
}

static const csio__guest_kind lws_guest = {
    .size = sizeof(csio__lws), .start = start, .hurry = hurry, .stop = stop, .free = free_guest};

int csio__lws_of(csio_loop *loop, const struct lws_protocols *protocols, void (*hurry)(csio__lws *lws),
    csio__lws **out, csio__failure *failure)
{
  csio__lws *lws = *out = csio__guest_of(loop, &lws_guest, failure);
  if (!lws) return failure->error.code;
  lws->hurry = hurry;
  if (!lws->vhost) lws->vhost = create_vhost(lws->context, protocols);
  return lws->vhost ? CSIO_OK : csio__failure_code(failure, CSIO_ENOMEM);
}
