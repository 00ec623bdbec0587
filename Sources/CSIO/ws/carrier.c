#include "ws/carrier.h"
#include "base/list.h"
#include "ws/lws_context.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  TLS_PIECE = 64 * 1024,   /* what is encrypted at once; more waits until that is out */
  LAST_PIECE = 16 * 1024,  /* what is read at once from a connection that has ended */
  MOST_UNSENT = 32 * 1024, /* what waits in the kernel, and so in front of an urgent message */
  MOST_DROPPED = 16 << 20, /* what a lingering peer may send before the connection is cut */
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
  csio__task task;    /* flushes or closes at the end of the turn */
  bool ready;
  bool mute;       /* on_gone is the only call that may follow */
  bool killed;     /* the task closes the connection */
  bool broken;     /* the socket takes no more bytes */
  bool unwritable; /* TLS cannot go on; the task reports it */
  bool closing;    /* libwebsockets is closing it, and must not be called */
  bool gone;       /* libwebsockets has closed it; the task frees it */
  bool lingering;
  size_t dropped; /* bytes that came while lingering */
};

/* --- the end --- */

static void carrier_free(csio__carrier *carrier)
{
  CSIO__LIST_REMOVE(carrier);
  csio__tls_stream_destroy(carrier->tls);
  carrier->gone = true;
  if (!carrier->task.queued) free(carrier); /* else the task does it */
}

static void report_end(csio__carrier *carrier)
{
  if (carrier->mute) return;
  carrier->mute = true;
  carrier->calls->on_end(carrier->owner);
}

/* Runs outside of libwebsockets' callbacks, in which a connection cannot be closed. */
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

/* 0 for no limit. Without one, pongs are late on a slow network. */
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

/* SIGPIPE is blocked in the loop's thread, or turned off for the socket. */
static size_t send_some(csio__carrier *carrier, const uint8_t *bytes, size_t size)
{
  ssize_t sent = 0;
  if (carrier->broken) return 0;
  do
    sent = send(carrier->socket, bytes, size, 0);
  while (sent < 0 && errno == EINTR);
  if (sent == (ssize_t)size) return size;
  carrier->broken = sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK;
  if (carrier->broken)
    csio__carrier_read(carrier, true); /* reports the error, after what was received before it */
  else
    lws_callback_on_writable(carrier->wsi);
  return sent < 0 ? 0 : (size_t)sent;
}

bool csio__carrier_holds_bytes(const csio__carrier *carrier)
{
  csio__tls_stream *tls = carrier->tls;
  return tls && (tls->output.size || tls->held.size);
}

/* Whether all output of TLS has been sent. */
static bool flush_tls(csio__carrier *carrier)
{
  csio__bytes *output = &carrier->tls->output;
  if (!output->size) return true;
  size_t left = output->size - carrier->output_sent;
  size_t sent = send_some(carrier, output->data + carrier->output_sent, left);
  carrier->output_sent += sent;
  if (sent < left) return false;
  carrier->output_sent = 0;
  csio__bytes_free(output);
  return true;
}

size_t csio__carrier_send(csio__carrier *carrier, const uint8_t *bytes, size_t size)
{
  if (!carrier->tls) return send_some(carrier, bytes, size);
  size_t taken = 0;
  while (flush_tls(carrier) && taken < size && !carrier->tls->held.size) {
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
  if (!carrier->closing) lws_rx_flow_control(carrier->wsi, on || carrier->broken);
}

static void receive_by_tls(csio__carrier *carrier, const uint8_t *bytes, size_t size)
{
  csio__tls_stream *tls = carrier->tls;
  uint8_t *plain = carrier->lws->plain;
  bool held = tls->held.size;
  csio__tls_stream_feed(tls, bytes, size);
  for (;;) {
    size_t read = csio__tls_stream_read(tls, plain, CSIO__READ_SIZE);
    if (!carrier->ready && tls->state == CSIO__TLS_OPEN) {
      carrier->ready = true;
      flush_tls(carrier);
      if (!carrier->mute) carrier->calls->on_ready(carrier->owner);
    }
    if (!read) break;
    if (!carrier->mute) carrier->calls->on_bytes(carrier->owner, plain, read);
  }
  flush_tls(carrier);
  if (held && !tls->held.size) csio__carrier_flush_soon(carrier);
  if (tls->state >= CSIO__TLS_ENDED) report_end(carrier);
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

/* The system reports a reset before libwebsockets has read what came before it. */
static void read_rest(csio__carrier *carrier)
{
  uint8_t bytes[LAST_PIECE];
  ssize_t size = 0;
  while (!carrier->mute &&
         ((size = recv(carrier->socket, bytes, sizeof bytes, 0)) > 0 || (size < 0 && errno == EINTR)))
    if (size > 0) receive(carrier, bytes, (size_t)size);
}

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
  (void)user;
  csio__carrier *carrier = wsi ? lws_get_opaque_user_data(wsi) : NULL;
  if (!carrier) return 0;
  const csio__carrier_calls *calls = carrier->calls;
  void *owner = carrier->owner;
  switch (reason) {
  case LWS_CALLBACK_RAW_RX:
    receive(carrier, in, size);
    break;
  case LWS_CALLBACK_RAW_WRITEABLE:
    if ((!carrier->tls || flush_tls(carrier)) && !carrier->mute) calls->on_writable(owner);
    break;
  case LWS_CALLBACK_RAW_CLOSE:
    carrier->closing = carrier->broken = true;
    read_rest(carrier);
    report_end(carrier);
    break;
  case LWS_CALLBACK_WSI_DESTROY:
    report_end(carrier);
    carrier_free(carrier);
    calls->on_gone(owner);
    break;
  default:
    break;
  }
  return 0;
}

static const struct lws_protocols protocols[] = {{.name = "csio", .callback = on_lws}, {0}};

/* --- the beginning --- */

int csio__carrier_open(csio_loop *loop, int socket, const csio__url *url, csio_tls *tls,
    const csio__carrier_calls *calls, void *owner, csio__carrier **out, csio__failure *failure)
{
  csio__lws *lws = NULL;
  csio__tls_stream *stream = NULL;
  csio__carrier *carrier = malloc(sizeof *carrier);
  int err = carrier ? CSIO_OK : csio__failure_code(failure, CSIO_ENOMEM);
  if (!err) err = csio__lws_of(loop, protocols, hurry, &lws, failure);
  if (!err && url->secure) {
    err = csio__tls_or_default(tls, &tls);
    if (!err) err = csio__tls_stream_create(tls, url->host, url->port, &stream);
    if (err) csio__failure_code(failure, err);
  }
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
      .ready = !stream};
  CSIO__LIST_ADD(&lws->carriers, carrier);
  lws_adopt_desc_t info = {
      .vh = lws->vhost, .type = LWS_ADOPT_SOCKET, .fd.sockfd = socket, .vh_prot_name = protocols[0].name};
  carrier->wsi = lws_adopt_descriptor_vhost_via_info(&info); /* closes the socket where it fails */
  if (!carrier->wsi) {
    carrier_free(carrier);
    return csio__failure_set(
        failure, CSIO_ESYSTEM, "libwebsockets could not take the connection to %s", url->host);
  }
  lws_set_opaque_user_data(carrier->wsi, carrier);
  limit_unsent(socket, MOST_UNSENT);
  *out = carrier;
  if (stream)
    flush_tls(carrier);
  else
    calls->on_ready(owner);
  return CSIO_OK;
}

bool csio__carrier_tls_failure(csio__carrier *carrier, const char *host, csio__failure *failure)
{
  return carrier->tls && csio__tls_stream_failure(carrier->tls, host, failure);
}
