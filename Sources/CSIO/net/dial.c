#include "net/dial.h"

#include "net/failure.h"
#include "net/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct csio__dial {
  csio__transfer transfer;
  int socket; /* once it is connected, or -1 */
  csio__dial_done on_done;
  void *data;
};

static void dial_free(csio__dial *dial)
{
  csio__transfer_free(&dial->transfer);
  free(dial);
}

/* Whatever comes later is no failure of ours: libcurl lets go of the socket without touching it. */
static int on_connected(void *data, char *remote, char *local, int remote_port, int local_port)
{
  csio__dial *dial = data;
  csio__ends ends = {local, remote, local_port, remote_port};
  dial->transfer.stands = true;
  dial->socket = csio__sockets_take(ends, &dial->transfer.user);
  return CURL_PREREQFUNC_OK;
}

static size_t on_header(char *line, size_t unit, size_t count, void *data)
{
  csio__dial *dial = data;
  return csio__route_hear(&dial->transfer, line, unit * count);
}

static void on_transfer_done(csio__transfer *transfer, CURLcode result)
{
  csio__dial *dial = csio__container_of(transfer, csio__dial, transfer), ended = *dial;
  csio__failure failure;
  if (ended.socket < 0 && !csio__connect_failure(transfer, result, &failure))
    csio__could_not_connect(transfer,
        transfer->route.proxy && !transfer->stands ? CSIO_EPROXY : CSIO_ECONNECT,
        csio__cause_of(transfer, result), &failure);
  dial_free(dial);
  ended.on_done(ended.data, ended.socket, ended.socket < 0 ? &failure : NULL);
}

void csio__dial_cancel(csio__dial *dial)
{
  csio__curl_cancel(&dial->transfer);
  if (dial->socket >= 0) close(dial->socket);
  dial_free(dial);
}

/* "http://HOST:PORT/", an address in brackets, its zone percent-encoded. */
static int prepare_url(csio__dial *dial)
{
  const csio__route *route = &dial->transfer.route;
  const char *zone = strchr(route->host, '%'), *v6 = strchr(route->host, ':');
  char *url;
  if (asprintf(&url, "http://%s%.*s%s%s%s:%u/", v6 ? "[" : "", (int)strcspn(route->host, "%"), route->host,
          zone ? "%25" : "", zone ? zone + 1 : "", v6 ? "]" : "", (unsigned)route->port) < 0)
    return CSIO_ENOMEM;
  CURLcode result = curl_easy_setopt(dial->transfer.easy, CURLOPT_URL, url);
  free(url);
  return result ? CSIO_ENOMEM : CSIO_OK;
}

static int prepare(csio__dial *dial)
{
  CURL *easy = dial->transfer.easy;
  uint64_t *timeout = &dial->transfer.route.timeout;
  enum { SMALLEST_BUFFER = 1024, MARGIN = 1000 };
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)SMALLEST_BUFFER);
  curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, dial);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, dial);
  /* the caller's own limit is to come first */
  if (*timeout && *timeout < UINT64_MAX - MARGIN) *timeout += MARGIN;
  int err = csio__route_prepare(&dial->transfer);
  return err ? err : prepare_url(dial);
}

int csio__dial_start(
    csio_loop *loop, const csio__route *route, csio__dial_done on_done, void *data, csio__dial **out)
{
  csio__dial *dial = calloc(1, sizeof *dial);
  if (!dial) return CSIO_ENOMEM;
  dial->socket = -1;
  dial->on_done = on_done;
  dial->data = data;
  dial->transfer.on_done = on_transfer_done;
  dial->transfer.route = *route;
  dial->transfer.route.tunnels = true;
  dial->transfer.easy = curl_easy_init();
  int err = dial->transfer.easy ? prepare(dial) : CSIO_ENOMEM;
  if (!err) err = csio__curl_start(loop, &dial->transfer);
  if (err)
    dial_free(dial);
  else
    *out = dial;
  return err;
}
