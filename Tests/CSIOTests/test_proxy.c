/* Both transports through proxies of each kind. */
#include "call.h"
#include "certs.h"
#include "net/dial.h"
#include "net/proxy_internal.h"
#include "proxy_peer.h"
#include "socket.h"
#include "ws_peer.h"

#include <unistd.h>

enum { DAY = 24 * 3600 };

static csio_loop *loop;
static identity authority, target_identity, proxy_identity;

/* One script for both transports. */
static void serve(client *client)
{
  request *request = malloc(sizeof *request);
  CHECK(request);
  while (client_read_request(client, request)) {
    request_free(request);
    CHECK(!strstr(request->head, "Proxy-"));
    if (!strstr(request->head, "Upgrade: websocket")) {
      client_answer(client, 200, "from the target");
      continue;
    }
    ws_answer(client, request->head, "");
    ws_echo_frames(client);
    break;
  }
  free(request);
}

static csio_tls *trusting_tls(void)
{
  csio_tls *tls;
  char *pem = identity_certificate_pem(&authority);
  CHECK_INT(csio_tls_create(&tls), CSIO_OK);
  CHECK_INT(csio_tls_add_ca(tls, pem, strlen(pem)), CSIO_OK);
  free(pem);
  return tls;
}

/* Both transports to `host`, in plain or with TLS, through a proxy; expects the code of both, which for OK
 * means that bytes went both ways. An empty `part` of the message is in any. */
static void expect(
    peer *target, bool secure, const char *host, csio_proxy *proxy, int code, int status, const char *part)
{
  csio_tls *tls = trusting_tls();
  call call = {.loop = loop,
      .url = peer_url(target, secure ? "https" : "http", host, "/"),
      .tls = tls,
      .proxy = proxy};
  call.header_name = "X-Secret";
  call.header_value = "1";
  call_run(&call);
  call_close(&call);
  if (call.error_code != code)
    FAIL("HTTP gives %s (%s), not %s", csio_err_name(call.error_code), call.message, csio_err_name(code));
  if (code) {
    CHECK_CONTAINS(call.message, part);
    CHECK_INT(call.error_status, status);
  } else if (secure || proxy->kind >= CSIO__PROXY_SOCKS5) {
    CHECK_STRING((char *)call.answer, "from the target");
  } else {
    CHECK_CONTAINS((char *)call.answer, "GET http://"); /* the proxy was asked for the whole URL */
  }
  call_free(&call);

  if (proxy->kind != CSIO__PROXY_HTTPS) {
    socket_test socket = {.loop = loop,
        .url = peer_url(target, secure ? "wss" : "ws", host, "/"),
        .tls = tls,
        .proxy = proxy,
        .headers = {{"X-Secret", "1"}}};
    if (code) {
      socket_expect_error(&socket, code, part);
      CHECK_INT(socket.error_status, status);
    } else {
      socket_open(&socket);
      uint8_t *bytes = test_bytes(200000, 1);
      socket_send(&socket, CSIO_WS_BINARY, bytes, 200000);
      AWAIT(&socket.monitor, socket.messages || socket.errors || socket.closes);
      CHECK_INT(socket.size, 200000);
      CHECK(!memcmp(socket.message, bytes, 200000));
      free(bytes);
      socket_close(&socket);
    }
  }
  csio_tls_release(tls);
}

typedef struct setting {
  const char *scheme;
  script script;
} setting;

static const setting settings[] = {{"http", http_proxy}, {"socks5", socks_proxy}, {"socks5h", socks_proxy}};

static void goes_through(void)
{
  SSL_CTX *ctx = server_context(&target_identity, NULL);
  for (int secure = 0; secure < 2; secure++) {
    peer target;
    peer_start(&target, serve, secure ? ctx : NULL, NULL);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
      for (int credentials = 0; credentials < 2; credentials++) {
        proxy_plan plan = {0};
        if (credentials) plan.user = "us@er", plan.password = "p%ss";
        peer server;
        peer_start(&server, settings[i].script, NULL, &plan);
        csio_proxy *proxy = proxy_of(&server, settings[i].scheme, credentials ? "us%40er:p%25ss" : "");
        bool resolves = proxy->kind != CSIO__PROXY_SOCKS5;
        const char *host = resolves ? "target.test" : "localhost";
        char expected[300];
        expect(&target, secure, host, proxy, CSIO_OK, 0, "");
        snprintf(expected, sizeof expected, "%s:%u", host, (unsigned)target.port);
        if (resolves)
          CHECK_STRING(plan.target, expected);
        else
          CHECK(strstr(plan.target, "127.0.0.1:") || strstr(plan.target, "::1:"));
        CHECK_INT(peer_count(&server, &plan.tunnels), secure || i ? 2 : 1);
        csio_proxy_release(proxy);
        peer_stop(&server);
      }
    }
    peer_stop(&target);
  }
  SSL_CTX_free(ctx);
}

static void takes_addresses(void)
{
  peer target;
  peer_start(&target, serve, NULL, NULL);
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
    proxy_plan plan = {0};
    peer server;
    peer_start(&server, settings[i].script, NULL, &plan);
    csio_proxy *proxy = proxy_of(&server, settings[i].scheme, "");
    expect(&target, false, "127.0.0.1", proxy, CSIO_OK, 0, "");
    CHECK(!strncmp(plan.target, "127.0.0.1:", 10));
    socket_test socket = {.loop = loop, .url = peer_url(&target, "ws", "[::1]", "/"), .proxy = proxy};
    socket_open(&socket);
    socket_close(&socket);
    CHECK_CONTAINS(plan.target, "::1");
    csio_proxy_release(proxy);
    peer_stop(&server);
  }
  peer_stop(&target);
}

static void tells_of_refused_credentials(void)
{
  SSL_CTX *ctx = server_context(&target_identity, NULL);
  peer target;
  peer_start(&target, serve, ctx, NULL);
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
    proxy_plan plan = {.user = "user", .password = "right"};
    peer server;
    peer_start(&server, settings[i].script, NULL, &plan);
    for (int secure = 0; secure < 2; secure++) {
      int status = i ? 0 : 407;
      csio_proxy *wrong = proxy_of(&server, settings[i].scheme, "user:wrong");
      expect(&target, secure, "localhost", wrong, CSIO_EPROXY_AUTH, status,
          "did not accept the user and password");
      csio_proxy_release(wrong);
      csio_proxy *none = proxy_of(&server, settings[i].scheme, "");
      expect(&target, secure, "localhost", none, CSIO_EPROXY_AUTH, status, "asks for a user and password");
      csio_proxy_release(none);
    }
    CHECK_INT(plan.tunnels, 0);
    peer_stop(&server);
  }
  peer_stop(&target);
  SSL_CTX_free(ctx);
}

typedef struct dial_trial {
  monitor monitor;
  csio__route target;
  int code, gone;
} dial_trial;

static void on_dialed(void *data, int socket, const csio__failure *failure)
{
  dial_trial *trial = data;
  trial->code = failure ? failure->error.code : CSIO_OK;
  if (!failure) close(socket);
  CHANGE(&trial->monitor, trial->gone++);
}

static void start_dial(void *arg)
{
  dial_trial *trial = arg;
  csio__dial *dial;
  CHECK_INT(csio__dial_start(loop, &trial->target, on_dialed, trial, &dial), CSIO_OK);
}

/* The user's own header is for the proxy, and no other server gets to see it (which `serve` checks). */
static void authenticates_by_header(void)
{
  static const char *const values[] = {"Basic dXNlcjpyaWdodA==", "Basic d3Jvbmc="};
  SSL_CTX *ctx = server_context(&target_identity, NULL);
  csio_tls *tls = trusting_tls();
  proxy_plan plan = {.user = "user", .password = "right"}, open_plan = {0};
  peer target, server, socks;
  peer_start(&server, http_proxy, NULL, &plan);
  peer_start(&socks, socks_proxy, NULL, &open_plan);
  csio_proxy *proxy = proxy_of(&server, "http", ""), *socks_5 = proxy_of(&socks, "socks5h", "");
  for (int secure = 0; secure < 2; secure++) {
    peer_start(&target, serve, secure ? ctx : NULL, NULL);
    call pattern = {.loop = loop,
        .url = peer_url(&target, secure ? "https" : "http", "target.test", "/"),
        .tls = tls,
        .header_name = "Proxy-Authorization"};
    for (int wrong = 0; wrong < 2; wrong++) {
      call call = pattern;
      call.header_value = values[wrong];
      call.proxy = proxy;
      call_run(&call);
      call_close(&call);
      CHECK_INT(call.error_code, wrong ? CSIO_EPROXY_AUTH : CSIO_OK);
      call_free(&call);
    }
    call call = pattern;
    call.header_value = values[0];
    call.proxy = socks_5;
    call_run(&call);
    call_close(&call);
    CHECK_STRING((char *)call.answer, "from the target");
    call_free(&call);
    peer_stop(&target);
  }
  peer_start(&target, serve, NULL, NULL);
  for (int wrong = 0; wrong < 2; wrong++) {
    dial_trial trial = {.monitor = MONITOR,
        .target = {.host = "target.test",
            .port = target.port,
            .proxy = proxy,
            .proxy_authorization = values[wrong]}};
    on_loop(loop, start_dial, &trial);
    AWAIT(&trial.monitor, trial.gone);
    CHECK_INT(trial.code, wrong ? CSIO_EPROXY_AUTH : CSIO_OK);
    socket_test socket = {.loop = loop,
        .url = peer_url(&target, "ws", "target.test", "/"),
        .proxy = proxy,
        .headers = {{"Proxy-Authorization", values[wrong]}}};
    if (wrong) {
      socket_expect_error(&socket, CSIO_EPROXY_AUTH, "did not accept the user and password");
    } else {
      socket_open(&socket);
      socket_close(&socket);
    }
  }
  csio_proxy_release(proxy);
  csio_proxy_release(socks_5);
  csio_tls_release(tls);
  peer_stop(&target);
  peer_stop(&server);
  peer_stop(&socks);
  SSL_CTX_free(ctx);
}

/* A tunnel that was opened with other credentials is not for these. */
static void keeps_credentials_apart(void)
{
  SSL_CTX *ctx = server_context(&target_identity, NULL);
  csio_tls *tls = trusting_tls();
  proxy_plan plan = {.user = "user", .password = "right"};
  peer target, server;
  peer_start(&target, serve, ctx, NULL);
  peer_start(&server, http_proxy, NULL, &plan);
  static const char *const credentials[] = {"user:right", "user:right", "user:wrong", ""};
  for (int i = 0; i < 4; i++) {
    csio_proxy *proxy = proxy_of(&server, "http", credentials[i]);
    call call = {
        .loop = loop, .url = peer_url(&target, "https", "localhost", "/"), .tls = tls, .proxy = proxy};
    call_run(&call);
    call_close(&call);
    CHECK_INT(call.error_code, i < 2 ? CSIO_OK : CSIO_EPROXY_AUTH);
    call_free(&call);
    csio_proxy_release(proxy);
  }
  CHECK_INT(plan.tunnels, 1);
  csio_tls_release(tls);
  peer_stop(&target);
  peer_stop(&server);
  SSL_CTX_free(ctx);
}

static void tells_of_unreachable_proxies(void)
{
  peer target;
  peer_start(&target, serve, NULL, NULL);
  unsigned port = free_port();
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
    char url[100], part[100];
    snprintf(url, sizeof url, "%s://127.0.0.1:%u", settings[i].scheme, port);
    snprintf(part, sizeof part, "could not connect to the proxy 127.0.0.1 port %u: Connection refused", port);
    csio_proxy *proxy = proxy_at(url);
    expect(&target, false, "localhost", proxy, CSIO_EPROXY, 0, part);
    csio_proxy_release(proxy);
    snprintf(url, sizeof url, "%s://no-such-proxy.invalid:%u", settings[i].scheme, port);
    proxy = proxy_at(url);
    expect(&target, false, "localhost", proxy, CSIO_EPROXY, 0, "proxy, no-such-proxy.invalid");
    csio_proxy_release(proxy);
  }
  CHECK_INT(peer_count(&target, &target.accepted), 0);
  peer_stop(&target);
}

static void tells_of_unreachable_targets(void)
{
  SSL_CTX *ctx = server_context(&target_identity, NULL);
  peer target;
  peer_start(&target, serve, ctx, NULL);
  peer_stop(&target);
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
    proxy_plan plan = {0};
    peer server;
    peer_start(&server, settings[i].script, NULL, &plan);
    csio_proxy *proxy = proxy_of(&server, settings[i].scheme, "");
    expect(&target, true, "127.0.0.1", proxy, CSIO_EPROXY, i ? 0 : 502, "did not connect to 127.0.0.1 port");
    csio_proxy_release(proxy);
    peer_stop(&server);
  }
  SSL_CTX_free(ctx);
}

static void refuse_in_escapes(client *client)
{
  request *request = malloc(sizeof *request);
  CHECK(request);
  if (client_read_request(client, request)) {
    request_free(request);
    client_print(client, "HTTP/1.1 502 \033]0;X\007 \302\233\177\377 no\r\nContent-Length: 0\r\n\r\n");
  }
  free(request);
}

/* An error may be shown on a terminal. */
static void quotes_proxies_without_control_characters(void)
{
  peer target, server;
  peer_start(&target, serve, NULL, NULL);
  peer_start(&server, refuse_in_escapes, NULL, NULL);
  csio_proxy *proxy = proxy_of(&server, "http", "");
  socket_test socket = {.loop = loop, .url = peer_url(&target, "ws", "127.0.0.1", "/"), .proxy = proxy};
  socket_expect_error(&socket, CSIO_EPROXY, "HTTP/1.1 502 ?]0;X? ???? no");
  csio_proxy_release(proxy);
  peer_stop(&server);
  peer_stop(&target);
}

static void tells_of_unresolvable_targets(void)
{
  proxy_plan plan = {0};
  peer server;
  peer_start(&server, socks_proxy, NULL, &plan);
  csio_proxy *proxy = proxy_of(&server, "socks5", "");
  call call = {.loop = loop, .url = "http://no-such-host.invalid/", .proxy = proxy};
  call_run(&call);
  call_close(&call);
  CHECK_INT(call.error_code, CSIO_ERESOLVE);
  CHECK_CONTAINS(call.message, "could not resolve the host name no-such-host.invalid");
  socket_test socket = {.loop = loop, .url = "ws://no-such-host.invalid/", .proxy = proxy};
  socket_expect_error(&socket, CSIO_ERESOLVE, "could not resolve the host name no-such-host.invalid");
  csio_proxy_release(proxy);
  peer_stop(&server);
}

/* A name that is cut would be another one, and without its port. */
static void refuses_long_names(void)
{
  static char name[301], url[350];
  memset(name, 'a', 300);
  snprintf(url, sizeof url, "ws://%s:81/", name);
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
    proxy_plan plan = {0};
    peer server;
    peer_start(&server, settings[i].script, NULL, &plan);
    csio_proxy *proxy = proxy_of(&server, settings[i].scheme, "");
    socket_test socket = {.loop = loop, .url = url, .proxy = proxy};
    if (proxy->kind == CSIO__PROXY_SOCKS5)
      socket_expect_error(&socket, CSIO_ERESOLVE, "could not resolve the host name aaa");
    else
      socket_expect_error(&socket, CSIO_EPROXY, "port 81: the name is too long");
    CHECK_STRING(plan.target, "");
    csio_proxy_release(proxy);
    peer_stop(&server);
  }
  socket_test socket = {.loop = loop, .url = url};
  socket_expect_error(&socket, CSIO_ERESOLVE, "could not resolve the host name aaa");
}

/* --- TLS to the proxy --- */

static void refuse_for_websockets(void *arg)
{
  csio_ws *ws;
  CHECK_INT(csio_ws_create(loop, "ws://localhost/", &ws), CSIO_OK);
  CHECK_INT(csio_ws_set_proxy(ws, arg), CSIO_EUNSUPPORTED);
  csio_ws_close(ws, NULL);
}

static void speaks_tls_to_proxies(void)
{
  SSL_CTX *target_ctx = server_context(&target_identity, NULL),
          *proxy_ctx = server_context(&proxy_identity, NULL);
  proxy_plan plan = {.user = "user", .password = "pass"};
  peer target, server;
  peer_start(&server, http_proxy, proxy_ctx, &plan);
  csio_tls *tls = trusting_tls();
  for (int secure = 0; secure < 2; secure++) {
    peer_start(&target, serve, secure ? target_ctx : NULL, NULL);
    csio_proxy *proxy = proxy_of(&server, "https", "user:pass");
    CHECK_INT(csio_proxy_set_tls(proxy, tls), CSIO_OK);
    expect(&target, secure, "target.test", proxy, CSIO_OK, 0, "");
    CHECK_INT(csio_proxy_set_tls(proxy, NULL), CSIO_ESTATE);
    on_loop(loop, refuse_for_websockets, proxy);
    csio_proxy_release(proxy);
    /* by default nobody here is trusted, be it with a kept connection to the same proxy */
    proxy = proxy_of(&server, "https", "user:pass");
    expect(&target, secure, "target.test", proxy, CSIO_ETLS_UNTRUSTED, 0, "the certificate of 127.0.0.1");
    csio_proxy_release(proxy);
    peer_stop(&target);
  }
  csio_tls_release(tls);
  peer_stop(&server);
  SSL_CTX_free(target_ctx);
  SSL_CTX_free(proxy_ctx);
}

/* What a proxy says about itself is not the target's. */
static void keeps_the_proxys_cookies_out(void)
{
  SSL_CTX *ctx = server_context(&target_identity, NULL);
  proxy_plan plan = {0};
  peer target, server;
  peer_start(&target, serve, ctx, NULL);
  peer_start(&server, http_proxy, NULL, &plan);
  csio_proxy *proxy = proxy_of(&server, "http", "");
  csio_tls *tls = trusting_tls();
  csio_cookies *jar;
  CHECK_INT(csio_cookies_create(&jar), CSIO_OK);
  const char *url = peer_url(&target, "https", "target.test", "/");
  CHECK_INT(csio_cookies_store(jar, url, "own=1"), CSIO_OK); /* nor does the proxy get to see this */
  call call = {.loop = loop, .url = url, .proxy = proxy, .tls = tls, .cookies = jar};
  call_run(&call);
  call_close(&call);
  CHECK_INT(call.error_code, CSIO_OK);
  call_free(&call);
  socket_test socket = {.loop = loop,
      .url = peer_url(&target, "wss", "target.test", "/"),
      .proxy = proxy,
      .tls = tls,
      .cookies = jar};
  socket_open(&socket);
  socket_close(&socket);
  CHECK_INT(csio_cookies_count(jar), 1);
  csio_cookies_release(jar);
  csio_tls_release(tls);
  csio_proxy_release(proxy);
  peer_stop(&server);
  peer_stop(&target);
  SSL_CTX_free(ctx);
}

/* In a loop of its own: libwebsockets looks at the environment when it begins. */
static void reaches_directly(peer *target, bool secure)
{
  csio_tls *tls = trusting_tls();
  csio_loop *own = test_loop();
  call call = {.loop = own, .url = peer_url(target, secure ? "https" : "http", "localhost", "/"), .tls = tls};
  call_run(&call);
  call_close(&call);
  CHECK_INT(call.error_code, CSIO_OK);
  CHECK_STRING((char *)call.answer, "from the target");
  call_free(&call);
  socket_test socket = {
      .loop = own, .url = peer_url(target, secure ? "wss" : "ws", "localhost", "/"), .tls = tls};
  socket_open(&socket);
  socket_send(&socket, CSIO_WS_TEXT, "hello", 5);
  AWAIT(&socket.monitor, socket.messages || socket.errors || socket.closes);
  CHECK_INT(socket.messages, 1);
  socket_close(&socket);
  csio_loop_close(own);
  csio_tls_release(tls);
}

/* Nothing but a csio_proxy makes a handle use one. */
static void ignores_the_environment(void)
{
  static const char *const variables[] = {
      "http_proxy", "https_proxy", "all_proxy", "socks_proxy", "HTTPS_PROXY", "ALL_PROXY"};
  enum { VARIABLES = sizeof variables / sizeof *variables };
  SSL_CTX *ctx = server_context(&target_identity, NULL);
  proxy_plan plan = {0};
  peer server;
  peer_start(&server, http_proxy, NULL, &plan);
  char url[64];
  snprintf(url, sizeof url, "http://user:secret@127.0.0.1:%u", (unsigned)server.port);
  for (int secure = 0; secure < 2; secure++) {
    peer target;
    peer_start(&target, serve, secure ? ctx : NULL, NULL);
    for (int i = 0; i < VARIABLES; i++)
      setenv(variables[i], url, 1);
    reaches_directly(&target, secure);
    for (int i = 0; i < VARIABLES; i++)
      unsetenv(variables[i]);
    peer_stop(&target);
  }
  CHECK_INT(peer_count(&server, &server.accepted), 0);

  peer target;
  peer_start(&target, serve, NULL, NULL);
  setenv("no_proxy", "*", 1);
  csio_proxy *proxy = proxy_of(&server, "http", "");
  expect(&target, false, "target.test", proxy, CSIO_OK, 0, "");
  unsetenv("no_proxy");
  csio_proxy_release(proxy);
  peer_stop(&server);
  peer_stop(&target);
  SSL_CTX_free(ctx);
}

int main(int argc, char **argv)
{
  authority = identity_make("Test Authority", NULL, NULL, -DAY, DAY);
  target_identity = identity_make("target", "DNS:target.test,DNS:localhost", &authority, -DAY, DAY);
  proxy_identity = identity_make("proxy", "IP:127.0.0.1", &authority, -DAY, DAY);
  loop = test_loop();
  RUN(goes_through);
  RUN(takes_addresses);
  RUN(tells_of_refused_credentials);
  RUN(authenticates_by_header);
  RUN(keeps_credentials_apart);
  RUN(tells_of_unreachable_proxies);
  RUN(tells_of_unreachable_targets);
  RUN(quotes_proxies_without_control_characters);
  RUN(tells_of_unresolvable_targets);
  RUN(refuses_long_names);
  RUN(speaks_tls_to_proxies);
  RUN(keeps_the_proxys_cookies_out);
  RUN(ignores_the_environment);
  csio_loop_close(loop);
  identity *all[] = {&authority, &target_identity, &proxy_identity};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    identity_free(all[i]);
}
