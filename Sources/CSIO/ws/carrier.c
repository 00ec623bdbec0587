#include "ws/carrier.h"

#include "ws/lws_context.h"

#include <csio/error.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  TLS_PIECE = 64 * 1024,   /* what is encrypted at once; more waits until that is out */
  LAST_PIECE = 16 * 1024,  /* what is read at once from a connection that has ended */
  MOST_UNSENT = 32 * 1024, /* what the kernel holds before TCP sends it: an urgent message waits behind it */
  MOST_DROPPED = 16 << 20, /* what a peer that is to end a connection may send before it is cut off */
};

struct csio__carrier {
  csio__lws *lws;
  csio__carrier *next;
  csio__carrier **link;
  struct lws *wsi;
  int socket;
  const csio__carrier_calls *calls;
  void *owner;
  csio__tls_stream *tls;
  size_t output_sent; /* of the TLS stream's output */
  csio__task task;    /* to flush, or to kill */
  bool ready;
  bool mute;       /* on_gone is the only call that may follow */
  bool killed;     /* the task is to kill */
  bool broken;     /* the socket takes no more bytes */
  bool unwritable; /* TLS cannot go on, and the task is to say so */
  bool closing;    /* libwebsockets is at closing it, and must not be asked for anything */
  bool gone;       /* libwebsockets has nothing of it any more */
  bool lingering;
  size_t dropped; /* bytes that came while lingering */
};

/* --- the end --- */

static void carrier_free(csio__carrier *carrier)
{
  *carrier->link = carrier->next;
  if (carrier->next) carrier->next->link = carrier->link;
  csio__tls_stream_destroy(carrier->tls);
  carrier->gone = true;
  if (!carrier->task.queued) free(carrier); /* else the task does */
}

static void report_end(csio__carrier *carrier)
{
  if (carrier->mute) return;
  carrier->mute = true;
  carrier->calls->on_end(carrier->owner);
}

/* Not from within libwebsockets' calls, in which the connection cannot be closed. */
static void run_task(csio__task *task)
{
  csio__carrier *carrier = csio__container_of(task, csio__carrier, task);
  if (carrier->gone)
    free(carrier);
  else if (carrier->closing)
    ; /* on_gone follows */
  else if (carrier->killed)
    lws_set_timeout(carrier->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
  else if (carrier->unwritable)
    report_end(carrier);
  else if (!carrier->mute)
    carrier->calls->on_writable(carrier->owner);
}

void csio__carrier_kill(csio__carrier *carrier)
{
  carrier->mute = carrier->killed = true;
  csio__task_queue(carrier->lws->loop, &carrier->task);
}

static void hurry(csio__lws *lws)
{
  for (csio__carrier *carrier = lws->carriers; carrier; carrier = carrier->next)
    if (carrier->lingering) csio__carrier_kill(carrier);
}

/* --- sending --- */

/* 0 for as much as the kernel likes. Without the option, pongs are late where the way out is slow. */
static void limit_unsent(int socket, int bytes)
{
#ifdef TCP_NOTSENT_LOWAT
  setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
#else
  (void)socket, (void)bytes;
#endif
}

void csio__carrier_send_last(csio__carrier *carrier)
{
  limit_unsent(carrier->socket, 0);
  csio__carrier_flush_soon(carrier);
}

/* Signals that a write may raise are blocked in the loop's thread. */
static size_t send_some(csio__carrier *carrier, const uint8_t *bytes, size_t size)
{
  ssize_t sent = 0;
  if (carrier->broken) return 0;
  do
    sent = send(carrier->socket, bytes, size, 0);
  while (sent < 0 && errno == EINTR);
  if (sent == (ssize_t)size) return size;
  /* an error is told by the reading side, after what has come before it */
  if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK) carrier->broken = true;
  if (!carrier->broken) lws_callback_on_writable(carrier->wsi);
  return sent < 0 ? 0 : (size_t)sent;
}

bool csio__carrier_holds_bytes(const csio__carrier *carrier)
{
  csio__tls_stream *tls = carrier->tls;
  return tls && (csio__tls_stream_output(tls)->size || csio__tls_stream_holds(tls));
}

/* Whether all that TLS had to say is out. */
static bool flush_tls(csio__carrier *carrier)
{
  csio__bytes *output = csio__tls_stream_output(carrier->tls);
  if (!output->size) return true;
  size_t left = output->size - carrier->output_sent;
  size_t sent = send_some(carrier, output->data + carrier->output_sent, left);
  carrier->output_sent += sent;
  if (sent < left) return false;
  carrier->output_sent = 0;
  csio__bytes_free(output);
  return true;
}

static size_t send_by_tls(csio__carrier *carrier, const uint8_t *bytes, size_t size)
{
  size_t taken = 0;
  while (flush_tls(carrier) && taken < size && !csio__tls_stream_holds(carrier->tls)) {
    size_t piece = size - taken < TLS_PIECE ? size - taken : TLS_PIECE;
    if (!csio__tls_stream_write(carrier->tls, bytes + taken, piece)) {
      carrier->broken = carrier->unwritable = true;
      csio__task_queue(carrier->lws->loop, &carrier->task);
      break;
    }
    taken += piece;
  }
  return taken;
}

size_t csio__carrier_send(csio__carrier *carrier, const uint8_t *bytes, size_t size)
{
  return carrier->tls ? send_by_tls(carrier, bytes, size) : send_some(carrier, bytes, size);
}

void csio__carrier_flush_soon(csio__carrier *carrier)
{
  csio__task_queue(carrier->lws->loop, &carrier->task);
}

void csio__carrier_linger(csio__carrier *carrier, unsigned seconds)
{
  carrier->mute = carrier->lingering = true;
  if (carrier->tls) {
    csio__tls_stream_end(carrier->tls);
    flush_tls(carrier);
  }
  if (carrier->closing) return;
  csio__carrier_read(carrier, true);
  shutdown(carrier->socket, SHUT_WR);
  lws_set_timeout(carrier->wsi, PENDING_TIMEOUT_USER_REASON_BASE, (int)seconds);
}

/* --- receiving --- */

void csio__carrier_read(csio__carrier *carrier, bool on)
{
  if (!carrier->closing) lws_rx_flow_control(carrier->wsi, on);
}

static void receive_by_tls(csio__carrier *carrier, const uint8_t *bytes, size_t size)
{
  csio__tls_stream *tls = carrier->tls;
  uint8_t *plain = carrier->lws->plain;
  bool held = csio__tls_stream_holds(tls);
  csio__tls_stream_feed(tls, bytes, size);
  for (;;) {
    size_t read = csio__tls_stream_read(tls, plain, CSIO__READ_SIZE);
    if (!carrier->ready && csio__tls_stream_state(tls) == CSIO__TLS_OPEN) {
      carrier->ready = true;
      flush_tls(carrier);
      if (!carrier->mute) carrier->calls->on_ready(carrier->owner);
    }
    if (!read) break;
    if (!carrier->mute) carrier->calls->on_bytes(carrier->owner, plain, read);
  }
  flush_tls(carrier);
  if (held && !csio__tls_stream_holds(tls)) csio__carrier_flush_soon(carrier);
  if (csio__tls_stream_state(tls) >= CSIO__TLS_ENDED) report_end(carrier);
}

static void receive(csio__carrier *carrier, const uint8_t *bytes, size_t size)
{
  if (carrier->lingering && (carrier->dropped += size) > MOST_DROPPED) csio__carrier_kill(carrier);
  if (carrier->mute) return;
  if (carrier->tls)
    receive_by_tls(carrier, bytes, size);
  else
    carrier->calls->on_bytes(carrier->owner, bytes, size);
}

/* The system tells of a reset before libwebsockets has read what had come by then. */
static void read_rest(csio__carrier *carrier)
{
  uint8_t bytes[LAST_PIECE];
  ssize_t size = 0;
  while (!carrier->mute &&
         ((size = recv(carrier->socket, bytes, sizeof bytes, 0)) > 0 || (size < 0 && errno == EINTR)))
    if (size > 0) receive(carrier, bytes, (size_t)size);
}

static void on_writable(csio__carrier *carrier)
{
  if (carrier->tls && !flush_tls(carrier)) return;
  if (!carrier->mute) carrier->calls->on_writable(carrier->owner);
}

static void on_gone(csio__carrier *carrier)
{
  const csio__carrier_calls *calls = carrier->calls;
  void *owner = carrier->owner;
  report_end(carrier);
  carrier_free(carrier);
  calls->on_gone(owner);
}

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
  (void)user;
  csio__carrier *carrier = wsi ? lws_get_opaque_user_data(wsi) : NULL;
  if (!carrier) return 0;
  switch (reason) {
  case LWS_CALLBACK_RAW_RX:
    receive(carrier, in, size);
    break;
  case LWS_CALLBACK_RAW_WRITEABLE:
    on_writable(carrier);
    break;
  case LWS_CALLBACK_RAW_CLOSE:
    carrier->closing = carrier->broken = true;
    read_rest(carrier);
    report_end(carrier);
    break;
  case LWS_CALLBACK_WSI_DESTROY:
    on_gone(carrier);
    break;
  default:
    break;
  }
  return 0;
}

static const struct lws_protocols protocols[] = {{.name = "csio", .callback = on_lws}, {0}};

/* --- the beginning --- */

int csio__carrier_open(csio_loop *loop, int socket, csio_tls *tls, const char *host, uint16_t port,
    const csio__carrier_calls *calls, void *owner, csio__carrier **out, csio__failure *failure)
{
  csio__lws *lws = NULL;
  csio__tls_stream *stream = NULL;
  csio__carrier *carrier = malloc(sizeof *carrier);
  int err = carrier ? CSIO_OK : csio__failure_code(failure, CSIO_ENOMEM);
  if (!err) err = csio__lws_of(loop, protocols, hurry, &lws, failure);
  if (!err && tls && (err = csio__tls_stream_create(tls, host, port, &stream)))
    csio__failure_code(failure, err);
  if (err) {
    free(carrier);
    close(socket);
    return err;
  }
  *carrier = (csio__carrier){.lws = lws,
      .socket = socket,
      .calls = calls,
      .owner = owner,
      .tls = stream,
      .task.run = run_task,
      .ready = !tls,
      .next = lws->carriers,
      .link = &lws->carriers};
  if (carrier->next) carrier->next->link = &carrier->next;
  lws->carriers = carrier;
  lws_adopt_desc_t info = {
      .vh = lws->vhost, .type = LWS_ADOPT_SOCKET, .fd.sockfd = socket, .vh_prot_name = protocols[0].name};
  carrier->wsi = lws_adopt_descriptor_vhost_via_info(&info); /* closes the socket where it fails */
  if (!carrier->wsi) {
    carrier_free(carrier);
    return csio__failure_set(
        failure, CSIO_ESYSTEM, "libwebsockets could not take the connection to %s", host);
  }
  lws_set_opaque_user_data(carrier->wsi, carrier);
  limit_unsent(socket, MOST_UNSENT);
  *out = carrier;
  if (tls)
    flush_tls(carrier);
  else
    calls->on_ready(owner);
  return CSIO_OK;
}

bool csio__carrier_tls_failure(csio__carrier *carrier, const char *host, csio__failure *failure)
{
  return carrier->tls && csio__tls_stream_failure(carrier->tls, host, failure);
}
