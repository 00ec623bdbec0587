/* Both transports through each kind of proxy. */
#include "both_transports.h"
#include "call.h"
#include "certs.h"
#include "net/proxy_internal.h"
#include "proxy_peer.h"
#include "socket.h"
#include "tls_settings.h"

static csio_loop *loop;
static csio_tls *tls;
static identity authority, target_identity, proxy_identity;

static void connects_through_proxies(void)
{
  SSL_CTX *ctx = server_context(&target_identity, NULL);
  for (int secure = 0; secure < 2; secure++) {
    peer target;
    peer_start(&target, both_serve, secure ? ctx : NULL, NULL);
    for (size_t i = 0; i < PROXY_KINDS; i++) {
      for (int credentials = 0; credentials < 2; credentials++) {
        proxy_plan plan = {0};
        if (credentials) plan.user = "us@er", plan.password = "p%ss";
        peer server;
        peer_start(&server, proxy_kinds[i].script, NULL, &plan);
        csio_proxy *proxy = proxy_of(&server, proxy_kinds[i].scheme, credentials ? "us%40er:p%25ss" : "");
        bool resolves = proxy->kind != CSIO__PROXY_SOCKS5;
        const char *host = resolves ? "target.test" : "localhost";
        char expected[300];
        both_expect(loop, &target, secure, host, tls, proxy, CSIO_OK, 0, "");
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
  peer_start(&target, both_serve, NULL, NULL);
  for (size_t i = 0; i < PROXY_KINDS; i++) {
    proxy_plan plan = {0};
    peer server;
    peer_start(&server, proxy_kinds[i].script, NULL, &plan);
    csio_proxy *proxy = proxy_of(&server, proxy_kinds[i].scheme, "");
    both_expect(loop, &target, false, "127.0.0.1", tls, proxy, CSIO_OK, 0, "");
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

/* As long as a name can be. */
static void takes_long_names(void)
{
  char name[254];
  for (size_t i = 0; i < sizeof name - 1; i++)
    name[i] = i % 64 == 63 ? '.' : 'a';
  name[sizeof name - 1] = '\0';
  peer target;
  peer_start(&target, both_serve, NULL, NULL);
  for (size_t i = 0; i < PROXY_KINDS; i++) {
    proxy_plan plan = {0};
    peer server;
    peer_start(&server, proxy_kinds[i].script, NULL, &plan);
    csio_proxy *proxy = proxy_of(&server, proxy_kinds[i].scheme, "");
    if (proxy->kind != CSIO__PROXY_SOCKS5) { /* resolves names here */
      both_expect(loop, &target, false, name, tls, proxy, CSIO_OK, 0, "");
      CHECK(!strncmp(plan.target, name, sizeof name - 1));
    }
    csio_proxy_release(proxy);
    peer_stop(&server);
  }
  peer_stop(&target);
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
  for (int secure = 0; secure < 2; secure++) {
    peer_start(&target, both_serve, secure ? target_ctx : NULL, NULL);
    csio_proxy *proxy = proxy_of(&server, "https", "user:pass");
    CHECK_INT(csio_proxy_set_tls(proxy, tls), CSIO_OK);
    both_expect(loop, &target, secure, "target.test", tls, proxy, CSIO_OK, 0, "");
    CHECK_INT(csio_proxy_set_tls(proxy, NULL), CSIO_ESTATE);
    on_loop(loop, refuse_for_websockets, proxy);
    csio_proxy_release(proxy);
    /* by default nobody here is trusted, not even on a kept connection to the same proxy */
    proxy = proxy_of(&server, "https", "user:pass");
    both_expect(loop, &target, secure, "target.test", tls, proxy, CSIO_ETLS_UNTRUSTED, 0,
        "the certificate of the proxy 127.0.0.1 port");
    csio_proxy_release(proxy);
    peer_stop(&target);
  }
  peer_stop(&server);
  SSL_CTX_free(target_ctx);
  SSL_CTX_free(proxy_ctx);
}

/* Cookies of the proxy are not stored as the target's. */
static void keeps_the_proxys_cookies_out(void)
{
  SSL_CTX *ctx = server_context(&target_identity, NULL);
  proxy_plan plan = {0};
  peer target, server;
  peer_start(&target, both_serve, ctx, NULL);
  peer_start(&server, http_proxy, NULL, &plan);
  csio_proxy *proxy = proxy_of(&server, "http", "");
  csio_cookies *jar;
  CHECK_INT(csio_cookies_create(&jar), CSIO_OK);
  const char *url = peer_url(&target, "https", "target.test", "/");
  CHECK_INT(csio_cookies_store(jar, url, "own=1"), CSIO_OK); /* not sent to the proxy */
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
  csio_proxy_release(proxy);
  peer_stop(&server);
  peer_stop(&target);
  SSL_CTX_free(ctx);
}

/* In a loop of its own: libwebsockets reads the environment when it starts. */
static void reaches_directly(peer *target, bool secure)
{
  csio_loop *own = test_loop();
  call call = {.loop = own, .url = peer_url(target, secure ? "https" : "http", "localhost", "/"), .tls = tls};
  call_run(&call);
  call_close(&call);
  CHECK_INT(call.error_code, CSIO_OK);
  CHECK_STRING((char *)call.answer, "from the server");
  call_free(&call);
  socket_test socket = {
      .loop = own, .url = peer_url(target, secure ? "wss" : "ws", "localhost", "/"), .tls = tls};
  socket_open(&socket);
  socket_send(&socket, CSIO_WS_TEXT, "hello", 5);
  AWAIT(&socket.monitor, socket.messages || socket.errors || socket.closes);
  CHECK_INT(socket.messages, 1);
  socket_close(&socket);
  csio_loop_close(own);
}

/* Only a csio_proxy makes a handle use a proxy. */
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
    peer_start(&target, both_serve, secure ? ctx : NULL, NULL);
    for (int i = 0; i < VARIABLES; i++)
      setenv(variables[i], url, 1);
    reaches_directly(&target, secure);
    for (int i = 0; i < VARIABLES; i++)
      unsetenv(variables[i]);
    peer_stop(&target);
  }
  CHECK_INT(peer_count(&server, &server.accepted), 0);

  peer target;
  peer_start(&target, both_serve, NULL, NULL);
  setenv("no_proxy", "*", 1);
  csio_proxy *proxy = proxy_of(&server, "http", "");
  both_expect(loop, &target, false, "target.test", tls, proxy, CSIO_OK, 0, "");
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
  tls = tls_trusting(&authority);
  loop = test_loop();
  RUN(connects_through_proxies);
  RUN(takes_addresses);
  RUN(takes_long_names);
  RUN(speaks_tls_to_proxies);
  RUN(keeps_the_proxys_cookies_out);
  RUN(ignores_the_environment);
  csio_loop_close(loop);
  csio_tls_release(tls);
  identity *all[] = {&authority, &target_identity, &proxy_identity};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    identity_free(all[i]);
}
