/* Busy polling: when the loop polls, for how long, and that it misses nothing meanwhile. */
#include "loop/busy_poll.h"
#include "loop/loop_internal.h"
#include "socket.h"
#include "ws_peer.h"

enum { US = 1000, LIMIT = 100 };

/* --- the decisions --- */

static csio__busy_poll made(void)
{
  csio__busy_poll made = {.expecting = false};
  csio__busy_poll_init(&made);
  return made;
}

/* Waits that many microseconds for an answer; returns whether the wait was a busy poll. */
static bool polls(csio__busy_poll *busy_poll, uint64_t length)
{
  bool polled = csio__busy_poll_begin(busy_poll, 1000 * US);
  if (polled) csio__busy_poll_learn(busy_poll, length <= LIMIT);
  csio__busy_poll_end(busy_poll, (1000 + length) * US);
  return polled;
}

/* How many waits of this length it takes until one is a busy poll. */
static int waits_until_polling(csio__busy_poll *busy_poll, uint64_t length)
{
  for (int waits = 0; waits < 10000; waits++)
    if (polls(busy_poll, length)) return waits;
  return -1;
}

static void starts_after_a_series_of_short_waits(void)
{
  csio__busy_poll busy_poll = made();
  CHECK_INT(waits_until_polling(&busy_poll, LIMIT + 10), 4);
  busy_poll = made();
  CHECK_INT(waits_until_polling(&busy_poll, 2 * LIMIT), -1);
}

static void a_long_wait_ends_the_series(void)
{
  csio__busy_poll busy_poll = made();
  for (int i = 0; i < 10; i++) {
    for (int j = 0; j < 3; j++)
      CHECK(!polls(&busy_poll, 30));
    CHECK(!polls(&busy_poll, 1000));
  }
  CHECK_INT(waits_until_polling(&busy_poll, 30), 4);
}

static void keeps_polling_while_it_pays(void)
{
  csio__busy_poll busy_poll = made();
  CHECK_INT(waits_until_polling(&busy_poll, 30), 4);
  for (int i = 0; i < 1000; i++)
    CHECK(polls(&busy_poll, 30));
}

/* When waits are just too long, busy polling pays off ever less: in the end about one wait in 500 polls. */
static void polls_less_and_less_when_it_is_in_vain(void)
{
  csio__busy_poll busy_poll = made();
  static const int rows[] = {4, 7, 15, 31, 63, 127, 255, 511, 511, 511};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    CHECK_INT(waits_until_polling(&busy_poll, LIMIT + 10), rows[i]);
}

static void recovers_gradually(void)
{
  csio__busy_poll busy_poll = made();
  for (int i = 0; i < 10; i++)
    CHECK(waits_until_polling(&busy_poll, LIMIT + 10) > 0);
  CHECK_INT(busy_poll.needed, 512);
  CHECK_INT(waits_until_polling(&busy_poll, 30), 511);
  for (int i = 0; i < 7; i++)
    CHECK(polls(&busy_poll, 30));
  CHECK_INT(busy_poll.needed, 4);
}

/* --- in a loop --- */

static const char SILENCE[] = "no answer";

static void echo_but_for_silence(client *client)
{
  if (!ws_accept(client, "", NULL)) return;
  frame frame;
  while (ws_read(client, &frame) && frame.opcode != CLOSE) {
    if (frame.size != sizeof SILENCE) ws_write(client, frame.opcode, true, frame.bytes, frame.size);
    frame_free(&frame);
  }
  frame_free(&frame);
}

typedef struct observation {
  monitor monitor;
  csio_loop *loop;
  csio_ws *ws;
  csio_timer *timer;
  int rounds;      /* the loop's */
  unsigned needed; /* under `monitor`, like the rest */
  int ended, posts;
} observation;

/* Sends a message that nobody answers, so that only the timer ends the wait. */
static void wait_for_nothing(void *arg)
{
  observation *seen = arg;
  CHECK_INT(csio_ws_send(seen->ws, CSIO_WS_TEXT, SILENCE, sizeof SILENCE), CSIO_OK);
  CHECK_INT(csio_timer_start(seen->timer, 20), CSIO_OK);
}

static void on_timer(csio_timer *timer, void *data)
{
  (void)timer;
  observation *seen = data;
  unsigned needed = seen->loop->busy_poll.needed;
  if (needed == 4 && ++seen->rounds < 10)
    wait_for_nothing(seen);
  else
    CHANGE(&seen->monitor, (seen->ended++, seen->needed = needed));
}

static void begin_to_wait(void *arg)
{
  observation *seen = arg;
  CHECK_INT(csio_timer_create(seen->loop, on_timer, seen, &seen->timer), CSIO_OK);
  wait_for_nothing(seen);
}

static void count_post(void *arg)
{
  observation *seen = arg;
  CHANGE(&seen->monitor, seen->posts++);
}

/* Round trips, then messages without an answer, then posts. Returns how many short waits were needed
 * afterwards. */
static unsigned talk(unsigned limit)
{
  peer server;
  peer_start(&server, echo_but_for_silence, NULL, NULL);
  observation seen = {.monitor = MONITOR, .loop = test_loop()};
  csio_loop_set_busy_poll(seen.loop, limit);
  socket_test socket = {.loop = seen.loop, .url = peer_url(&server, "ws", NULL, "/")};
  socket_open(&socket);
  for (int i = 1; i <= 50; i++) {
    socket_send(&socket, CSIO_WS_TEXT, "question", 8);
    AWAIT(&socket.monitor, socket.messages == i);
  }
  seen.ws = socket.ws;
  on_loop(seen.loop, begin_to_wait, &seen);
  AWAIT(&seen.monitor, seen.ended == 1);
  for (int i = 1; i <= 50; i++) {
    socket_send(&socket, CSIO_WS_TEXT, SILENCE, sizeof SILENCE);
    CHECK_INT(csio_loop_post(seen.loop, count_post, &seen), CSIO_OK);
    AWAIT(&seen.monitor, seen.posts == i);
  }
  CHECK_INT(socket.errors, 0);
  socket_close(&socket);
  csio_loop_close(seen.loop);
  peer_stop(&server);
  return seen.needed;
}

/* With a busy poll of a minute, messages still arrive, a timer fires, posts run and the loop ends. What
 * the loop learned shows that it did poll: in vain, until the timer. */
static void misses_nothing_while_polling(void)
{
  CHECK(talk(60000000) > 4);
}

static void sleeps_if_polling_is_off(void)
{
  CHECK_INT(talk(0), 4);
}

int main(int argc, char **argv)
{
  RUN(starts_after_a_series_of_short_waits);
  RUN(a_long_wait_ends_the_series);
  RUN(keeps_polling_while_it_pays);
  RUN(polls_less_and_less_when_it_is_in_vain);
  RUN(recovers_gradually);
  RUN(misses_nothing_while_polling);
  RUN(sleeps_if_polling_is_off);
}
