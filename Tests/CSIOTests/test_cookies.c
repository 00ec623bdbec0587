/* The cookie jar alone. */
#include "net/cookies_internal.h"
#include "net/public_suffix.h"
#include "test.h"

#include <csio/error.h>

#include <time.h>

/* The time at which the tables run: 2026-01-01, 00:00:00 GMT. */
static const int64_t NOW = 1767225600;

static int store_at(csio_cookies *jar, const char *url, const char *line, int64_t now)
{
  csio__url parsed;
  CHECK_INT(csio__url_parse_any(&parsed, url), CSIO_OK);
  int err = csio__cookies_store(jar, &parsed, line, now);
  csio__url_free(&parsed);
  return err;
}

/* The header, "" for none; the next call overwrites it. */
static const char *header_at(csio_cookies *jar, const char *url, const char *own, int64_t now)
{
  static char text[8192];
  csio__url parsed;
  csio__bytes out = {0};
  CHECK_INT(csio__url_parse_any(&parsed, url), CSIO_OK);
  CHECK_INT(csio__cookies_header(jar, &parsed, own, now, &out), CSIO_OK);
  csio__url_free(&parsed);
  CHECK(out.size < sizeof text);
  snprintf(text, sizeof text, "%s", out.size ? (char *)out.data : "");
  csio__bytes_free(&out);
  return text;
}

/* --- one cookie, one request --- */

/* `sent` is what a request to `to` carries after `from` set `line`; NULL if the cookie is refused. */
typedef struct exchange {
  const char *from, *line, *to, *sent;
} exchange;

static void check(const exchange *cases, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    csio_cookies *jar = test_jar();
    int err = store_at(jar, cases[i].from, cases[i].line, NOW);
    const char *sent = header_at(jar, cases[i].to, NULL, NOW);
    if (err != (cases[i].sent ? CSIO_OK : CSIO_EINVALID))
      FAIL("\"%s\" from %s gives %s", cases[i].line, cases[i].from, csio_err_name(err));
    if (strcmp(sent, cases[i].sent ? cases[i].sent : ""))
      FAIL("\"%s\" from %s becomes \"%s\" at %s, not \"%s\"", cases[i].line, cases[i].from, sent, cases[i].to,
          cases[i].sent ? cases[i].sent : "");
    csio_cookies_release(jar);
  }
}

#define CHECK_TABLE(cases) check(cases, sizeof(cases) / sizeof *(cases))

static void reads_names_and_values(void)
{
  static const exchange cases[] = {
      {"http://a.com/", "a=1", "http://a.com/", "a=1"},
      {"http://a.com/", "  a  =  1  ", "http://a.com/", "a=1"},
      {"http://a.com/", "a=", "http://a.com/", "a="},
      {"http://a.com/", "a=b=c==", "http://a.com/", "a=b=c=="},
      {"http://a.com/", "a=\"quoted; not\"", "http://a.com/", "a=\"quoted"},
      {"http://a.com/", "a=\"kept\"; Path=/", "http://a.com/", "a=\"kept\""},
      {"http://a.com/", "a=one two", "http://a.com/", "a=one two"},
      {"http://a.com/", "a=\xe2\x82\xac", "http://a.com/", "a=\xe2\x82\xac"},
      {"http://a.com/", "A=1; HttpOnly; SameSite=Strict; unheard=of;;", "http://a.com/", "A=1"},
      {"http://a.com/", "novalue", "http://a.com/", NULL},
      {"http://a.com/", "=1", "http://a.com/", NULL},
      {"http://a.com/", "", "http://a.com/", NULL},
      {"http://a.com/", ";a=1", "http://a.com/", NULL},
      {"http://a.com/", "a=1\n2", "http://a.com/", NULL},
      {"http://a.com/", "a=1\x7f", "http://a.com/", NULL},
  };
  CHECK_TABLE(cases);
}

static void keeps_to_domains(void)
{
  static const exchange cases[] = {
      /* without the attribute, only the same host */
      {"http://a.com/", "x=1", "http://a.com/", "x=1"},
      {"http://a.com/", "x=1", "http://A.COM/", "x=1"},
      {"http://a.com/", "x=1", "http://a.com:8080/", "x=1"},
      {"http://a.com/", "x=1", "http://www.a.com/", ""},
      {"http://www.a.com/", "x=1", "http://a.com/", ""},
      {"http://a.com/", "x=1", "http://b.com/", ""},
      {"http://localhost/", "x=1", "http://localhost/", "x=1"},
      /* with it, names below as well */
      {"http://a.com/", "x=1; Domain=a.com", "http://a.com/", "x=1"},
      {"http://a.com/", "x=1; Domain=a.com", "http://www.a.com/", "x=1"},
      {"http://a.com/", "x=1; DOMAIN=.A.com", "http://deep.www.a.com/", "x=1"},
      {"http://www.a.com/", "x=1; domain=a.com", "http://other.a.com/", "x=1"},
      {"http://www.a.com/", "x=1; domain=a.com", "http://bada.com/", ""},
      {"http://www.a.com/", "x=1; domain=a.com", "http://a.com.evil.com/", ""},
      {"http://www.a.com/", "x=1; domain=", "http://www.a.com/", "x=1"},
      {"http://www.a.com/", "x=1; domain=", "http://a.com/", ""},
      {"http://www.a.com/", "x=1; domain=b.com; domain=a.com", "http://a.com/",
          "x=1"}, /* the last one wins */
      /* other domains, and public suffixes */
      {"http://a.com/", "x=1; Domain=b.com", "http://b.com/", NULL},
      {"http://a.com/", "x=1; Domain=www.a.com", "http://www.a.com/", NULL},
      {"http://bada.com/", "x=1; Domain=a.com", "http://a.com/", NULL},
      {"http://a.com/", "x=1; Domain=com", "http://b.com/", NULL},
      {"http://a.com/", "x=1; Domain=.com", "http://a.com/", NULL},
      {"http://a.com/", "x=1; Domain=a.com.", "http://a.com/", NULL},
      {"http://localhost/", "x=1; Domain=localhost", "http://localhost/", "x=1"},
      {"http://localhost/", "x=1; Domain=localhost", "http://www.localhost/", ""},
      /* addresses */
      {"http://127.0.0.1/", "x=1", "http://127.0.0.1:99/", "x=1"},
      {"http://127.0.0.1/", "x=1; Domain=127.0.0.1", "http://127.0.0.1/", "x=1"},
      {"http://127.0.0.1/", "x=1; Domain=0.0.1", "http://127.0.0.1/", NULL},
      {"http://127.0.0.1/", "x=1; Domain=1", "http://127.0.0.1/", NULL},
      {"http://[::1]/", "x=1", "http://[::1]/", "x=1"},
      {"http://[::1]/", "x=1; Domain=::1", "http://[::1]/", "x=1"},
      {"http://[::1]/", "x=1", "http://[::2]/", ""},
  };
  CHECK_TABLE(cases);
}

/* Holds with libpsl and without it. */
static void keeps_to_hosts_of_one_label(void)
{
  static const exchange cases[] = {
      {"http://a.com/", "x=1; Domain=com", "http://b.com/", NULL},
      {"http://a.com/", "x=1; Domain=.COM", "http://b.com/", NULL},
      {"http://a.com./", "x=1; Domain=com.", "http://b.com./", NULL},
      {"http://a.com./", "x=1; Domain=a.com.", "http://a.com./", "x=1"},
      {"http://a.com./", "x=1; Domain=a.com.", "http://b.a.com./", ""},
      {"http://a.xn--p1ai/", "x=1; Domain=xn--p1ai", "http://b.xn--p1ai/", NULL},
      {"http://a.localhost/", "x=1; Domain=localhost", "http://localhost/", NULL},
      {"http://com/", "x=1; Domain=com", "http://com/", "x=1"},
      {"http://com/", "x=1; Domain=com", "http://a.com/", ""},
      {"http://127.1/", "x=1; Domain=127.0.0.1", "http://127.0.0.1/", "x=1"},
      {"http://1.2.3.4/", "x=1; Domain=.2.3.4", "http://1.2.3.4/", NULL},
      {"http://1.2.3.4/", "x=1; Domain=3.4", "http://1.2.3.4/", NULL},
      {"http://[::ffff:1.2.3.4]/", "x=1; Domain=2.3.4", "http://1.2.3.4/", NULL},
      {"http://[fe80::1%25a.co]/", "x=1; Domain=a.co", "http://b.a.co/", NULL},
      {"http://B.A.Com/", "x=1; Domain=a.cOM", "http://c.a.com/", "x=1"},
  };
  CHECK_TABLE(cases);
  csio__public_suffixes_off = true;
  CHECK(!csio__knows_public_suffixes());
  CHECK_TABLE(cases);
  csio__public_suffixes_off = false;
}

static void keeps_off_public_suffixes(void)
{
  static const exchange cases[] = {
      {"http://a.co.uk/", "x=1; Domain=co.uk", "http://b.co.uk/", NULL},
      {"http://A.CO.UK/", "x=1; Domain=.Co.Uk", "http://b.co.uk/", NULL},
      {"http://a.b.co.uk/", "x=1; Domain=co.uk", "http://c.co.uk/", NULL},
      {"http://a.b.co.uk/", "x=1; Domain=b.co.uk", "http://c.b.co.uk/", "x=1"},
      {"http://a.co.uk/", "x=1; Domain=a.co.uk", "http://b.a.co.uk/", "x=1"},
      {"http://a.github.io/", "x=1; Domain=github.io", "http://b.github.io/", NULL},
      {"http://github.io/", "x=1; Domain=github.io", "http://github.io/", "x=1"},
      {"http://github.io/", "x=1; Domain=github.io", "http://a.github.io/", ""},
      /* a public suffix whose rule has an exception */
      {"http://a.b.ck/", "x=1; Domain=b.ck", "http://c.b.ck/", NULL},
      {"http://b.ck/", "x=1; Domain=b.ck", "http://b.ck/", "x=1"},
      {"http://b.ck/", "x=1; Domain=b.ck", "http://a.b.ck/", ""},
      {"http://a.www.ck/", "x=1; Domain=www.ck", "http://b.www.ck/", "x=1"},
      {"http://a.b.kawasaki.jp/", "x=1; Domain=kawasaki.jp", "http://c.kawasaki.jp/", NULL},
      /* international names, in both forms */
      {"http://a.xn--55qx5d.cn/", "x=1; Domain=xn--55qx5d.cn", "http://b.xn--55qx5d.cn/", NULL},
      {"http://a.\xe5\x85\xac\xe5\x8f\xb8.cn/", "x=1; Domain=xn--55qx5d.cn", "http://b.xn--55qx5d.cn/", NULL},
      {"http://a.xn--55qx5d.cn/", "x=1; Domain=\xe5\x85\xac\xe5\x8f\xb8.cn", "http://b.xn--55qx5d.cn/", NULL},
      {"http://b.a.xn--55qx5d.cn/", "x=1; Domain=a.xn--55qx5d.cn", "http://a.xn--55qx5d.cn/", "x=1"},
      {"http://a.unheard.of/", "x=1; Domain=unheard.of", "http://b.unheard.of/", "x=1"},
  };
  if (!csio__knows_public_suffixes()) {
    printf("  there is no libpsl here\n");
    return;
  }
  CHECK_TABLE(cases);
  static const exchange without[] = {{"http://a.co.uk/", "x=1; Domain=co.uk", "http://b.co.uk/", "x=1"}};
  csio__public_suffixes_off = true;
  CHECK_TABLE(without);
  csio__public_suffixes_off = false;
  char url[300] = "http://", line[300] = "x=1; Domain="; /* longer than any name */
  for (int i = 0; i < 60; i++)
    strcat(url, "abc.");
  strcat(url, "abcdefghijk.co.uk/");
  strcat(line, "co.uk");
  csio_cookies *jar = test_jar();
  CHECK_INT(store_at(jar, url, line, NOW), CSIO_EINVALID);
  csio_cookies_release(jar);
}

static void keeps_to_paths(void)
{
  static const exchange cases[] = {
      {"http://a.com/one/two", "x=1; Path=/", "http://a.com/", "x=1"},
      {"http://a.com/", "x=1; path=/one", "http://a.com/one", "x=1"},
      {"http://a.com/", "x=1; path=/one", "http://a.com/one/", "x=1"},
      {"http://a.com/", "x=1; path=/one", "http://a.com/one/two?three", "x=1"},
      {"http://a.com/", "x=1; path=/one", "http://a.com/one?two", "x=1"},
      {"http://a.com/", "x=1; path=/one", "http://a.com/onetwo", ""},
      {"http://a.com/", "x=1; path=/one", "http://a.com/One", ""},
      {"http://a.com/", "x=1; path=/one", "http://a.com/", ""},
      {"http://a.com/", "x=1; path=/one/", "http://a.com/one/two", "x=1"},
      {"http://a.com/", "x=1; path=/one/", "http://a.com/one", ""},
      /* without a usable path, the directory of the URL */
      {"http://a.com/one/two", "x=1", "http://a.com/one/", "x=1"},
      {"http://a.com/one/two", "x=1", "http://a.com/one", "x=1"},
      {"http://a.com/one/two", "x=1", "http://a.com/", ""},
      {"http://a.com/one/two/", "x=1", "http://a.com/one/two", "x=1"},
      {"http://a.com/one/two/", "x=1", "http://a.com/one/", ""},
      {"http://a.com/one?q=/a/b", "x=1", "http://a.com/", "x=1"},
      {"http://a.com/one", "x=1; path=relative", "http://a.com/two", "x=1"},
      {"http://a.com/one/two", "x=1; path=", "http://a.com/one/", "x=1"},
      {"http://a.com", "x=1", "http://a.com/any/where", "x=1"},
      {"ws://a.com/socket.io/?EIO=4", "x=1", "http://a.com/socket.io/?EIO=4", "x=1"},
  };
  CHECK_TABLE(cases);
}

static void keeps_secure_cookies_to_tls(void)
{
  static const exchange cases[] = {
      {"https://a.com/", "x=1; Secure", "https://a.com/", "x=1"},
      {"https://a.com/", "x=1; secure", "wss://a.com/", "x=1"},
      {"wss://a.com/", "x=1; secure", "https://a.com/", "x=1"},
      {"https://a.com/", "x=1; Secure", "http://a.com/", ""},
      {"https://a.com/", "x=1; Secure=no", "ws://a.com/", ""},
      {"https://a.com/", "x=1", "http://a.com/", "x=1"},
      {"http://a.com/", "x=1", "https://a.com/", "x=1"},
      {"http://a.com/", "x=1", "ws://a.com/", "x=1"},
      {"http://a.com/", "x=1; Secure", "https://a.com/", NULL},
      {"ws://a.com/", "x=1; Secure", "wss://a.com/", NULL},
      {"https://a.com/", "__Secure-x=1; Secure", "https://a.com/", "__Secure-x=1"},
      {"https://a.com/", "__Secure-x=1", "https://a.com/", NULL},
      {"https://a.com/", "__Host-x=1; Secure; Path=/", "https://a.com/", "__Host-x=1"},
      {"https://a.com/one/", "__Host-x=1; Secure; Path=/one/", "https://a.com/one/", NULL},
      {"https://a.com/", "__Host-x=1; Secure", "https://a.com/", NULL},
      {"https://a.com/", "__Host-x=1; Secure; Path=/; Domain=a.com", "https://a.com/", NULL},
  };
  CHECK_TABLE(cases);
}

static void reads_ages_and_dates(void)
{
  static const exchange cases[] = {
      {"http://a.com/", "x=1; Max-Age=1", "http://a.com/", "x=1"},
      {"http://a.com/", "x=1; max-age=99999999999999999999999", "http://a.com/", "x=1"},
      {"http://a.com/", "x=1; Max-Age=0", "http://a.com/", ""},
      {"http://a.com/", "x=1; MAX-AGE=-5", "http://a.com/", ""},
      {"http://a.com/", "x=1; Max-Age=soon", "http://a.com/", "x=1"},
      {"http://a.com/", "x=1; Max-Age=", "http://a.com/", "x=1"},
      {"http://a.com/", "x=1; Max-Age=-", "http://a.com/", "x=1"},
      {"http://a.com/", "x=1; Max-Age=1.5", "http://a.com/", "x=1"},
      {"http://a.com/", "x=1; Expires=Wed, 31 Dec 2025 23:59:59 GMT", "http://a.com/", ""},
      {"http://a.com/", "x=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT", "http://a.com/", ""},
      {"http://a.com/", "x=1; Expires=Thu, 01 Jan 2026 00:00:01 GMT", "http://a.com/", "x=1"},
      {"http://a.com/", "x=1; expires=Thu, 01-Jan-1970 00:00:01 GMT", "http://a.com/", ""},
      {"http://a.com/", "x=1; Expires=Thursday, 01-Jan-70 00:00:01 GMT", "http://a.com/", ""},
      {"http://a.com/", "x=1; Expires=Wednesday, 09-Nov-33 23:12:40 GMT", "http://a.com/", "x=1"},
      {"http://a.com/", "x=1; Expires=Sun Nov  6 08:49:37 1994", "http://a.com/", ""},
      {"http://a.com/", "x=1; Expires=Sun Nov  6 08:49:37 2033", "http://a.com/", "x=1"},
      {"http://a.com/", "x=1; Expires=Thu, 1 Jan 1970 00:00:00 GMT", "http://a.com/", ""},
      {"http://a.com/", "x=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT", "http://a.com/", "x=1"},
      {"http://a.com/", "x=1; Expires=whenever", "http://a.com/", "x=1"},
      {"http://a.com/", "x=1; Expires=0", "http://a.com/", "x=1"},
      {"http://a.com/", "x=1; Expires=", "http://a.com/", "x=1"},
      /* Max-Age wins, whatever the order */
      {"http://a.com/", "x=1; Max-Age=9; Expires=Thu, 01 Jan 1970 00:00:01 GMT", "http://a.com/", "x=1"},
      {"http://a.com/", "x=1; Expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=9", "http://a.com/", "x=1"},
      {"http://a.com/", "x=1; Expires=Sun, 06 Nov 2033 08:49:37 GMT; Max-Age=0", "http://a.com/", ""},
  };
  CHECK_TABLE(cases);
}

/* --- many cookies --- */

static void forgets_in_time(void)
{
  csio_cookies *jar = test_jar();
  store_at(jar, "http://a.com/", "short=1; Max-Age=10", NOW);
  store_at(jar, "http://a.com/", "session=1", NOW);
  CHECK_STRING(header_at(jar, "http://a.com/", NULL, NOW + 9), "short=1; session=1");
  CHECK_STRING(header_at(jar, "http://a.com/", NULL, NOW + 10), "session=1");
  CHECK_STRING(header_at(jar, "http://a.com/", NULL, NOW + 9), "session=1"); /* it does not come back */
  store_at(jar, "http://a.com/", "session=; Max-Age=0", NOW);
  CHECK_STRING(header_at(jar, "http://a.com/", NULL, NOW), "");
  CHECK_INT(csio_cookies_count(jar), 0);
  csio_cookies_release(jar);
}

static void replaces_the_same_cookie(void)
{
  csio_cookies *jar = test_jar();
  store_at(jar, "http://www.a.com/", "x=1; Path=/", NOW);
  store_at(jar, "http://www.a.com/", "y=1; Path=/", NOW);
  store_at(jar, "http://www.a.com/", "x=2; Path=/; Max-Age=5", NOW);
  CHECK_STRING(header_at(jar, "http://www.a.com/", NULL, NOW), "x=2; y=1"); /* it keeps its position */
  store_at(jar, "http://www.a.com/", "X=3; Path=/", NOW);                   /* names are case-sensitive */
  store_at(jar, "http://www.a.com/", "x=4; Path=/one", NOW);
  store_at(jar, "http://www.a.com/", "x=5; Path=/; Domain=a.com", NOW);
  CHECK_STRING(header_at(jar, "http://www.a.com/one", NULL, NOW), "x=4; x=2; y=1; X=3; x=5");
  CHECK_STRING(header_at(jar, "http://a.com/one", NULL, NOW), "x=5");
  csio_cookies_clear(jar);
  CHECK_INT(csio_cookies_count(jar), 0);
  csio_cookies_release(jar);
}

/* Cookies set over TLS cannot be replaced, deleted or hidden by what plain HTTP sets. */
static void protects_secure_cookies(void)
{
  static const struct {
    const char *from, *line;
    int err;
  } cases[] = {
      {"http://a.com/", "x=forged; Path=/one", CSIO_EINVALID},
      {"http://a.com/", "x=; Max-Age=0; Path=/one", CSIO_EINVALID},
      {"http://a.com/", "x=forged; Path=/one/two", CSIO_EINVALID},
      {"http://a.com/one/", "x=forged", CSIO_EINVALID},
      {"http://a.com/", "x=forged; Path=/one; Domain=a.com", CSIO_EINVALID},
      {"http://www.a.com/", "x=forged; Path=/one; Domain=a.com", CSIO_EINVALID},
      {"http://www.a.com/", "x=forged; Path=/one", CSIO_EINVALID},
      {"ws://a.com/", "x=forged; Path=/one", CSIO_EINVALID},
      /* cookies sent after it, or not together with it */
      {"http://a.com/", "x=other; Path=/", CSIO_OK},
      {"http://a.com/", "x=other; Path=/on", CSIO_OK},
      {"http://a.com/", "x=other; Path=/oneself", CSIO_OK},
      {"http://a.com/", "X=other; Path=/one", CSIO_OK},
      {"http://bada.com/", "x=other; Path=/one", CSIO_OK},
      {"https://a.com/", "x=other; Path=/one", CSIO_OK},
      {"https://www.a.com/", "x=other; Path=/one", CSIO_OK},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    for (int domain = 0; domain < 2; domain++) {
      csio_cookies *jar = test_jar();
      const char *safe = domain ? "x=safe; Secure; Path=/one; Domain=a.com" : "x=safe; Secure; Path=/one";
      CHECK_INT(store_at(jar, "https://a.com/", safe, NOW), CSIO_OK);
      int err = store_at(jar, cases[i].from, cases[i].line, NOW);
      if (err != cases[i].err)
        FAIL("\"%s\" from %s gives %s", cases[i].line, cases[i].from, csio_err_name(err));
      if (err) CHECK_STRING(header_at(jar, "https://a.com/one/two", NULL, NOW), "x=safe");
      csio_cookies_release(jar);
    }
}

static void sends_longer_paths_first(void)
{
  csio_cookies *jar = test_jar();
  static const char *const lines[] = {"root=1; Path=/", "deep=1; Path=/a/b/c", "root2=1; Path=/",
      "middle=1; Path=/a/b", "deep2=1; Path=/a/b/c"};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    CHECK_INT(store_at(jar, "http://a.com/", lines[i], NOW), CSIO_OK);
  CHECK_STRING(
      header_at(jar, "http://a.com/a/b/c/d", NULL, NOW), "deep=1; deep2=1; middle=1; root=1; root2=1");
  csio_cookies_release(jar);
}

static void merges_with_the_users_own(void)
{
  static const struct {
    const char *own, *header;
  } cases[] = {
      {NULL, "a=jar; b=jar"},
      {"", "a=jar; b=jar"},
      {"c=own", "c=own; a=jar; b=jar"},
      {"a=own", "a=own; b=jar"},
      {"b=own; a=own", "b=own; a=own"},
      {"b =own;a", "b =own;a"},
      {"A=own; aa=own; ba=own", "A=own; aa=own; ba=own; a=jar; b=jar"},
      {"x=a=1", "x=a=1; a=jar; b=jar"},
  };
  csio_cookies *jar = test_jar();
  store_at(jar, "http://a.com/", "a=jar", NOW);
  store_at(jar, "http://a.com/", "b=jar", NOW);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    CHECK_STRING(header_at(jar, "http://a.com/", cases[i].own, NOW), cases[i].header);
  CHECK_STRING(header_at(jar, "http://b.com/", "own=1", NOW), "own=1");
  csio_cookies_release(jar);
}

static void limits_size_and_number(void)
{
  csio_cookies *jar = test_jar();
  char line[CSIO__COOKIE_MAX_SIZE + 16], url[64], path[CSIO__COOKIE_MAX_PATH + 32];
  memset(line, 'v', sizeof line);
  memcpy(line, "x=", 2);
  line[CSIO__COOKIE_MAX_SIZE + 1] = '\0'; /* the `=` is not counted */
  CHECK_INT(store_at(jar, "http://a.com/", line, NOW), CSIO_OK);
  line[CSIO__COOKIE_MAX_SIZE + 1] = 'v';
  line[CSIO__COOKIE_MAX_SIZE + 2] = '\0';
  CHECK_INT(store_at(jar, "http://a.com/", line, NOW), CSIO_EINVALID);
  CHECK_INT(csio_cookies_count(jar), 1);
  snprintf(path, sizeof path, "x=1; path=/%0*d", CSIO__COOKIE_MAX_PATH, 0); /* too long to be accepted */
  CHECK_INT(store_at(jar, "http://b.com/one/two", path, NOW), CSIO_OK);
  CHECK_STRING(header_at(jar, "http://b.com/one/", NULL, NOW), "x=1");
  csio_cookies_clear(jar);

  for (int i = 0; i < CSIO__COOKIES_PER_HOST; i++) {
    snprintf(line, sizeof line, "n%d=1; Path=/%d", i, i);
    CHECK_INT(store_at(jar, "http://a.com/", line, NOW), CSIO_OK);
  }
  CHECK_STRING(header_at(jar, "http://a.com/0", NULL, NOW), "n0=1"); /* it was used, so n1 is evicted */
  CHECK_INT(store_at(jar, "http://a.com/", "new=1; Path=/", NOW), CSIO_OK);
  CHECK_INT(csio_cookies_count(jar), CSIO__COOKIES_PER_HOST);
  CHECK_STRING(header_at(jar, "http://a.com/0", NULL, NOW), "n0=1; new=1");
  CHECK_STRING(header_at(jar, "http://a.com/1", NULL, NOW), "new=1");
  CHECK_STRING(header_at(jar, "http://a.com/2", NULL, NOW), "n2=1; new=1");

  for (int i = 0; i < CSIO__COOKIES_MAX; i++) {
    snprintf(url, sizeof url, "http://host%d.com/", i);
    CHECK_INT(store_at(jar, url, "x=1", NOW), CSIO_OK);
  }
  CHECK_INT(csio_cookies_count(jar), CSIO__COOKIES_MAX);
  CHECK_STRING(header_at(jar, "http://a.com/", NULL, NOW), ""); /* the oldest are gone */
  CHECK_STRING(header_at(jar, "http://host0.com/", NULL, NOW), "x=1");
  csio_cookies_release(jar);
}

static void checks_the_public_interface(void)
{
  csio_cookies *jar = test_jar();
  csio_buffer *header;
  CHECK_INT(csio_cookies_store(jar, "ftp://a.com/", "a=1"), CSIO_EURL);
  CHECK_INT(csio_cookies_store(jar, "http://a.com/", "a"), CSIO_EINVALID);
  CHECK_INT(csio_cookies_store(jar, "http://a.com/", "a=1; Expires=Thu, 01 Jan 1970 00:00:01 GMT"), CSIO_OK);
  CHECK_INT(csio_cookies_header(jar, "http://a.com/", &header), CSIO_OK);
  CHECK(!header);
  CHECK_INT(csio_cookies_header(jar, "nonsense", &header), CSIO_EURL);
  CHECK_INT(csio_cookies_store(jar, "http://a.com/", "a=1; Max-Age=60"), CSIO_OK);
  CHECK_INT(csio_cookies_store(jar, "http://a.com/", "b=2"), CSIO_OK);
  CHECK_INT(csio_cookies_count(jar), 2);
  CHECK_INT(csio_cookies_header(jar, "ws://a.com/", &header), CSIO_OK);
  CHECK_STRING((char *)csio_buffer_bytes(header), "a=1; b=2");
  CHECK_INT(csio_buffer_size(header), 8);
  csio_buffer_destroy(header);
  csio_cookies_retain(jar);
  csio_cookies_release(jar);
  CHECK_INT(csio_cookies_count(jar), 2);
  csio_cookies_release(jar);
  csio_cookies_release(NULL);
}

static void *store_many(void *jar)
{
  for (int i = 0; i < 2000; i++) {
    csio_buffer *header;
    CHECK_INT(csio_cookies_store(jar, "http://a.com/", i % 2 ? "a=1" : "b=2; Max-Age=0"), CSIO_OK);
    CHECK_INT(csio_cookies_header(jar, "http://a.com/", &header), CSIO_OK);
    csio_buffer_destroy(header);
  }
  return NULL;
}

static void serves_several_threads(void)
{
  csio_cookies *jar = test_jar();
  pthread_t threads[4];
  for (int i = 0; i < 4; i++)
    CHECK(!pthread_create(&threads[i], NULL, store_many, jar));
  for (int i = 0; i < 4; i++)
    pthread_join(threads[i], NULL);
  CHECK_INT(csio_cookies_count(jar), 1);
  csio_cookies_release(jar);
}

int main(int argc, char **argv)
{
  RUN(reads_names_and_values);
  RUN(keeps_to_domains);
  RUN(keeps_to_hosts_of_one_label);
  RUN(keeps_off_public_suffixes);
  RUN(keeps_to_paths);
  RUN(keeps_secure_cookies_to_tls);
  RUN(reads_ages_and_dates);
  RUN(forgets_in_time);
  RUN(replaces_the_same_cookie);
  RUN(protects_secure_cookies);
  RUN(sends_longer_paths_first);
  RUN(merges_with_the_users_own);
  RUN(limits_size_and_number);
  RUN(checks_the_public_interface);
  RUN(serves_several_threads);
}
