#ifndef CSIO_DIAL_INTERNAL_H
#define CSIO_DIAL_INTERNAL_H

#include "net/dial.h"

#include <uv.h>

/* A connection attempt to one address, then, of the first that succeeds, the talk with the proxy. */
typedef struct csio__attempt {
  csio__dial *dial;
  struct sockaddr_storage address;
  csio__task task; /* to look whether the socket is connected already */
  uv_poll_t poll;  /* once the socket is watched */
  bool watched;
  int socket; /* -1 while there is none */
} csio__attempt;

struct csio__dial {
  csio_loop *loop;
  csio__dial_target target;
  csio__dial_done on_done;
  void (*on_gone)(void *data);
  void *data;
  bool ended;       /* on_done has been called, or never will be */
  unsigned pending; /* what still refers to this: the resolution, the timer, polls, tasks */
  uv_getaddrinfo_t resolve;
  uv_timer_t timer;                    /* starts the next attempt */
  struct sockaddr_storage destination; /* what a socks5 proxy is to connect to; family 0 until resolved */
  csio__attempt *attempts;
  size_t attempt_count, attempt_next;
  unsigned running;      /* attempts under way */
  csio__failure failure; /* of the last attempt */
  csio__attempt *winner;
  /* the talk with the proxy */
  void (*on_answer)(csio__dial *dial);
  csio__bytes question; /* what of it has not been sent */
  csio__bytes answer;
  int http_status; /* of the proxy's refusal, or 0 */
  size_t wanted;   /* the answer's size, or 0 for an HTTP head, whatever its size */
};

/* Reads an address in numbers; false where it is none. */
bool csio__dial_read_address(const char *text, unsigned port, struct sockaddr_storage *out);

/* A failure that ends everything; the message is formatted as by printf. */
void csio__dial_fail(csio__dial *dial, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void csio__dial_fail_for_memory(csio__dial *dial);

/* Waits for the attempt's socket; `poll->data` is the attempt. Fails with errno set. */
bool csio__attempt_watch(csio__attempt *attempt, int events, uv_poll_cb on_ready);

/* Hands the winner's socket over. */
void csio__dial_succeed(csio__dial *dial);

/* Talks to the proxy on the winner's connection; ends in one of the two above. */
void csio__dial_ask_proxy(csio__dial *dial);

#endif
