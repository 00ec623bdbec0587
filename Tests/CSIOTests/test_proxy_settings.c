/* Proxy URLs, and the proxies of the environment. */
#include "net/proxy_internal.h"
#include "test.h"

#include <csio/error.h>

/* --- URLs --- */

static void reads_urls(void)
{
  static const struct {
    const char *url;
    int err;
    csio__proxy_kind kind;
    const char *host;
    uint16_t port;
    const char *user, *password;
  } cases[] = {
      {"http://proxy:3128", CSIO_OK, CSIO__PROXY_HTTP, "proxy", 3128, NULL, NULL},
      {"HTTP://Proxy/", CSIO_OK, CSIO__PROXY_HTTP, "Proxy", 80, NULL, NULL},
      {"proxy", CSIO_OK, CSIO__PROXY_HTTP, "proxy", 80, NULL, NULL},
      {"proxy:8080", CSIO_OK, CSIO__PROXY_HTTP, "proxy", 8080, NULL, NULL},
      {"10.0.0.1:8080", CSIO_OK, CSIO__PROXY_HTTP, "10.0.0.1", 8080, NULL, NULL},
      {"user:pass@proxy:8080", CSIO_OK, CSIO__PROXY_HTTP, "proxy", 8080, "user", "pass"},
      {"https://proxy", CSIO_OK, CSIO__PROXY_HTTPS, "proxy", 443, NULL, NULL},
      {"https://proxy:80", CSIO_OK, CSIO__PROXY_HTTPS, "proxy", 80, NULL, NULL},
      {"socks5://proxy", CSIO_OK, CSIO__PROXY_SOCKS5, "proxy", 1080, NULL, NULL},
      {"socks5h://proxy:9050", CSIO_OK, CSIO__PROXY_SOCKS5H, "proxy", 9050, NULL, NULL},
      {"http://user@proxy", CSIO_OK, CSIO__PROXY_HTTP, "proxy", 80, "user", ""},
      {"http://us%40er:p%3Aa%25ss@proxy", CSIO_OK, CSIO__PROXY_HTTP, "proxy", 80, "us@er", "p:a%ss"},
      {"http://[::1]:3128", CSIO_OK, CSIO__PROXY_HTTP, "::1", 3128, NULL, NULL},
      {"socks4://proxy", CSIO_EUNSUPPORTED, 0, NULL, 0, NULL, NULL},
      {"socks5x://proxy", CSIO_EUNSUPPORTED, 0, NULL, 0, NULL, NULL},
      {"ftp://proxy", CSIO_EUNSUPPORTED, 0, NULL, 0, NULL, NULL},
      {"://proxy", CSIO_EUNSUPPORTED, 0, NULL, 0, NULL, NULL},
      {"http://", CSIO_EURL, 0, NULL, 0, NULL, NULL},
      {"http://proxy:99999", CSIO_EURL, 0, NULL, 0, NULL, NULL},
      {"", CSIO_EURL, 0, NULL, 0, NULL, NULL},
  };
  static char longest[300];
  csio_proxy *proxy = NULL;
  snprintf(longest, sizeof longest, "http://%0255d", 0);
  CHECK_INT(csio_proxy_create(longest, &proxy), CSIO_OK);
  csio_proxy_release(proxy);
  strcat(longest, "a");
  CHECK_INT(csio_proxy_create(longest, &proxy), CSIO_EURL);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    proxy = NULL;
    int err = csio_proxy_create(cases[i].url, &proxy);
    if (err != cases[i].err) FAIL("\"%s\" gives %s", cases[i].url, csio_err_name(err));
    if (err) continue;
    CHECK_INT(proxy->kind, cases[i].kind);
    CHECK_STRING(proxy->host, cases[i].host);
    CHECK_INT(proxy->port, cases[i].port);
    CHECK_INT(!proxy->user, !cases[i].user);
    if (proxy->user) CHECK_STRING(proxy->user, cases[i].user);
    if (proxy->user) CHECK_STRING(proxy->password, cases[i].password);
    csio_proxy_release(proxy);
  }
}

static const char *const variables[] = {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy",
    "ALL_PROXY", "no_proxy", "NO_PROXY"};

static void clear_environment(void)
{
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
    unsetenv(variables[i]);
}

static void reads_the_environment(void)
{
  static const struct {
    const char *settings[6]; /* names and values */
    const char *target, *host;
  } cases[] = {
      {{NULL}, "http://a.com/", NULL},
      {{"http_proxy", "http://plain"}, "http://a.com/", "plain"},
      {{"http_proxy", "http://plain"}, "ws://a.com/", "plain"},
      {{"http_proxy", "http://plain"}, "https://a.com/", NULL},
      {{"http_proxy", "http://plain"}, "wss://a.com/", NULL},
      {{"HTTP_PROXY", "http://evil"}, "http://a.com/", NULL},
      {{"https_proxy", "http://secure"}, "https://a.com/", "secure"},
      {{"https_proxy", "http://secure"}, "wss://a.com/", "secure"},
      {{"https_proxy", "http://secure"}, "ws://a.com/", NULL},
      {{"HTTPS_PROXY", "http://upper"}, "https://a.com/", "upper"},
      {{"HTTPS_PROXY", "http://upper", "https_proxy", "http://lower"}, "https://a.com/", "lower"},
      {{"all_proxy", "socks5://all"}, "http://a.com/", "all"},
      {{"ALL_PROXY", "socks5://all"}, "wss://a.com/", "all"},
      {{"all_proxy", "http://all", "http_proxy", "http://plain"}, "http://a.com/", "plain"},
      {{"all_proxy", "http://all", "http_proxy", ""}, "http://a.com/", "all"},
      {{"http_proxy", "bare:3128"}, "http://a.com/", "bare"},
      {{"http_proxy", ""}, "http://a.com/", NULL},
      {{"all_proxy", "p", "no_proxy", "*"}, "http://a.com/", NULL},
      {{"all_proxy", "p", "no_proxy", "*:80"}, "http://a.com/", "p"},
      {{"all_proxy", "p", "NO_PROXY", "a.com"}, "http://a.com/", NULL},
      {{"all_proxy", "p", "no_proxy", "b.com", "NO_PROXY", "a.com"}, "http://a.com/", "p"},
      {{"all_proxy", "p", "no_proxy", "a.com"}, "http://A.com/", NULL},
      {{"all_proxy", "p", "no_proxy", "a.com"}, "http://www.a.com/", NULL},
      {{"all_proxy", "p", "no_proxy", ".a.com"}, "http://www.a.com/", NULL},
      {{"all_proxy", "p", "no_proxy", ".a.com"}, "http://a.com/", NULL},
      {{"all_proxy", "p", "no_proxy", "*.a.com"}, "http://www.a.com/", NULL},
      {{"all_proxy", "p", "no_proxy", "a.com"}, "http://bada.com/", "p"},
      {{"all_proxy", "p", "no_proxy", "www.a.com"}, "http://a.com/", "p"},
      {{"all_proxy", "p", "no_proxy", "b.com, c.com a.com,,"}, "http://a.com/", NULL},
      {{"all_proxy", "p", "no_proxy", ",b.com , ,c.com,"}, "http://a.com/", "p"},
      {{"all_proxy", "p", "no_proxy", "a.com:8080"}, "http://a.com/", "p"},
      {{"all_proxy", "p", "no_proxy", "a.com:8080"}, "http://a.com:8080/", NULL},
      {{"all_proxy", "p", "no_proxy", "a.com:443"}, "wss://a.com/", NULL},
      {{"all_proxy", "p", "no_proxy", "a.com"}, "http://a.com./", NULL},
      {{"all_proxy", "p", "no_proxy", "127.0.0.1"}, "http://127.0.0.1:99/", NULL},
      {{"all_proxy", "p", "no_proxy", "0.0.1"}, "http://127.0.0.1/", "p"},
      {{"all_proxy", "p", "no_proxy", "::1"}, "http://[::1]/", NULL},
      {{"all_proxy", "p", "no_proxy", "[::1]"}, "http://[::1]:80/", NULL},
      {{"all_proxy", "p", "no_proxy", "[::1]:81"}, "http://[::1]/", "p"},
      {{"all_proxy", "p", "no_proxy", "[::1]:81"}, "http://[::1]:81/", NULL},
      {{"all_proxy", "p", "no_proxy", "[::1"}, "http://[::1]/", "p"},
      {{"all_proxy", "p", "no_proxy", ".,:80,[]"}, "http://a.com/", "p"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    csio_proxy *proxy;
    clear_environment();
    for (int j = 0; j < 6 && cases[i].settings[j]; j += 2)
      setenv(cases[i].settings[j], cases[i].settings[j + 1], 1);
    CHECK_INT(csio_proxy_from_environment(cases[i].target, &proxy), CSIO_OK);
    if (!proxy != !cases[i].host || (proxy && strcmp(proxy->host, cases[i].host)))
      FAIL("case %zu: %s goes through %s", i, cases[i].target, proxy ? proxy->host : "no proxy");
    csio_proxy_release(proxy);
  }
  csio_proxy *proxy;
  CHECK_INT(csio_proxy_from_environment("nonsense", &proxy), CSIO_EURL);
  setenv("all_proxy", "gopher://p", 1);
  unsetenv("no_proxy");
  CHECK_INT(csio_proxy_from_environment("http://a.com", &proxy), CSIO_EUNSUPPORTED);
  CHECK(!proxy);
  clear_environment();
}

static void names_those_that_answer(void)
{
  static const char *const cases[][2] = {{"user:secret@here:3128", "here port 3128"},
      {"https://[::1]", "::1 port 443"}, {"socks5://here", NULL}, {"socks5h://here:1", NULL}};
  for (int i = 0; i < 4; i++) {
    csio_proxy *proxy;
    CHECK_INT(csio_proxy_create(cases[i][0], &proxy), CSIO_OK);
    if (cases[i][1])
      CHECK_STRING(csio_proxy_http_name(proxy), cases[i][1]);
    else
      CHECK(!csio_proxy_http_name(proxy));
    csio_proxy_release(proxy);
  }
}

int main(int argc, char **argv)
{
  clear_environment();
  RUN(names_those_that_answer);
  RUN(reads_urls);
  RUN(reads_the_environment);
}
