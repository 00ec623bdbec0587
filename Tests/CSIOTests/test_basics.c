/* Errors, versions, buffers, URLs and headers: everything that needs no loop. */
#include "test.h"

#include <ctype.h>
#include <csio/csio.h>

#include "base/buffer_internal.h"
#include "base/text.h"
#include "net/url.h"

#include <strings.h>
#include <sys/resource.h>
#include <unistd.h>

static void names_every_error(void)
{
  int count = 0;
#define CHECK_ERROR(name, value, sentence)                                                                   \
  CHECK_INT(CSIO_E##name, value);                                                                            \
  CHECK_STRING(csio_err_name(value), #name);                                                                 \
  CHECK_STRING(csio_err_message(value), sentence);                                                           \
  count++;
  CSIO_ERROR_MAP(CHECK_ERROR)
#undef CHECK_ERROR
  CHECK(count > 20);
  CHECK_STRING(csio_err_name(CSIO_OK), "OK");
  CHECK_STRING(csio_err_name(-1000), "UNKNOWN");
  CHECK_STRING(csio_err_name(1), "UNKNOWN");
  CHECK_STRING(csio_err_message(-1000), "an unknown error");
}

static void reports_versions(void)
{
  char version[32];
  snprintf(version, sizeof version, "%d.%d.%d", CSIO_VERSION_MAJOR, CSIO_VERSION_MINOR, CSIO_VERSION_PATCH);
  CHECK_STRING(csio_version(), version);
  const char *details = csio_version_details();
  CHECK_CONTAINS(details, version);
  CHECK_CONTAINS(details, " libcurl/");
  CHECK_CONTAINS(details, " libwebsockets/");
  CHECK_CONTAINS(details, " libuv/");
  CHECK_CONTAINS(details, " OpenSSL/3");
  CHECK(csio_version_details() == details);
}

static void makes_buffers(void)
{
  csio_buffer *buffer = csio_buffer_create(10);
  CHECK(buffer);
  CHECK_INT(csio_buffer_size(buffer), 10);
  memset(csio_buffer_bytes(buffer), 'x', 10);
  csio_buffer_truncate(buffer, 20);
  CHECK_INT(csio_buffer_size(buffer), 10);
  csio_buffer_truncate(buffer, 3);
  CHECK_INT(csio_buffer_size(buffer), 3);
  CHECK_INT(csio_buffer_bytes(buffer)[2], 'x');
  csio_buffer_destroy(buffer);
  buffer = csio_buffer_create(0);
  CHECK(buffer);
  CHECK_INT(csio_buffer_size(buffer), 0);
  csio_buffer_destroy(buffer);
  csio_buffer_destroy(NULL);
  CHECK(!csio_buffer_create(SIZE_MAX));
}

static void grows_bytes(void)
{
  csio__bytes bytes = {0};
  for (int i = 0; i < 1000; i++)
    CHECK(csio__bytes_append(&bytes, &i, sizeof i));
  CHECK_INT(bytes.size, 1000 * sizeof(int));
  int last;
  memcpy(&last, bytes.data + bytes.size - sizeof last, sizeof last);
  CHECK_INT(last, 999);
  CHECK(!csio__bytes_reserve(&bytes, SIZE_MAX));
  CHECK(!csio__bytes_reserve(&bytes, SIZE_MAX / 2));
  CHECK_INT(bytes.size, 1000 * sizeof(int));
  csio__bytes_free(&bytes);
  CHECK(csio__bytes_append(&bytes, NULL, 0));
}

/* Uppercases percent-encodings: both cases are valid, and libcurl versions differ. */
static const char *in_capitals(const char *text, char into[100])
{
  snprintf(into, 100, "%s", text);
  for (char *at = into; (at = strchr(at, '%')); at += 3)
    for (int i = 1; i < 3; i++)
      at[i] = (char)toupper((unsigned char)at[i]);
  return into;
}

static void check_url(
    const char *text, const char *host, int port, bool secure, const char *authority, const char *target)
{
  csio__url url;
  char given[100], wanted[100];
  CHECK_INT(csio__url_parse(&url, text, "ws", "wss"), CSIO_OK);
  CHECK_STRING(url.host, host);
  CHECK_INT(url.port, port);
  CHECK_INT(url.secure, secure);
  CHECK_STRING(url.authority, authority);
  CHECK_STRING(in_capitals(url.target, given), in_capitals(target, wanted));
  csio__url_free(&url);
}

static void reads_urls(void)
{
  check_url("ws://example.com", "example.com", 80, false, "example.com", "/");
  check_url("WSS://Example.com/", "Example.com", 443, true, "Example.com", "/");
  check_url("ws://example.com:80/a/b?c=d&e#f", "example.com", 80, false, "example.com", "/a/b?c=d&e");
  check_url("wss://example.com:80/", "example.com", 80, true, "example.com:80", "/");
  check_url("wss://example.com:443/?", "example.com", 443, true, "example.com", "/?");
  check_url("ws://127.0.0.1:8080/x", "127.0.0.1", 8080, false, "127.0.0.1:8080", "/x");
  check_url("ws://[::1]:8080/x", "::1", 8080, false, "[::1]:8080", "/x");
  check_url("ws://[::1]/x", "::1", 80, false, "[::1]", "/x");
  check_url("ws://[fe80::1%25eth0]/x", "fe80::1%eth0", 80, false, "[fe80::1]", "/x");
  check_url("ws://user:pass@example.com/", "example.com", 80, false, "example.com", "/");
  check_url("ws://b\xc3\xbc"
            "cher.example:81/",
      "xn--bcher-kva.example", 81, false, "xn--bcher-kva.example:81", "/");
  check_url("ws://127.1/", "127.0.0.1", 80, false, "127.0.0.1", "/");
  check_url("ws://0x7f.1/", "127.0.0.1", 80, false, "127.0.0.1", "/");
  check_url("ws://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.1/", "127.0.0.1", 80, false, "127.0.0.1",
      "/"); /* wide digits */
  check_url("ws://a%C3%BCb:8/", "xn--ab-xka", 8, false, "xn--ab-xka:8", "/");
  check_url("ws://127%2e1/", "127.0.0.1", 80, false, "127.0.0.1", "/");
  check_url("ws://a%40:%2f@%33/", "0.0.0.3", 80, false, "0.0.0.3", "/");
  check_url("ws://exa%6dple.com/", "example.com", 80, false, "example.com", "/");
  check_url("ws://example.com./", "example.com.", 80, false, "example.com.", "/");
  check_url("ws://example.com:/", "example.com", 80, false, "example.com", "/");
  check_url("ws://example.com:65535/", "example.com", 65535, false, "example.com:65535", "/");
  check_url("ws://example.com:080/", "example.com", 80, false, "example.com", "/");
  check_url("ws://a/@example.com/", "a", 80, false, "a", "/@example.com/");
  check_url("ws://a?@example.com/", "a", 80, false, "a", "/?@example.com/");
  check_url("ws://a#@example.com/", "a", 80, false, "a", "/");
}

/* Both URL readers must agree: adding a fragment, which is dropped, forces the reading by libcurl. */
static void check_by_libcurl(const char *text)
{
  csio__url plain, read;
  char longer[200];
  int err;
  snprintf(longer, sizeof longer, "%s#", text);
  if (csio__url_parse(&read, longer, "http", "https")) FAIL("\"%s\" is refused", text);
  plain = (csio__url){0};
  if (!csio__url_read_plain(&plain, text, "http", "https", &err)) FAIL("\"%s\" is not plain", text);
  CHECK_INT(err, CSIO_OK);
  CHECK_STRING(plain.whole, read.whole);
  CHECK_STRING(plain.host, read.host);
  CHECK_STRING(plain.authority, read.authority);
  CHECK_STRING(plain.target, read.target);
  CHECK(!plain.userinfo && !read.userinfo);
  CHECK_INT(plain.port, read.port);
  CHECK_INT(plain.has_port, read.has_port);
  CHECK_INT(plain.secure, read.secure);
  csio__url_free(&plain);
  csio__url_free(&read);
}

static void reads_plain_urls_as_libcurl_does(void)
{
  static const char *const urls[] = {"http://a", "https://a", "http://a/", "http://A.b-c.D/x", "http://a:80",
      "https://a:443/", "https://a:80/?", "http://a:65535?b", "http://a?/",
      "http://a/b//c?d=e&f=g:@h,i;j!k$l~_", "http://127.0.0.1:1/", "http://255.255.255.255",
      "http://localhost:3000/socket.io/?EIO=4&t=0a.-_", "http://x-1.example/a.b/c..d?e=a.b", "http://a/b/c.",
      "http://xn--bcher-kva.example"};
  for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
    check_by_libcurl(urls[i]);
}

/* URLs that libcurl would change or refuse do not count as plain. */
static void leaves_other_urls_to_libcurl(void)
{
  static const char *const urls[] = {"http:a", "http:/a", "htt://a", "httpx://a", "https:", "HTTP://a",
      "http://", "http://a./", "http://.a", "http://a..b", "http://-a", "http://1.2", "http://0x7f.1",
      "http://127.0.0.01", "http://1a", "http://a_b", "http://a:", "http://a:0", "http://a:080",
      "http://a:65536", "http://a:123456", "http://a:1x", "http://a@b", "http://[::1]", "http://a/./b",
      "http://a/..", "http://a/%41", "http://a/#", "http://a/\"", "http://a/\xc3\xa4", "http://a;b",
      "http://a/b|c"};
  for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
    csio__url url = {0};
    int err;
    if (csio__url_read_plain(&url, urls[i], "http", "https", &err)) FAIL("\"%s\" is plain", urls[i]);
  }
}

static void keeps_queries_as_written(void)
{
  check_url("ws://a?", "a", 80, false, "a", "/?");
  check_url("ws://a/?#", "a", 80, false, "a", "/?");
  check_url("ws://a/?#b", "a", 80, false, "a", "/?");
  check_url("ws://a/#?", "a", 80, false, "a", "/");
  check_url("ws://a/#b?c", "a", 80, false, "a", "/");
  check_url("ws://a/b?c?d", "a", 80, false, "a", "/b?c?d");
  csio__url url;
  CHECK_INT(csio__url_parse(&url, "http://a?#b", "http", "https"), CSIO_OK);
  CHECK_STRING(url.whole, "http://a/?");
  csio__url_free(&url);
  CHECK_INT(csio__url_parse(&url, "http://a/\xc3\xa4?\xc3\xb6", "http", "https"), CSIO_OK);
  CHECK(!strcasecmp(url.target, "/%c3%a4?%c3%b6")); /* the case of the digits depends on libcurl */
  csio__url_free(&url);
}

static void check_userinfo(const char *text, const char *userinfo)
{
  csio__url url;
  CHECK_INT(csio__url_parse(&url, text, "http", "https"), CSIO_OK);
  CHECK_STRING(url.host, "example.com");
  CHECK_STRING(url.userinfo ? url.userinfo : "none", userinfo);
  CHECK_INT(strchr(url.whole, '@') != NULL, url.userinfo != NULL);
  csio__url_free(&url);
}

static void reads_users_and_passwords(void)
{
  check_userinfo("https://b%C3%BCcher:p%40ss@example.com/", "b\xc3\xbc"
                                                            "cher:p@ss");
  check_userinfo("http://user@example.com/", "user:");
  check_userinfo("http://user:a:b@example.com/", "user:a:b");
  check_userinfo("http://:pass@example.com/", ":pass");
  check_userinfo("http://[::1];<>@example.com/", "[::1];<>");
  check_userinfo("http://@example.com/", "none");
  check_userinfo("http://:@example.com/", "none");
}

/* URLs that programs read differently are refused: a program that checks the URL might see another host
 * than the one that is connected to. */
static void refuses_malformed_urls(void)
{
  static const char *const malformed[] = {"", "ws", "ws:", "ws:/", "ws://", "example.com", "/path", "//a/",
      "://a/", "http://example.com/", "ftp://example.com/",
      /* ports */
      "ws://a:99999/", "ws://a:65536/", "ws://a:x/", "ws://a:0/", "ws://a:+1/", "ws://a:-1/", "ws://a:1e1/",
      "ws://a: 80/", "ws://a:80:80/",
      /* slashes */
      "ws:a", "ws:a/", "ws:/a", "ws:/a/", "ws:///a", "ws:///a/", "ws:////a/", "ws:\\\\a/", "ws:/\\a/",
      "http:ws://a/",
      /* backslashes, spaces, control characters */
      "ws://127.0.0.1:1\\@a/", "ws://a\\@b/", "ws://a\\b/", "ws://a/\\b", "ws://a/?\\b", "ws://a/#\\b",
      "ws://exa mple.com/", " ws://a/", "ws://a/ ", "ws://a/b c", "ws://a/?b c", "ws://a/\r\nX: y",
      "ws://a/\tb", "ws://a\t/", "w\ns://a/", "\tws://a/", "ws://a/\n", "ws://a/\x7f", "ws://a/#\x01",
      /* no host */
      "ws:///", "ws://?a", "ws://#a", "ws://:80/", "ws://a@/", "ws://a@", "ws://@/",
      /* hosts */
      "ws://./", "ws://../", "ws://.a/", "ws://a../", "ws://a..b/", "ws://a,b/", "ws://a*b/", "ws://a(b/",
      "ws://a%/", "ws://a%2fb/", "ws://a%5cb/", "ws://a%00b/", "ws://a%20b/", "ws://a%40b/", "ws://a%2541/",
      "ws://a%25b/",
      /* international names: not UTF-8; only ignorable characters; and look-alikes of "a/c.b", "a/b",
       * "a@b", "a:8" and "a#b" */
      "ws://\xff/", "ws://a%ff/", "ws://\xc2\xad/", "ws://\xe2\x80\x8b.a/", "ws://\xe2\x84\x80.b/",
      "ws://a\xef\xbc\x8f"
      "b/",
      "ws://a\xef\xbc\xa0"
      "b/",
      "ws://a\xef\xbc\x9a"
      "8/",
      "ws://a\xef\xbc\x83"
      "b/",
      /* users */
      "ws://a@b@c/", "ws://a%3Ab:c@d/", "ws://a%0d%0ab@c/", "ws://a:%00@c/",
      /* IPv6 */
      "ws://[::1/", "ws://::1/", "ws://[zz]/", "ws://[::1]a/", "ws://[::1]:x/", "ws://[v1.a]/", "ws://[]/",
      "ws://[fe80::1%25e@th0]/"};
  for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
    csio__url url;
    int err = csio__url_parse(&url, malformed[i], "ws", "wss");
    if (err != CSIO_EURL) FAIL("\"%s\" gives %s", malformed[i], csio_err_name(err));
    CHECK(!url.whole && !url.host);
  }
}

/* Converting an international name opens a system file. */
static void reports_missing_descriptors(void)
{
  static int taken[128];
  struct rlimit before, low = {.rlim_cur = 128};
  CHECK(!getrlimit(RLIMIT_NOFILE, &before));
  low.rlim_max = before.rlim_max;
  CHECK(!setrlimit(RLIMIT_NOFILE, &low));
  csio__url url;
  int count = take_descriptors(taken, 128, 0);
  int err = csio__url_parse(&url,
      "ws://b\xc3\xbc"
      "cher.example/",
      "ws", "wss");
  if (err) CHECK_INT(err, CSIO_EFILES); /* some systems have the locale built in */
  csio__url_free(&url);
  CHECK_INT(csio__url_parse(&url, "ws://example.com/", "ws", "wss"), CSIO_OK);
  csio__url_free(&url);
  while (count)
    close(taken[--count]);
  CHECK(!setrlimit(RLIMIT_NOFILE, &before));
}

static void knows_tokens_and_values(void)
{
  CHECK(csio__is_token("GET"));
  CHECK(csio__is_token("X-Custom_1"));
  CHECK(!csio__is_token(""));
  CHECK(!csio__is_token("a b"));
  CHECK(!csio__is_token("a:"));
  CHECK(!csio__is_token("\xc3\xa4"));
  CHECK(csio__is_field_value(""));
  CHECK(csio__is_field_value("text\twith tab and \xc3\xa4"));
  CHECK(!csio__is_field_value("a\r\nInjected: b"));
  CHECK(!csio__is_field_value("a\x7f"));
}

int main(int argc, char **argv)
{
  RUN(names_every_error);
  RUN(reports_versions);
  RUN(makes_buffers);
  RUN(grows_bytes);
  RUN(reads_urls);
  RUN(reads_plain_urls_as_libcurl_does);
  RUN(leaves_other_urls_to_libcurl);
  RUN(keeps_queries_as_written);
  RUN(reads_users_and_passwords);
  RUN(refuses_malformed_urls);
  RUN(reports_missing_descriptors);
  RUN(knows_tokens_and_values);
}
