/* Fails every allocation in turn while a connection opens, sends, receives and closes. The operation must
 * complete, with NOMEM if the allocation was csio's, and leak nothing (the leak sanitizer checks).
 * Allocations of libuv and libwebsockets are left alone: without memory libuv aborts, and libwebsockets
 * crashes or hangs. */
#include "allocations.h"
#include "certs.h"
#include "proxy_peer.h"
#include "ws_peer.h"

#include <csio/csio.h>

/* --- the places --- */

static identity authority, server_identity, client_identity;
static char *authority_pem, *client_pem, *client_key_pem;

/* Echoes messages unchanged. Each compressed message is compressed independently of the others. */
static void echo(client *client)
{
  frame frame;
  bool open = ws_accept(client,
      "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: two\r\n"
      "Set-Cookie: a=b\r\nSet-Cookie: c=d\r\n",
      NULL);
  while (open && ws_read(client, &frame)) {
    ws_write(
        client, frame.opcode | (frame.compressed ? COMPRESSED : 0), frame.final, frame.bytes, frame.size);
    open = frame.opcode != CLOSE;
    frame_free(&frame);
  }
}

/* Redirects "/start"; answers everything else with a kilobyte of body and cookies. */
static void answer(client *client)
{
  request *request = malloc(sizeof *request);
  CHECK(request);
  bool open = true;
  while (open && client_read_request(client, request)) {
    if (strstr(request->head, "/start "))
      open = client_print(client, "HTTP/1.1 302 Found\r\nLocation: /end\r\nContent-Length: 0\r\n\r\n");
    else
      open = client_print(client,
          "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d; Path=/\r\nX-More: x\r\n"
          "Content-Length: 1000\r\n\r\n%01000d",
          0);
    request_free(request);
  }
  free(request);
}

typedef struct place {
  const char *name;
  script script;
  const char *scheme, *host, *path;
  const char *proxy_scheme; /* "" for no proxy */
  const char *method;       /* NULL for a WebSocket */
} place;

/* --- a trial: one exchange from the loop's start to its end --- */

typedef struct trial {
  monitor monitor;
  const place *place;
  char url[256], proxy_url[256];
  csio_loop *loop;
  csio_tls *tls;
  csio_cookies *cookies;
  csio_proxy *proxy;
  csio_http *http;
  csio_ws *ws;
  bool for_connections; /* not while reading certificates and keys, which is most of OpenSSL's allocations */
  int round;            /* the second round uses what the loop keeps: library contexts, a connection */
  int messages;
  int err; /* the outcome */
  char message[512];
  bool over; /* under `monitor`: nothing more happens on the loop */
} trial;

enum {
  ROUNDS = 2,
  MESSAGES = 3,
  LARGE = 40000,
  /* Far more than a trial takes. Without memory, OpenSSL may make libcurl retry for ever. */
  LIMIT = 20000, /* ms */
};

static void start(void *arg);

static void on_gone(void *data)
{
  trial *trial = data;
  if (!trial->err && ++trial->round < ROUNDS)
    start(trial);
  else
    CHANGE(&trial->monitor, trial->over = true);
}

/* Ends the trial. Runs on the loop's thread. */
static void finish(trial *trial, int err)
{
  trial->err = err;
  csio_http *http = trial->http;
  csio_ws *ws = trial->ws;
  trial->http = NULL;
  trial->ws = NULL;
  if (http)
    csio_http_close(http, on_gone);
  else if (ws)
    csio_ws_close(ws, on_gone);
  else
    on_gone(trial);
}

static void finish_with(trial *trial, const csio_error *error)
{
  snprintf(trial->message, sizeof trial->message, "%s", error->message);
  finish(trial, error->code);
}

static void on_done(csio_http *http, const csio_error *error, void *data)
{
  trial *trial = data;
  if (error) {
    finish_with(trial, error);
    return;
  }
  size_t size;
  csio_http_body(http, &size);
  CHECK_INT(csio_http_status(http), 200);
  CHECK_INT(size, 1000);
  finish(trial, CSIO_OK);
}

static void start_request(trial *trial)
{
  int err = csio_http_create(trial->loop, trial->place->method, trial->url, &trial->http);
  if (!err) {
    csio_http_set_data(trial->http, trial);
    err = csio_http_set_tls(trial->http, trial->tls);
  }
  if (!err) err = csio_http_set_cookies(trial->http, trial->cookies);
  if (!err) err = csio_http_set_proxy(trial->http, trial->proxy);
  if (!err) err = csio_http_set_local_address(trial->http, "127.0.0.1");
  if (!err) err = csio_http_set_timeout(trial->http, LIMIT);
  if (!err) err = csio_http_set_redirects(trial->http, 3);
  if (!err) err = csio_http_add_header(trial->http, "X-Name", "value");
  if (!err) err = csio_http_add_header(trial->http, "Cookie", "own=1");
  if (!err && !strcmp(trial->place->method, "POST")) {
    csio_buffer *body = csio_buffer_create(LARGE);
    if (body) {
      memset(csio_buffer_bytes(body), 'x', LARGE);
      err = csio_http_set_body(trial->http, body);
    } else {
      err = CSIO_ENOMEM;
    }
  }
  if (!err) err = csio_http_start(trial->http, on_done);
  if (err) finish(trial, err);
}

static void on_open(csio_ws *ws, void *data)
{
  static char large[LARGE]; /* compresses well */
  trial *trial = data;
  CHECK_STRING(csio_ws_protocol(ws), "two");
  CHECK_STRING(csio_ws_header(ws, "Set-Cookie", 1), "c=d");
  int err = csio_ws_send(ws, CSIO_WS_TEXT, "small", 5);
  if (!err) err = csio_ws_send(ws, CSIO_WS_BINARY, large, sizeof large);
  if (!err) err = csio_ws_ping(ws, "ping", 4);
  if (!err) err = csio_ws_send(ws, CSIO_WS_BINARY | CSIO_WS_UNCOMPRESSED, large, sizeof large);
  if (err) finish(trial, err);
}

static void on_message(csio_ws *ws, csio_ws_type type, const uint8_t *bytes, size_t size, void *data)
{
  trial *trial = data;
  (void)bytes;
  CHECK_INT(size, type == CSIO_WS_TEXT ? 5 : LARGE);
  if (++trial->messages == MESSAGES) CHECK_INT(csio_ws_shutdown(ws, 1000, "done"), CSIO_OK);
}

static void on_close(csio_ws *ws, uint16_t code, const char *reason, size_t size, void *data)
{
  (void)ws, (void)reason, (void)size;
  trial *trial = data;
  bool whole = code == 1000 && trial->messages == MESSAGES;
  finish(trial, whole ? CSIO_OK : CSIO_ELOST);
}

static void on_error(csio_ws *ws, const csio_error *error, void *data)
{
  (void)ws;
  finish_with(data, error);
}

static void start_socket(trial *trial)
{
  int err = csio_ws_create(trial->loop, trial->url, &trial->ws);
  if (err) {
    finish(trial, err);
    return;
  }
  csio_ws *ws = trial->ws;
  csio_ws_set_data(ws, trial);
  csio_ws_on_open(ws, on_open);
  csio_ws_on_message(ws, on_message);
  csio_ws_on_close(ws, on_close);
  csio_ws_on_error(ws, on_error);
  err = csio_ws_set_tls(ws, trial->tls);
  if (!err) err = csio_ws_set_cookies(ws, trial->cookies);
  if (!err) err = csio_ws_set_proxy(ws, trial->proxy);
  if (!err) err = csio_ws_set_local_address(ws, "127.0.0.1");
  if (!err) err = csio_ws_set_timeout(ws, LIMIT);
  if (!err) err = csio_ws_set_deflate(ws, true);
  if (!err) err = csio_ws_add_protocol(ws, "one");
  if (!err) err = csio_ws_add_protocol(ws, "two");
  if (!err) err = csio_ws_add_header(ws, "X-Name", "value");
  if (!err) err = csio_ws_add_header(ws, "Host", "example.com");
  if (!err) err = csio_ws_add_header(ws, "Cookie", "own=1");
  if (!err) err = csio_ws_connect(ws);
  if (err) finish(trial, err);
}

static void start(void *arg)
{
  trial *trial = arg;
  trial->messages = 0;
  allocations_watch(true);
  if (trial->place->method)
    start_request(trial);
  else
    start_socket(trial);
}

static int make_settings(trial *trial)
{
  int err = csio_cookies_create(&trial->cookies);
  if (!err) err = csio_cookies_store(trial->cookies, trial->url, "jar=1");
  if (!err) err = csio_tls_create(&trial->tls);
  if (!err) err = csio_tls_add_ca(trial->tls, authority_pem, strlen(authority_pem));
  if (!err)
    err = csio_tls_set_identity(
        trial->tls, client_pem, strlen(client_pem), client_key_pem, strlen(client_key_pem), NULL);
  if (!err) err = csio_tls_set_ciphers(trial->tls, "ECDHE+AESGCM:TLS_AES_128_GCM_SHA256");
  if (!err && *trial->proxy_url) err = csio_proxy_create(trial->proxy_url, &trial->proxy);
  return err;
}

static int run_trial(trial *trial)
{
  allocations_watch(!trial->for_connections);
  int err = make_settings(trial);
  allocations_watch(true);
  if (!err) err = csio_loop_create(&trial->loop);
  if (!err) {
    err = csio_loop_post(trial->loop, start, trial);
    if (!err) {
      AWAIT(&trial->monitor, trial->over);
      err = trial->err;
    }
    csio_loop_close(trial->loop);
  }
  csio_proxy_release(trial->proxy);
  csio_tls_release(trial->tls);
  csio_cookies_release(trial->cookies);
  allocations_watch(false);
  return err;
}

/* --- all of them --- */

/* What the trials of one place share. */
typedef struct site {
  const place *place;
  peer server, proxy;
  proxy_plan plan;
  SSL_CTX *tls;
} site;

static void site_open(site *site, const place *place)
{
  bool secure = !strcmp(place->scheme, "https") || !strcmp(place->scheme, "wss");
  site->place = place;
  site->tls = secure ? server_context(&server_identity, &authority) : NULL;
  site->plan = (proxy_plan){.user = "user", .password = "pass"};
  peer_start(&site->server, place->script, site->tls, NULL);
  peer_start(&site->proxy, place->proxy_scheme[0] == 's' ? socks_proxy : http_proxy, NULL, &site->plan);
}

static void site_close(site *site)
{
  peer_stop(&site->server);
  peer_stop(&site->proxy);
  SSL_CTX_free(site->tls);
}

static int try_at(site *site, allocator of, long nth)
{
  const place *place = site->place;
  trial trial = {.monitor = MONITOR, .place = place, .for_connections = of == OPENSSL};
  snprintf(
      trial.url, sizeof trial.url, "%s", peer_url(&site->server, place->scheme, place->host, place->path));
  if (*place->proxy_scheme)
    snprintf(trial.proxy_url, sizeof trial.proxy_url, "%s",
        peer_url(&site->proxy, place->proxy_scheme, "user:pass@127.0.0.1", ""));
  allocations_fail(of, nth);
  int err = run_trial(&trial);
  if (err && !nth) FAIL("%s fails by itself: %s", place->name, trial.message);
  if (err && err != CSIO_ENOMEM && of == CSIO)
    FAIL("%s: allocation %ld gives %s: %s", place->name, nth, csio_err_name(err), trial.message);
  return err;
}

/* Fails each allocation of one allocator in turn; if there are more than `most`, only some, evenly spaced. */
static void sweep(const place *place, allocator of, long most)
{
  static site site;
  site_open(&site, place);
  try_at(&site, of, 0);
  long count = allocations_count(), step = count / most + 1, failed = 0;
  for (long nth = 1; nth <= count; nth += step)
    failed += try_at(&site, of, nth) != CSIO_OK;
  printf("  %s: %ld allocations, every %ldth failing, ended %ld times in failure\n", place->name, count, step,
      failed);
  CHECK(failed);
  try_at(&site, of, 0);
  site_close(&site);
}

static const place requests[] = {
    {"a request", answer, "http", "localhost", "/end", "", "POST"},
    {"a redirect", answer, "http", "127.0.0.1", "/start", "", "GET"},
    {"a request by SOCKS", answer, "http", "127.0.0.1", "/end", "socks5h", "GET"},
};
static const place secure_requests[] = {
    {"a request over TLS", answer, "https", "localhost", "/end", "", "GET"},
    {"a request by CONNECT", answer, "https", "localhost", "/end", "http", "GET"},
};
static const place sockets[] = {
    {"a WebSocket", echo, "ws", "localhost", "/", "", NULL},
    {"a WebSocket by SOCKS", echo, "ws", "127.0.0.1", "/", "socks5h", NULL},
};
static const place secure_sockets[] = {
    {"a WebSocket over TLS", echo, "wss", "localhost", "/", "", NULL},
    {"a WebSocket by CONNECT", echo, "wss", "localhost", "/", "http", NULL},
};

#define SWEEP(places, of, most)                                                                              \
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)                                                \
  sweep(&places[i], of, most)

static void survives_its_own(void)
{
  SWEEP(requests, CSIO, 1000);
  SWEEP(secure_requests, CSIO, 1000);
  SWEEP(sockets, CSIO, 1000);
  SWEEP(secure_sockets, CSIO, 1000);
}

/* Without TLS: libcurl 7.88 itself frees something twice when TLS runs out of memory. */
static void survives_libcurl(void)
{
  SWEEP(requests, LIBCURL, 200);
}

static void survives_openssl(void)
{
  SWEEP(secure_requests, OPENSSL, 40);
  SWEEP(secure_sockets, OPENSSL, 40);
}

int main(int argc, char **argv)
{
  allocations_install();
  const long day = 24 * 3600;
  authority = identity_make("authority", NULL, NULL, -day, day);
  server_identity = identity_make("server", "DNS:localhost", &authority, -day, day);
  client_identity = identity_make("client", "DNS:client", &authority, -day, day);
  authority_pem = identity_certificate_pem(&authority);
  client_pem = identity_certificate_pem(&client_identity);
  client_key_pem = identity_key_pem(&client_identity, NULL);
  RUN(survives_its_own);
  RUN(survives_libcurl);
  RUN(survives_openssl);
  free(authority_pem);
  free(client_pem);
  free(client_key_pem);
  identity_free(&authority);
  identity_free(&server_identity);
  identity_free(&client_identity);
}
