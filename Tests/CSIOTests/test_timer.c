#include "test.h"

#include <csio/csio.h>

#include <uv.h>

#include <unistd.h>

enum { TIMERS = 5 };

typedef struct clock {
  monitor monitor;
  csio_loop *loop;
  csio_timer *timers[TIMERS];
  int order[TIMERS * 4];
  int fired; /* under `monitor`, like `closed` */
  int closed;
  uint64_t started, elapsed;
} clock_test;

/* A timer's data says which one it is. */
typedef struct hand {
  clock_test *clock;
  int number;
} hand;

static void note(csio_timer *timer, void *data)
{
  (void)timer;
  hand *hand = data;
  clock_test *clock = hand->clock;
  CHANGE(&clock->monitor, clock->order[clock->fired++] = hand->number);
}

static void note_closed(void *data)
{
  clock_test *clock = ((hand *)data)->clock;
  CHANGE(&clock->monitor, clock->closed++);
}

static void make(clock_test *clock, hand *hands, csio_timer_cb callback)
{
  for (int i = 0; i < TIMERS; i++) {
    hands[i] = (hand){clock, i};
    CHECK_INT(csio_timer_create(clock->loop, callback, &hands[i], &clock->timers[i]), CSIO_OK);
  }
}

static void close_all(void *arg)
{
  clock_test *clock = arg;
  for (int i = 0; i < TIMERS; i++)
    if (clock->timers[i]) csio_timer_close(clock->timers[i], note_closed);
}

/* --- */

static hand hands[TIMERS];

static void start_out_of_order(void *arg)
{
  clock_test *clock = arg;
  static const int delays[TIMERS] = {40, 0, 30, 10, 20};
  make(clock, hands, note);
  for (int i = 0; i < TIMERS; i++)
    CHECK_INT(csio_timer_start(clock->timers[i], (uint64_t)delays[i]), CSIO_OK);
  CHECK_INT(clock->fired, 0); /* not even the one without a delay */
}

static void fires_in_the_order_of_the_delays(void)
{
  clock_test clock = {.monitor = MONITOR, .loop = test_loop()};
  on_loop(clock.loop, start_out_of_order, &clock);
  AWAIT(&clock.monitor, clock.fired == TIMERS);
  static const int expected[TIMERS] = {1, 3, 4, 2, 0};
  for (int i = 0; i < TIMERS; i++)
    CHECK_INT(clock.order[i], expected[i]);
  on_loop(clock.loop, close_all, &clock);
  AWAIT(&clock.monitor, clock.closed == TIMERS);
  csio_loop_close(clock.loop);
  CHECK_INT(clock.fired, TIMERS);
}

static void note_elapsed(csio_timer *timer, void *data)
{
  hand *hand = data;
  hand->clock->elapsed = csio_loop_now(hand->clock->loop) - hand->clock->started;
  note(timer, data);
}

static void restart_one_stop_another(void *arg)
{
  clock_test *clock = arg;
  make(clock, hands, note_elapsed);
  csio_timer_start(clock->timers[0], 1);
  csio_timer_start(clock->timers[0], 50);
  csio_timer_start(clock->timers[1], 1);
  csio_timer_stop(clock->timers[1]);
  csio_timer_stop(clock->timers[1]);
  csio_timer_stop(clock->timers[2]);
  usleep(20000); /* time spent in the callback does not count as waiting */
  clock->started = csio_loop_now(clock->loop);
  csio_timer_start(clock->timers[0], 50);
}

static void restarts_and_stops(void)
{
  clock_test clock = {.monitor = MONITOR, .loop = test_loop()};
  on_loop(clock.loop, restart_one_stop_another, &clock);
  AWAIT(&clock.monitor, clock.fired == 1);
  CHECK(clock.elapsed >= 50);
  CHECK_INT(clock.order[0], 0);
  csio_loop_close(clock.loop);
  CHECK_INT(clock.fired, 1);
}

enum { EARLY_ROUNDS = 100 };

static uint64_t early_started;
static int early_rounds, early_count;

static void measure_and_repeat(csio_timer *timer, void *data)
{
  if (uv_hrtime() - early_started < 2000000) early_count++;
  if (++early_rounds == EARLY_ROUNDS) {
    note(timer, data);
    return;
  }
  usleep((useconds_t)(early_rounds * 70 % 1000)); /* spreads the starts over a whole millisecond */
  early_started = uv_hrtime();
  csio_timer_start(timer, 2);
}

/* Keeps the loop turning: a loop that only waits for the timer oversleeps. */
static void turn(void *arg)
{
  clock_test *clock = arg;
  if (early_rounds < EARLY_ROUNDS) csio_loop_post(clock->loop, turn, clock);
}

static void start_measuring(void *arg)
{
  clock_test *clock = arg;
  turn(clock);
  make(clock, hands, measure_and_repeat);
  early_started = uv_hrtime();
  csio_timer_start(clock->timers[0], 2);
}

/* "Not before 2 ms" means 2,000 µs, wherever in a millisecond the timer was started. */
static void is_never_early(void)
{
  clock_test clock = {.monitor = MONITOR, .loop = test_loop()};
  on_loop(clock.loop, start_measuring, &clock);
  AWAIT(&clock.monitor, clock.fired == 1);
  CHECK_INT(early_rounds, EARLY_ROUNDS);
  CHECK_INT(early_count, 0);
  csio_loop_close(clock.loop);
}

static void repeat_then_close(csio_timer *timer, void *data)
{
  hand *hand = data;
  note(timer, data);
  if (hand->clock->fired < 3)
    csio_timer_start(timer, 1);
  else
    csio_timer_close(timer, note_closed);
}

static void start_repeating(void *arg)
{
  clock_test *clock = arg;
  make(clock, hands, repeat_then_close);
  csio_timer_start(clock->timers[0], 0);
}

static void restarts_and_closes_in_its_callback(void)
{
  clock_test clock = {.monitor = MONITOR, .loop = test_loop()};
  on_loop(clock.loop, start_repeating, &clock);
  AWAIT(&clock.monitor, clock.closed == 1);
  CHECK_INT(clock.fired, 3);
  csio_loop_close(clock.loop);
}

static void close_the_other(csio_timer *timer, void *data)
{
  hand *hand = data;
  note(timer, data);
  csio_timer_close(hand->clock->timers[1], note_closed);
}

static void start_two_at_once(void *arg)
{
  clock_test *clock = arg;
  make(clock, hands, close_the_other);
  csio_timer_start(clock->timers[0], 5);
  csio_timer_start(clock->timers[1], 5);
}

/* Both are due; the first closes the second, which then must not fire. */
static void does_not_fire_once_closed(void)
{
  clock_test clock = {.monitor = MONITOR, .loop = test_loop()};
  on_loop(clock.loop, start_two_at_once, &clock);
  AWAIT(&clock.monitor, clock.closed == 1);
  csio_loop_close(clock.loop);
  CHECK_INT(clock.fired, 1);
}

int main(int argc, char **argv)
{
  RUN(fires_in_the_order_of_the_delays);
  RUN(restarts_and_stops);
  RUN(is_never_early);
  RUN(restarts_and_closes_in_its_callback);
  RUN(does_not_fire_once_closed);
}
