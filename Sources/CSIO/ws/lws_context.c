#include "ws/lws_context.h"

#include "loop/descriptors.h"

#include <csio/error.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  /* libwebsockets' own time limits, in seconds: far beyond ours. */
  NEVER = 365 * 24 * 3600,
  /* libwebsockets makes a table with 16 bytes for each descriptor that the process may open, and looks
   * through it when a connection closes; told a smaller number, it searches all connections at each event. */
  MAX_TABLE = 128 * 1024,
  /* A context opens up to three descriptors: to be woken up, for random numbers, for the network's state.
   * Where it cannot, it leaves handles behind that keep the loop from ending. */
  CONTEXT_DESCRIPTORS = 5,
};

/* Making and destroying contexts writes to libwebsockets' globals. */
static pthread_mutex_t global_lock = PTHREAD_MUTEX_INITIALIZER;
static bool silenced; /* under the lock */

/* libwebsockets sizes its table by the limit of open files, so that limit is lowered for the moment. */
static bool lower_limit(struct rlimit *before)
{
  if (getrlimit(RLIMIT_NOFILE, before) || before->rlim_cur <= MAX_TABLE) return false;
  struct rlimit lowered = {.rlim_cur = MAX_TABLE, .rlim_max = before->rlim_max};
  return !setrlimit(RLIMIT_NOFILE, &lowered);
}

/* Unless another thread has set the limit meanwhile. */
static void restore_limit(const struct rlimit *before)
{
  struct rlimit now;
  if (!getrlimit(RLIMIT_NOFILE, &now) && now.rlim_cur == MAX_TABLE) setrlimit(RLIMIT_NOFILE, before);
}

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
  struct rlimit limit;
  struct sigaction sigpipe; /* libwebsockets ignores it for the whole process, which is not its business */
  pthread_mutex_lock(&global_lock);
  if (!silenced) lws_set_log_level(0, NULL);
  silenced = true;
  bool lowered = lower_limit(&limit);
  sigaction(SIGPIPE, NULL, &sigpipe);
  struct lws_context *context = lws_create_context(&info);
  sigaction(SIGPIPE, &sigpipe, NULL);
  if (lowered) restore_limit(&limit);
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
 * libwebsockets 4.1 closes it twice when a context ends, 4.3 never. A duplicate tells whether the number
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

/* Takes the number again where it has been closed: another thread might be given it, and would lose it to the
 * second close. */
static void hold_wake(csio__lws *lws)
{
  if (lws->wake_twin < 0 || is_same_file(lws->wake, lws->wake_twin)) return;
  int taken = fcntl(lws->wake_twin, F_DUPFD_CLOEXEC, lws->wake);
  if (taken > lws->wake) close(taken);
}

static void close_wake(csio__lws *lws)
{
  if (lws->wake_twin < 0) return;
  if (is_same_file(lws->wake, lws->wake_twin)) close(lws->wake);
  close(lws->wake_twin);
}

/* Destroying a context under a foreign loop goes in two calls: the first closes everything that the loop has
 * to close in its own time, the second, when the loop has nothing left, frees the memory. */
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
  hold_wake(lws);
}

static void free_guest(csio__guest *guest)
{
  csio__lws *lws = (csio__lws *)guest;
  if (lws->context) destroy_context(lws);
  uv_run(&lws->loop->uv, UV_RUN_DEFAULT);
  close_wake(lws);
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
    return csio__failure_set(failure, CSIO_ESYSTEM, "no WebSocket could be opened: %s", strerror(errno));
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
