/* What libcurl does about TLS by itself: its own checks, behind those of csio, and its TLS library. */
#include "call.h"
#include "identities.h"
#include "proxy_peer.h"
#include "socket.h"
#include "tls_settings.h"

#include <curl/curl.h>
#include <dlfcn.h>

static csio_loop *loop;

/* --- these replace the libraries' functions for the whole program --- */

static bool blind; /* csio's verification accepts everything */

static int accept_all(int ok, X509_STORE_CTX *store)
{
  (void)ok, (void)store;
  return 1; /* the error stays where SSL_get_verify_result finds it */
}

__attribute__((visibility("default"))) void SSL_CTX_set_verify(SSL_CTX *ctx, int mode, SSL_verify_cb callback)
{
  void (*real)(SSL_CTX *, int, SSL_verify_cb);
  *(void **)&real = dlsym(RTLD_NEXT, "SSL_CTX_set_verify");
  real(ctx, mode, callback && blind ? accept_all : callback);
}

static const char *library; /* that libcurl says it was built with, unless NULL */

__attribute__((visibility("default"))) curl_version_info_data *curl_version_info(CURLversion version)
{
  static curl_version_info_data info;
  curl_version_info_data *(*real)(CURLversion);
  *(void **)&real = dlsym(RTLD_NEXT, "curl_version_info");
  info = *real(version);
  if (library) info.ssl_version = library;
  return &info;
}

/* --- the tests --- */

static void refuses_by_itself(void)
{
  const identity *const servers[] = {&good, &unknown, &by_address};
  csio_tls *tls = tls_trusting(&authority);
  blind = true;
  for (int i = 0; i < 3; i++) {
    SSL_CTX *ctx = server_context(servers[i], NULL);
    peer server;
    peer_start(&server, answer_once, ctx, NULL);
    call call = {.loop = loop, .url = peer_url(&server, "https", "localhost", "/"), .tls = tls};
    call_run(&call);
    call_close(&call);
    CHECK_INT(call.error_code, i ? CSIO_ETLS : CSIO_OK);
    call_free(&call);
    peer_stop(&server);
    SSL_CTX_free(ctx);
  }
  blind = false;
  csio_tls_release(tls);
}

static void refuses_proxies_by_itself(void)
{
  identity strange = identity_make("strange", "IP:127.0.0.1", &other_authority, -DAY, DAY);
  const identity *const proxies[] = {&by_address, &strange, &good};
  csio_tls *tls = tls_trusting(&authority);
  blind = true;
  for (int i = 0; i < 3; i++) {
    SSL_CTX *ctx = server_context(proxies[i], NULL);
    proxy_plan plan = {0};
    peer server;
    peer_start(&server, http_proxy, ctx, &plan);
    csio_proxy *proxy = proxy_of(&server, "https", "");
    CHECK_INT(csio_proxy_set_tls(proxy, tls), CSIO_OK);
    call call = {.loop = loop, .url = "http://target.test/", .proxy = proxy};
    call_run(&call);
    call_close(&call);
    CHECK_INT(call.error_code, i ? CSIO_EPROXY : CSIO_OK);
    call_free(&call);
    csio_proxy_release(proxy);
    peer_stop(&server);
    SSL_CTX_free(ctx);
  }
  identity_free(&strange);
  blind = false;
  csio_tls_release(tls);
}

static void try_to_start(void *arg)
{
  csio_http *http;
  CHECK_INT(csio_http_create(loop, "GET", arg, &http), CSIO_OK);
  CHECK_INT(csio_http_start(http, NULL), CSIO_EUNSUPPORTED);
  csio_http_close(http, NULL);
}

/* The first test, since the default settings are made only once. */
static void says_which_library_does_not_fit(void)
{
  csio_tls *tls;
  peer server;
  library = "GnuTLS/3.7.9";
  CHECK_INT(csio_tls_create(&tls), CSIO_EUNSUPPORTED);
  CHECK_CONTAINS(csio_tls_last_message(NULL), "TLS needs a libcurl built with OpenSSL 3");
  CHECK_CONTAINS(csio_tls_last_message(NULL), "this one was built with GnuTLS/3.7.9");
  peer_start(&server, client_drain, NULL, NULL);
  on_loop(loop, try_to_start, (void *)peer_url(&server, "https", NULL, "/"));
  socket_test socket = {.loop = loop, .url = peer_url(&server, "wss", NULL, "/")};
  socket_expect_error(&socket, CSIO_EUNSUPPORTED, "the libraries underneath cannot do this");
  peer_stop(&server);
  library = NULL;
}

int main(int argc, char **argv)
{
  loop = test_loop();
  RUN(says_which_library_does_not_fit);
  identities_make();
  RUN(refuses_by_itself);
  RUN(refuses_proxies_by_itself);
  csio_loop_close(loop);
  identities_free();
}
