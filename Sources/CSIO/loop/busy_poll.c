#include "loop/busy_poll.h"

#include <poll.h>
#include <sched.h>

enum { LIMIT = 100 }; /* microseconds: as long as a slow virtual machine takes to sleep and to wake */
enum { NEEDED_LEAST = 4, NEEDED_MOST = 512 };

/* In nanoseconds. */
static uint64_t limit_of(const csio__busy_poll *busy_poll)
{
  return 1000 * (uint64_t)atomic_load_explicit(&busy_poll->limit, memory_order_relaxed);
}

bool csio__busy_poll_begin(csio__busy_poll *busy_poll, uint64_t now)
{
  busy_poll->since = now;
  return busy_poll->short_waits >= busy_poll->needed;
}

void csio__busy_poll_learn(csio__busy_poll *busy_poll, bool paid)
{
  unsigned needed = paid ? busy_poll->needed / 2 : busy_poll->needed * 2;
  if (!paid) busy_poll->short_waits = 0;
  if (needed >= NEEDED_LEAST && needed <= NEEDED_MOST) busy_poll->needed = needed;
}

void csio__busy_poll_end(csio__busy_poll *busy_poll, uint64_t now)
{
  /* a wait without polling includes the time that the server and this loop take to wake */
  if (now - busy_poll->since >= 2 * limit_of(busy_poll))
    busy_poll->short_waits = 0;
  else if (busy_poll->short_waits < NEEDED_MOST)
    busy_poll->short_waits++;
  busy_poll->since = 0;
}

/* Whether the loop has something to do, asked until `until` (nanoseconds). */
static bool poll_until(const uv_loop_t *loop, uint64_t until)
{
  struct pollfd backend = {.fd = uv_backend_fd(loop), .events = POLLIN};
  while (poll(&backend, 1, 0) == 0) {
    if (uv_hrtime() >= until) return false;
    sched_yield(); /* others that want this core, perhaps the server itself, go first */
  }
  return true;
}

void csio__busy_poll_before_wait(csio__busy_poll *busy_poll, const uv_loop_t *loop)
{
  if (!busy_poll->expecting) return;
  uint64_t limit = limit_of(busy_poll);
  int timeout = uv_backend_timeout(loop); /* milliseconds, -1 without an end */
  if (limit == 0 || timeout == 0) return;
  if (timeout > 0 && limit > 1000000 * (uint64_t)timeout) limit = 1000000 * (uint64_t)timeout;
  busy_poll->expecting--;
  uint64_t now = uv_hrtime();
  if (csio__busy_poll_begin(busy_poll, now)) csio__busy_poll_learn(busy_poll, poll_until(loop, now + limit));
}

void csio__busy_poll_init(csio__busy_poll *busy_poll)
{
  atomic_init(&busy_poll->limit, LIMIT);
  busy_poll->needed = NEEDED_LEAST;
}
