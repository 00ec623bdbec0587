#include "test.h"

#include <csio/csio.h>

#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

static void count(void *arg)
{
  ++*(int *)arg;
}

/* Creates loops with 0 to 31 descriptors left; returns how many were refused. */
static int refusals(void)
{
  static int taken[128];
  int refused = 0;
  for (int spare = 0; spare < 32; spare++) {
    int taken_count = take_descriptors(taken, 128, spare), ran = 0;
    csio_loop *loop = NULL;
    int err = csio_loop_create(&loop);
    if (err) {
      CHECK_INT(err, CSIO_EFILES);
      CHECK(!loop);
      refused++;
    } else {
      CHECK_INT(csio_loop_post(loop, count, &ran), CSIO_OK);
      csio_loop_close(loop);
      CHECK_INT(ran, 1);
    }
    while (taken_count)
      close(taken[--taken_count]);
  }
  return refused;
}

/* Must run first: what libuv creates once per process must not abort the process when that fails. */
static void refuses_without_descriptors(void)
{
  struct rlimit before, low = {.rlim_cur = 128};
  CHECK(!getrlimit(RLIMIT_NOFILE, &before));
  low.rlim_max = before.rlim_max;
  CHECK(!setrlimit(RLIMIT_NOFILE, &low));
  int first = refusals();
  CHECK(first >= 4 && first < 16);
  CHECK_INT(refusals(), first); /* nor does what it creates for each loop */
  csio_loop *open = test_loop();
  CHECK_INT(refusals(), first);
  csio_loop_close(open);
  CHECK(!setrlimit(RLIMIT_NOFILE, &before));
}

static void check_current(void *arg)
{
  CHECK(csio_loop_is_current(arg));
}

static void runs_posts_on_its_own_thread(void)
{
  csio_loop *loop = test_loop();
  CHECK(!csio_loop_is_current(loop));
  on_loop(loop, check_current, loop);
  uint64_t before = csio_loop_now(loop);
  on_loop(loop, check_current, loop);
  CHECK(csio_loop_now(loop) >= before);
  csio_loop_close(loop);
}

/* --- order --- */

enum { POSTERS = 4, POSTS = 20000 };

typedef struct poster {
  csio_loop *loop;
  pthread_t thread;
  int ran; /* on the loop's thread */
} poster;

typedef struct numbered {
  poster *poster;
  int number;
} numbered;

static void check_order(void *arg)
{
  numbered *post = arg;
  CHECK_INT(post->poster->ran, post->number);
  post->poster->ran++;
  free(post);
}

static void *post_many(void *arg)
{
  poster *poster = arg;
  for (int i = 0; i < POSTS; i++) {
    numbered *post = malloc(sizeof *post);
    CHECK(post);
    *post = (numbered){poster, i};
    CHECK_INT(csio_loop_post(poster->loop, check_order, post), CSIO_OK);
  }
  return NULL;
}

static void keeps_the_order_of_each_thread(void)
{
  csio_loop *loop = test_loop();
  poster posters[POSTERS] = {{0}};
  for (int i = 0; i < POSTERS; i++) {
    posters[i].loop = loop;
    CHECK(!pthread_create(&posters[i].thread, NULL, post_many, &posters[i]));
  }
  for (int i = 0; i < POSTERS; i++)
    pthread_join(posters[i].thread, NULL);
  csio_loop_close(loop); /* runs what was posted before */
  for (int i = 0; i < POSTERS; i++)
    CHECK_INT(posters[i].ran, POSTS);
}

/* --- posting from the loop's own thread --- */

typedef struct chain {
  monitor monitor;
  csio_loop *loop;
  csio_timer *timer;
  int depth;
  bool inside;
  bool fired; /* under `monitor` */
} chain;

static void post_again(void *arg)
{
  chain *chain = arg;
  CHECK(!chain->inside); /* never inside the call of csio_loop_post */
  chain->depth++;
  chain->inside = true;
  if (!chain->fired) CHECK_INT(csio_loop_post(chain->loop, post_again, chain), CSIO_OK);
  chain->inside = false;
}

static void on_chain_timer(csio_timer *timer, void *data)
{
  chain *chain = data;
  csio_timer_close(timer, NULL);
  CHANGE(&chain->monitor, chain->fired = true);
}

static void start_chain(void *arg)
{
  chain *chain = arg;
  CHECK_INT(csio_timer_create(chain->loop, on_chain_timer, chain, &chain->timer), CSIO_OK);
  CHECK_INT(csio_timer_start(chain->timer, 5), CSIO_OK);
  post_again(chain);
}

/* A function that keeps posting itself does not starve the loop's other work. */
static void does_not_starve_by_posts_from_itself(void)
{
  chain chain = {.monitor = MONITOR, .loop = test_loop()};
  on_loop(chain.loop, start_chain, &chain);
  AWAIT(&chain.monitor, chain.fired);
  csio_loop_close(chain.loop);
  CHECK(chain.depth > 1);
}

/* --- closing --- */

typedef struct ending {
  monitor monitor;
  csio_loop *loop;
  int err; /* under `monitor` */
  bool posted;
} ending;

static void close_then_post(void *arg)
{
  ending *ending = arg;
  int ran = 0;
  csio_loop_close(ending->loop);
  int err = csio_loop_post(ending->loop, count, &ran);
  csio_timer *timer;
  CHECK_INT(csio_timer_create(ending->loop, NULL, NULL, &timer), CSIO_OK); /* ends with the loop */
  CHANGE(&ending->monitor, (ending->err = err, ending->posted = true));
}

static void refuses_posts_once_closed(void)
{
  ending ending = {.monitor = MONITOR, .loop = test_loop()};
  CHECK_INT(csio_loop_post(ending.loop, close_then_post, &ending), CSIO_OK);
  AWAIT(&ending.monitor, ending.posted);
  CHECK_INT(ending.err, CSIO_ECLOSED);
}

static void try_to_create(csio_timer *timer, void *data)
{
  (void)timer;
  (void)data;
  FAIL("a timer fired that was closed by the loop's end");
}

static void leave_timer_running(void *arg)
{
  csio_timer *timer;
  CHECK_INT(csio_timer_create(arg, try_to_create, NULL, &timer), CSIO_OK);
  CHECK_INT(csio_timer_start(timer, 60000), CSIO_OK);
  CHECK_INT(csio_loop_handle_count(arg), 1);
}

static void closes_open_timers(void)
{
  csio_loop *loop = test_loop();
  on_loop(loop, leave_timer_running, loop);
  csio_loop_close(loop);
}

static void count_slowly(void *arg)
{
  usleep(1000);
  count(arg);
}

static void runs_what_was_posted_before_closing(void)
{
  csio_loop *loop = test_loop();
  int ran = 0;
  for (int i = 0; i < 50; i++)
    CHECK_INT(csio_loop_post(loop, count_slowly, &ran), CSIO_OK);
  csio_loop_close(loop);
  CHECK_INT(ran, 50);
}

static void closes_at_once(void)
{
  for (int i = 0; i < 200; i++)
    csio_loop_close(test_loop());
}

static void refuses_handles_from_other_threads(void)
{
  csio_loop *loop = test_loop();
  csio_timer *timer;
  csio_http *http;
  csio_ws *ws;
  CHECK_INT(csio_timer_create(loop, try_to_create, NULL, &timer), CSIO_ETHREAD);
  CHECK_INT(csio_http_create(loop, "GET", "http://localhost/", &http), CSIO_ETHREAD);
  CHECK_INT(csio_ws_create(loop, "ws://localhost/", &ws), CSIO_ETHREAD);
  csio_loop_close(loop);
}

/* --- the time of a turn --- */

typedef struct turns {
  monitor monitor;
  csio_loop *loop;
  uint64_t first, second;
  bool done;
} turns;

static void look_again(void *arg)
{
  turns *turns = arg;
  turns->second = csio_loop_turn_time(turns->loop);
  CHANGE(&turns->monitor, turns->done = true);
}

static void look_twice(void *arg)
{
  turns *turns = arg;
  turns->first = csio_loop_turn_time(turns->loop);
  uint64_t start = uv_hrtime();
  CHECK(turns->first <= start);
  while (uv_hrtime() - start < 2000000) {
  }
  CHECK_INT(csio_loop_turn_time(turns->loop), turns->first);
  CHECK_INT(csio_loop_post(turns->loop, look_again, turns), CSIO_OK);
}

static void reads_the_clock_once_a_turn(void)
{
  turns turns = {MONITOR, .loop = test_loop()};
  CHECK_INT(csio_loop_post(turns.loop, look_twice, &turns), CSIO_OK);
  AWAIT(&turns.monitor, turns.done);
  CHECK(turns.second >= turns.first + 2000000);
  csio_loop_close(turns.loop);
}

int main(int argc, char **argv)
{
  RUN(refuses_without_descriptors);
  RUN(runs_posts_on_its_own_thread);
  RUN(keeps_the_order_of_each_thread);
  RUN(does_not_starve_by_posts_from_itself);
  RUN(refuses_posts_once_closed);
  RUN(closes_open_timers);
  RUN(runs_what_was_posted_before_closing);
  RUN(closes_at_once);
  RUN(refuses_handles_from_other_threads);
  RUN(reads_the_clock_once_a_turn);
}
