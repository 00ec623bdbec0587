/* Proxies that refuse credentials, and proxies and targets that cannot be reached, on both transports. */
#include "both_transports.h"
#include "call.h"
#include "certs.h"
#include "net/dial.h"
#include "net/proxy_internal.h"
#include "proxy_peer.h"
#include "socket.h"
#include "tls_settings.h"

#include <unistd.h>

static csio_loop *loop;
static csio_tls *tls;
static identity authority, target_identity;

static void reports_refused_credentials(void)
{
  SSL_CTX *ctx = server_context(&target_identity, NULL);
  peer target;
  peer_start(&target, both_serve, ctx, NULL);
  for (size_t i = 0; i < PROXY_KINDS; i++) {
    proxy_plan plan = {.user = "user", .password = "right"};
    peer server;
    peer_start(&server, proxy_kinds[i].script, NULL, &plan);
    for (int secure = 0; secure < 2; secure++) {
      int status = i ? 0 : 407;
      csio_proxy *wrong = proxy_of(&server, proxy_kinds[i].scheme, "user:wrong");
      both_expect(loop, &target, secure, "localhost", tls, wrong, CSIO_EPROXY_AUTH, status,
          "did not accept the user and password");
      csio_proxy_release(wrong);
      csio_proxy *none = proxy_of(&server, proxy_kinds[i].scheme, "");
      both_expect(loop, &target, secure, "localhost", tls, none, CSIO_EPROXY_AUTH, status,
          "asks for a user and password");
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

/* The user's Proxy-Authorization goes to the proxy and to no other server, as `both_serve` checks. */
static void authenticates_by_header(void)
{
  static const char *const values[] = {"Basic dXNlcjpyaWdodA==", "Basic d3Jvbmc="};
  SSL_CTX *ctx = server_context(&target_identity, NULL);
  proxy_plan plan = {.user = "user", .password = "right"}, open_plan = {0};
  peer target, server, socks;
  peer_start(&server, http_proxy, NULL, &plan);
  peer_start(&socks, socks_proxy, NULL, &open_plan);
  csio_proxy *proxy = proxy_of(&server, "http", ""), *socks_5 = proxy_of(&socks, "socks5h", "");
  for (int secure = 0; secure < 2; secure++) {
    peer_start(&target, both_serve, secure ? ctx : NULL, NULL);
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
    CHECK_STRING((char *)call.answer, "from the server");
    call_free(&call);
    peer_stop(&target);
  }
  peer_start(&target, both_serve, NULL, NULL);
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
  peer_stop(&target);
  peer_stop(&server);
  peer_stop(&socks);
  SSL_CTX_free(ctx);
}

/* A tunnel opened with other credentials is not reused. */
static void keeps_credentials_apart(void)
{
  SSL_CTX *ctx = server_context(&target_identity, NULL);
  proxy_plan plan = {.user = "user", .password = "right"};
  peer target, server;
  peer_start(&target, both_serve, ctx, NULL);
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
  peer_stop(&target);
  peer_stop(&server);
  SSL_CTX_free(ctx);
}

static void reports_unreachable_proxies(void)
{
  peer target;
  peer_start(&target, both_serve, NULL, NULL);
  unsigned port = free_port();
  for (size_t i = 0; i < PROXY_KINDS; i++) {
    char url[100], part[100];
    snprintf(url, sizeof url, "%s://127.0.0.1:%u", proxy_kinds[i].scheme, port);
    snprintf(part, sizeof part, "could not connect to the proxy 127.0.0.1 port %u: Connection refused", port);
    csio_proxy *proxy = proxy_at(url);
    both_expect(loop, &target, false, "localhost", tls, proxy, CSIO_EPROXY, 0, part);
    csio_proxy_release(proxy);
    snprintf(url, sizeof url, "%s://no-such-proxy.invalid:%u", proxy_kinds[i].scheme, port);
    proxy = proxy_at(url);
    both_expect(
        loop, &target, false, "localhost", tls, proxy, CSIO_EPROXY, 0, "proxy, no-such-proxy.invalid");
    csio_proxy_release(proxy);
  }
  CHECK_INT(peer_count(&target, &target.accepted), 0);
  peer_stop(&target);
}

static void reports_unreachable_targets(void)
{
  SSL_CTX *ctx = server_context(&target_identity, NULL);
  peer target;
  peer_start(&target, both_serve, ctx, NULL);
  peer_stop(&target);
  for (size_t i = 0; i < PROXY_KINDS; i++) {
    proxy_plan plan = {0};
    peer server;
    peer_start(&server, proxy_kinds[i].script, NULL, &plan);
    csio_proxy *proxy = proxy_of(&server, proxy_kinds[i].scheme, "");
    both_expect(loop, &target, true, "127.0.0.1", tls, proxy, CSIO_EPROXY, i ? 0 : 502,
        "did not connect to 127.0.0.1 port");
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

/* Error messages may be shown on a terminal. */
static void quotes_proxies_without_control_characters(void)
{
  peer target, server;
  peer_start(&target, both_serve, NULL, NULL);
  peer_start(&server, refuse_in_escapes, NULL, NULL);
  csio_proxy *proxy = proxy_of(&server, "http", "");
  socket_test socket = {.loop = loop, .url = peer_url(&target, "ws", "127.0.0.1", "/"), .proxy = proxy};
  socket_expect_error(&socket, CSIO_EPROXY, "HTTP/1.1 502 ?]0;X? ???? no");
  csio_proxy_release(proxy);
  peer_stop(&server);
  peer_stop(&target);
}

static void reports_unresolvable_targets(void)
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

/* A truncated name would be another name, and lack its port. */
static void refuses_long_names(void)
{
  static char name[301], url[350];
  memset(name, 'a', 300);
  snprintf(url, sizeof url, "ws://%s:81/", name);
  for (size_t i = 0; i < PROXY_KINDS; i++) {
    proxy_plan plan = {0};
    peer server;
    peer_start(&server, proxy_kinds[i].script, NULL, &plan);
    csio_proxy *proxy = proxy_of(&server, proxy_kinds[i].scheme, "");
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

int main(int argc, char **argv)
{
  authority = identity_make("Test Authority", NULL, NULL, -DAY, DAY);
  target_identity = identity_make("target", "DNS:target.test,DNS:localhost", &authority, -DAY, DAY);
  tls = tls_trusting(&authority);
  loop = test_loop();
  RUN(reports_refused_credentials);
  RUN(authenticates_by_header);
  RUN(keeps_credentials_apart);
  RUN(reports_unreachable_proxies);
  RUN(reports_unreachable_targets);
  RUN(quotes_proxies_without_control_characters);
  RUN(reports_unresolvable_targets);
  RUN(refuses_long_names);
  csio_loop_close(loop);
  csio_tls_release(tls);
  identity *all[] = {&authority, &target_identity};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    identity_free(all[i]);
}
