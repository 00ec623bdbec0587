/* Proxies that refuse, answer wrongly, or do not answer. */
#include "call.h"
#include "certs.h"
#include "proxy_peer.h"
#include "socket.h"

static csio_loop *loop;

/* Both transports fail with the same message. */
static void expect_from_both(csio_proxy *proxy, int code, const char *part)
{
  socket_test socket = {.loop = loop, .url = "wss://target.test/", .proxy = proxy};
  socket_expect_error(&socket, code, part);
  call call = {.loop = loop, .url = "https://target.test/", .proxy = proxy};
  call_run(&call);
  call_close(&call);
  CHECK_INT(call.error_code, code);
  CHECK_STRING(call.message, socket.error);
  call_free(&call);
}

static void names_socks_replies(void)
{
  static const char *const names[] = {"general failure", "not allowed", "network unreachable",
      "host unreachable", "connection refused", "time to live expired", "command not supported",
      "kind of address not supported", "an unknown reason"};
  for (int reply = 1; reply <= 9; reply++) {
    proxy_plan plan = {.socks_reply = reply};
    peer server;
    peer_start(&server, socks_proxy, NULL, &plan);
    csio_proxy *proxy = proxy_of(&server, "socks5h", "");
    expect_from_both(proxy, CSIO_EPROXY, names[reply - 1]);
    csio_proxy_release(proxy);
    peer_stop(&server);
  }
}

typedef struct misbehaviour {
  const char *scheme;
  const char *answer; /* sent after the first bytes arrive; NULL closes the connection */
  size_t size;
  int code;
  const char *part;
} misbehaviour;

static void misbehave(client *client)
{
  const misbehaviour *plan = client->peer->data;
  char some[1024];
  if (client_read(client, some, sizeof some) <= 0 || !plan->answer) return;
  client_write(client, plan->answer, plan->size);
  client_drain(client);
}

static void endless_head(client *client)
{
  client_print(client, "HTTP/1.1 200 OK\r\n");
  while (client_print(client, "X-More: and more\r\n"))
    ;
}

static void refuses_misbehaving_proxies(void)
{
#define ANSWER(text) text, sizeof text - 1
  static misbehaviour plans[] = {
      {"http", NULL, 0, CSIO_EPROXY, "ended the connection"},
      {"http", ANSWER("SSH-2.0-proxy\r\nGo away\r\n"), CSIO_EPROXY, "does not speak HTTP"},
      {"http", ANSWER("\x05\xff\r\n\r\n"), CSIO_EPROXY, "does not speak HTTP"},
      {"http", ANSWER("HTTP/1.1 403 Forbidden\r\n\r\nwithout an end"), CSIO_EPROXY, "HTTP/1.1 403 Forbidden"},
      {"http", ANSWER("HTTP/1.1 407 Who\r\nProxy-Authenticate: Digest realm=\"a\", nonce=\"b\"\r\n\r\n"),
          CSIO_EPROXY_AUTH, "asks for Digest authentication; only Basic is supported"},
      {"http",
          ANSWER("HTTP/1.1 407 Who\r\nProxy-Authenticate: Digest realm=\"a\", nonce=\"b\"\r\n"
                 "Proxy-Authenticate: Basic realm=\"a\"\r\n\r\n"),
          CSIO_EPROXY_AUTH, "asks for a user and password"},
      {"http", ANSWER("HTTP/1.1 407 Who\r\n\r\n"), CSIO_EPROXY_AUTH, "asks for a user and password"},
      {"http", ANSWER("nonsense\r\n\r\n"), CSIO_EPROXY, "does not speak HTTP"},
      {"http", ANSWER("HTTP/1.1 abc\r\n\r\n"), CSIO_EPROXY, "does not speak HTTP"},
      {"http", ANSWER("HTTP/1.0 500 Internal\r\n\r\n"), CSIO_EPROXY, "HTTP/1.0 500 Internal"},
      {"http", ANSWER("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 502 Bad\r\n\r\n"), CSIO_EPROXY, ": HTTP/1.1 "},
      {"http", ANSWER("HTTP/1.1 302 Found\r\nLocation: http://a/\r\n\r\n"), CSIO_EPROXY, "302"},
      /* what follows the proxy's answer comes from the target */
      {"http", ANSWER("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 403 Early\r\nContent-Length: 0\r\n\r\n"),
          CSIO_EHANDSHAKE, "403"},
      {"socks5h", NULL, 0, CSIO_EPROXY, "ended the connection"},
      {"socks5h", ANSWER("\x04\x00"), CSIO_EPROXY, "does not speak SOCKS 5"},
      {"socks5h", ANSWER("HTTP/1.1 400 Bad\r\n\r\n"), CSIO_EPROXY, "does not speak SOCKS 5"},
      {"socks5h", ANSWER("\x05\x02\x01\x01"), CSIO_EPROXY_AUTH, "asks for a user"},
      {"socks5h", ANSWER("\x05\x00\x04\x00\x00\x01\x01\x01\x01\x01\x01\x01"), CSIO_EPROXY,
          "does not speak SOCKS 5"},
      {"socks5h",
          ANSWER("\x05\x00\x05\x00\x00\x03\x04"
                 "here\x00\x50HTTP/1.1 403 Early\r\nContent-Length: 0\r\n\r\n"),
          CSIO_EHANDSHAKE, "403"},
      {"socks5h",
          ANSWER("\x05\x00\x05\x00\x00\x04"
                 "0123456789abcdef\x00\x50HTTP/1.1 404 Early\r\nContent-Length: 0\r\n\r\n"),
          CSIO_EHANDSHAKE, "404"},
  };
#undef ANSWER
  for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
    peer server;
    peer_start(&server, misbehave, NULL, &plans[i]);
    csio_proxy *proxy = proxy_of(&server, plans[i].scheme, "");
    if (plans[i].code == CSIO_EHANDSHAKE) {
      socket_test socket = {.loop = loop, .url = "ws://target.test/", .proxy = proxy};
      socket_expect_error(&socket, plans[i].code, plans[i].part);
    } else {
      expect_from_both(proxy, plans[i].code, plans[i].part);
    }
    csio_proxy_release(proxy);
    peer_stop(&server);
  }
  peer server;
  peer_start(&server, endless_head, NULL, NULL);
  csio_proxy *proxy = proxy_of(&server, "http", "");
  expect_from_both(proxy, CSIO_EPROXY, "its answer has no end");
  csio_proxy_release(proxy);
  peer_stop(&server);
}

/* For plain requests, errors name the proxy, since it is the peer. */
static void names_the_proxy_for_plain_requests(void)
{
#define ANSWER(text) text, sizeof text - 1
  static misbehaviour plans[] = {
      {"http", NULL, 0, CSIO_EPROXY, "ended the connection: end of file"},
      {"http", ANSWER("SSH-2.0-proxy\r\n"), CSIO_EPROXY, "the proxy 127.0.0.1 port"},
      {"http", ANSWER("\x05\xff"), CSIO_EPROXY, "does not speak HTTP"},
      {"http", ANSWER("HTTP/1.1 407 Who\r\nProxy-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n"),
          CSIO_EPROXY_AUTH, "only Basic is supported"},
  };
#undef ANSWER
  for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
    peer server;
    peer_start(&server, misbehave, NULL, &plans[i]);
    csio_proxy *proxy = proxy_of(&server, plans[i].scheme, "");
    call call = {.loop = loop, .url = "http://target.test/", .proxy = proxy};
    call_expect_error(&call, plans[i].code, plans[i].part);
    csio_proxy_release(proxy);
    peer_stop(&server);
  }
}

static void silent(client *client)
{
  client_drain(client);
}

static void hang_up(client *client)
{
  char some[1024];
  client_read(client, some, sizeof some);
  if (client->peer->data) client_reset(client);
}

/* An https proxy that ends the connection during its own handshake, with and without a reset, and one with a
 * certificate that nobody trusts. */
static void names_https_proxies(void)
{
  identity self = identity_make("proxy", "IP:127.0.0.1", NULL, -DAY, DAY);
  SSL_CTX *ctx = server_context(&self, NULL);
  for (int i = 0; i < 6; i++) {
    bool trusts = i < 4;
    char message[100];
    peer server;
    peer_start(&server, hang_up, trusts ? NULL : ctx, i % 2 ? &server : NULL);
    snprintf(message, sizeof message,
        trusts ? "the TLS handshake with the proxy 127.0.0.1 port %u failed: "
               : "the certificate of the proxy 127.0.0.1 port %u was refused: ",
        (unsigned)server.port);
    csio_proxy *proxy = proxy_of(&server, "https", "");
    const char *url = i & 2 ? "https://target.test/" : "http://target.test/";
    call call = {.loop = loop, .url = url, .proxy = proxy};
    call_expect_error(&call, trusts ? CSIO_EPROXY : CSIO_ETLS_UNTRUSTED, message);
    csio_proxy_release(proxy);
    peer_stop(&server);
  }
  SSL_CTX_free(ctx);
  identity_free(&self);
}

static void limits_and_cancels(void)
{
  char message[200];
  peer server;
  peer_start(&server, silent, NULL, NULL);
  csio_proxy *proxy = proxy_of(&server, "http", "");
  snprintf(message, sizeof message,
      "connecting to target.test port 443 through the proxy 127.0.0.1 port %u took longer than 100 ms",
      (unsigned)server.port);
  socket_test slow = {.loop = loop, .url = "wss://target.test/", .proxy = proxy, .timeout = 100};
  socket_expect_error(&slow, CSIO_ETIMEOUT, message);
  AWAIT(&server.monitor, server.ended == 1);
  call late = {.loop = loop, .url = "https://target.test/", .proxy = proxy, .timeout = 100};
  call_expect_error(&late, CSIO_ETIMEOUT, message);
  CHECK_STRING(late.message, slow.error);
  AWAIT(&server.monitor, server.ended == 2);
  socket_test closed = {.loop = loop, .url = "ws://target.test/", .proxy = proxy};
  socket_start(&closed);
  AWAIT(&server.monitor, server.accepted == 3);
  socket_close(&closed);
  CHECK_INT(closed.errors, 0);
  AWAIT(&server.monitor, server.ended == 3);
  csio_loop *own = test_loop();
  socket_test left = {.loop = own, .url = "ws://target.test/", .proxy = proxy};
  socket_start(&left);
  AWAIT(&server.monitor, server.accepted == 4);
  csio_loop_close(own);
  CHECK_INT(left.error_code, CSIO_ECANCELLED);
  csio_proxy_release(proxy);
  peer_stop(&server);
}

int main(int argc, char **argv)
{
  loop = test_loop();
  RUN(names_socks_replies);
  RUN(refuses_misbehaving_proxies);
  RUN(names_the_proxy_for_plain_requests);
  RUN(names_https_proxies);
  RUN(limits_and_cancels);
  csio_loop_close(loop);
}
