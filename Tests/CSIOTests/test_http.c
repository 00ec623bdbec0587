/* Requests and answers that succeed. */
#include "call.h"
#include "peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* Answers according to the path; keeps the connection until the client closes it. */
static void serve(client *client)
{
  request *request = malloc(sizeof *request);
  CHECK(request);
  while (client_read_request(client, request)) {
    const char *path = strchr(request->head, ' ') + 1;
    if (!strncmp(path, "/404 ", 5))
      client_answer(client, 404, "not here");
    else if (!strncmp(path, "/500 ", 5))
      client_answer(client, 500, "broken");
    else if (!strncmp(path, "/204 ", 5))
      client_print(client, "HTTP/1.1 204 Nothing\r\n\r\n");
    else if (!strncmp(path, "/chunked ", 9))
      client_print(client, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "3\r\nabc\r\n10;x=y\r\n0123456789abcdef\r\n0\r\nTrailer: x\r\n\r\n");
    else if (!strncmp(path, "/headers ", 9))
      client_print(client, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: a=1\r\nX-One:  spaces  \r\n"
                           "set-cookie: b=2\r\nX-Empty:\r\n\r\n");
    else if (!strncmp(path, "/continue ", 10))
      client_print(client,
          "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    else if (!strncmp(path, "/head ", 6))
      client_print(client, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    else if (!strncmp(path, "/echo ", 6)) {
      client_print(client, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", request->body_size);
      client_write(client, request->body, request->body_size);
    } else if (!strncmp(path, "/request ", 9)) {
      client_print(client, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", request->head_size);
      client_write(client, request->head, request->head_size);
    } else if (!strncmp(path, "/to/", 4)) {
      int left = atoi(path + 4);
      if (left)
        client_print(
            client, "HTTP/1.1 302 Found\r\nLocation: /to/%d\r\nContent-Length: 3\r\n\r\nold", left - 1);
      else
        client_answer(client, 200, "arrived");
    } else if (!strncmp(path, "/home ", 6) || !strncmp(path, "/abroad ", 8))
      client_print(client,
          "HTTP/1.1 302 Found\r\nLocation: http://%s:%u/request\r\nContent-Length: 0\r\n\r\n",
          path[1] == 'h' ? "127.0.0.1" : "localhost", (unsigned)client->peer->port);
    else if (!strncmp(path, "/3", 2))
      client_print(client, "HTTP/1.1 %.3s Whatever\r\nLocation: /to/0\r\n%s\r\n", path + 1,
          path[3] == '4' ? "" : "Content-Length: 0\r\n");
    else if (!strncmp(path, "/ftp ", 5))
      client_print(client, "HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1/x\r\nContent-Length: 0\r\n\r\n");
    else
      client_answer(client, 200, "<html>hello</html>");
    request_free(request);
  }
  free(request);
}

static peer server;
static csio_loop *loop;

static call run(const char *method, const char *path, const void *body, size_t size)
{
  call call = {.loop = loop,
      .method = method,
      .url = peer_url(&server, "http", NULL, path),
      .body = body,
      .body_size = size};
  call_run(&call);
  call_close(&call);
  return call;
}

static void expect(const char *path, int status, const char *body)
{
  call call = run("GET", path, NULL, 0);
  CHECK_INT(call.error_code, CSIO_OK);
  CHECK_INT(call.status, status);
  CHECK_STRING((char *)call.answer, body);
  call_free(&call);
}

static void gives_every_status_with_its_body(void)
{
  expect("/", 200, "<html>hello</html>");
  expect("/404", 404, "not here");
  expect("/500", 500, "broken");
  expect("/204", 204, "");
  expect("/chunked", 200, "abc0123456789abcdef");
  expect("/continue", 200, "ok");
  expect("/to/1", 302, "old"); /* not followed by default */
}

static void takes_any_limit(void)
{
  static const uint64_t limits[] = {INT32_MAX, INT64_MAX, UINT64_MAX - 1, UINT64_MAX};
  enum { SIZE = 4 << 20 }; /* large enough to take longer than a millisecond */
  uint8_t *bytes = test_bytes(SIZE, 1);
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
    call call = {.loop = loop,
        .method = "POST",
        .url = peer_url(&server, "http", NULL, "/echo"),
        .body = bytes,
        .body_size = SIZE,
        .timeout = limits[i],
        .connect_timeout = limits[i],
        .max_body = (size_t)limits[i],
        .no_keep_alive = true};
    call_run(&call);
    call_close(&call);
    if (call.error_code) FAIL("%s", call.message);
    call_free(&call);
  }
  free(bytes);
}

static void keeps_the_connection(void)
{
  int before = peer_count(&server, &server.accepted);
  for (int i = 0; i < 20; i++)
    expect("/", 200, "<html>hello</html>");
  CHECK(peer_count(&server, &server.accepted) - before <= 1);
}

/* A program may start child processes at any time; they must not inherit the connections. */
static void hides_its_connections_from_children(void)
{
  expect("/", 200, "<html>hello</html>"); /* and its connection is kept */
  int found = 0;
  for (int fd = 3; fd < 1024; fd++) {
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    if (getpeername(fd, (struct sockaddr *)&address, &size) || address.sin_family != AF_INET) continue;
    if (ntohs(address.sin_port) != server.port) continue;
    found++;
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
  }
  CHECK(found > 0);
}

static void check_headers(call *call)
{
  csio_http *http = call->http;
  CHECK_STRING(csio_http_header(http, "Set-Cookie", 0), "a=1");
  CHECK_STRING(csio_http_header(http, "SET-COOKIE", 1), "b=2");
  CHECK(!csio_http_header(http, "set-cookie", 2));
  CHECK_STRING(csio_http_header(http, "x-one", 0), "spaces");
  CHECK_STRING(csio_http_header(http, "x-empty", 0), "");
  CHECK(!csio_http_header(http, "X-Absent", 0));
  CHECK(csio_http_bytes_sent(http) > 40);
  CHECK(csio_http_bytes_received(http) > 80);
}

static void finds_headers_without_case(void)
{
  call call = {.loop = loop, .url = peer_url(&server, "http", NULL, "/headers"), .on_done = check_headers};
  call_run(&call);
  call_close(&call);
  call_free(&call);
}

static void check_final_headers(call *call)
{
  CHECK(!csio_http_header(call->http, "X-Early", 0));
  CHECK(!csio_http_header(call->http, "Location", 0));
}

static void shows_the_last_answer_only(void)
{
  call call = {.loop = loop,
      .url = peer_url(&server, "http", NULL, "/to/3"),
      .redirects = 3,
      .on_done = check_final_headers};
  call_run(&call);
  call_close(&call);
  CHECK_STRING((char *)call.answer, "arrived");
  call_free(&call);
}

static void limits_redirects(void)
{
  call call = {.loop = loop, .url = peer_url(&server, "http", NULL, "/to/3"), .redirects = 2};
  call_run(&call);
  call_close(&call);
  CHECK_INT(call.error_code, CSIO_EREDIRECT);

  call = (struct call){.loop = loop, .url = peer_url(&server, "http", NULL, "/ftp"), .redirects = 2};
  call_run(&call);
  call_close(&call);
  CHECK_INT(call.error_code, CSIO_EREDIRECT);

  call = (struct call){.loop = loop,
      .method = "POST",
      .url = peer_url(&server, "http", NULL, "/to/3"),
      .redirects = 9,
      .body = "x",
      .body_size = 1};
  call_run(&call);
  call_close(&call);
  CHECK_INT(call.error_code, CSIO_OK);
  CHECK_INT(call.status, 302); /* a POST is not followed */
  call_free(&call);
}

/* Only these statuses are redirects, of all that may carry a Location (RFC 9110, section 15.4). */
static void follows_redirects_only(void)
{
  static const struct {
    const char *path;
    bool followed;
  } cases[] = {{"/300", false}, {"/301", true}, {"/302", true}, {"/303", true}, {"/304", false},
      {"/305", false}, {"/307", true}, {"/308", true}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    call call = {.loop = loop, .url = peer_url(&server, "http", NULL, cases[i].path), .redirects = 1};
    call_run(&call);
    call_close(&call);
    CHECK_INT(call.error_code, CSIO_OK);
    CHECK_INT(call.status, cases[i].followed ? 200 : atoi(cases[i].path + 1));
    call_free(&call);
  }
}

/* Headers meant for one server are not sent to the server it redirects to. */
static void keeps_headers_from_other_origins(void)
{
  static const struct {
    const char *name, *value;
    bool goes_along;
  } headers[] = {
      {"Host", "inner.test", false},
      {"Authorization", "Bearer secret", false},
      {"Proxy-Authorization", "Basic secret", false},
      {"Cookie", "secret=1", false},
      {"X-Mine", "mine", true},
  };
  for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
    for (int abroad = 0; abroad < 2; abroad++) {
      call call = {.loop = loop,
          .url = peer_url(&server, "http", NULL, abroad ? "/abroad" : "/home"),
          .header_name = headers[i].name,
          .header_value = headers[i].value,
          .redirects = 1};
      char line[64];
      call_run(&call);
      call_close(&call);
      CHECK_INT(call.error_code, CSIO_OK);
      snprintf(line, sizeof line, "\r\n%s: %s\r\n", headers[i].name, headers[i].value);
      bool went = strstr((char *)call.answer, line);
      if (went != (!abroad || headers[i].goes_along)) FAIL("%s", (char *)call.answer);
      CHECK_CONTAINS((char *)call.answer, "\r\nHost: ");
      call_free(&call);
    }
}

static void carries_bodies_both_ways(void)
{
  static const size_t sizes[] = {1, 2, 1000, 16384, 65536, 1 << 20, 20 << 20};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    uint8_t *bytes = test_bytes(sizes[i], (unsigned)i);
    call call = run("POST", "/echo", bytes, sizes[i]);
    CHECK_INT(call.error_code, CSIO_OK);
    CHECK_INT(call.answer_size, sizes[i]);
    CHECK(!memcmp(call.answer, bytes, sizes[i]));
    call_free(&call);
    free(bytes);
  }
}

static void sends_the_method_and_little_else(void)
{
  static const char *const methods[] = {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
  for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
    for (int with_body = 0; with_body < 2; with_body++) {
      call call = run(methods[i], "/request", with_body ? "body" : NULL, 4);
      CHECK_INT(call.error_code, CSIO_OK);
      const char *head = (char *)call.answer;
      char line[64];
      snprintf(line, sizeof line, "%s /request HTTP/1.1\r\n", methods[i]);
      CHECK(!strncmp(head, line, strlen(line)));
      CHECK(!strstr(head, "Expect:"));
      if (strstr(head, "Content-Type:")) FAIL("%s", head);
      CHECK(!strstr(head, "Cookie:"));
      CHECK_CONTAINS(head, "Accept-Encoding: ");
      CHECK(!with_body || strstr(head, "Content-Length: 4\r\n"));
      call_free(&call);
    }
  call call = run("HEAD", "/head", NULL, 0);
  CHECK_INT(call.error_code, CSIO_OK);
  CHECK_INT(call.answer_size, 0);
  call_free(&call);
}

static void add_headers(void *arg)
{
  call *call = arg;
  csio_http *http;
  CHECK_INT(csio_http_create(call->loop, "GET", call->url, &http), CSIO_OK);
  CHECK_INT(csio_http_add_header(http, "X One", "a"), CSIO_EINVALID);
  CHECK_INT(csio_http_add_header(http, "", "a"), CSIO_EINVALID);
  CHECK_INT(csio_http_add_header(http, "X-One", "a\r\nX-Two: b"), CSIO_EINVALID);
  CHECK_INT(csio_http_add_header(http, "Content-Length", "0"), CSIO_EINVALID);
  CHECK_INT(csio_http_add_header(http, "transfer-encoding", "chunked"), CSIO_EINVALID);
  csio_http_close(http, NULL);
  CHECK_INT(csio_http_create(call->loop, "G T", call->url, &http), CSIO_EINVALID);
  CHECK_INT(csio_http_create(call->loop, "GET", "nonsense", &http), CSIO_EURL);
  CHECK_INT(csio_http_create(call->loop, "GET", "ws://localhost/", &http), CSIO_EURL);
}

static void sends_headers_as_given(void)
{
  call call = {.loop = loop,
      .url = peer_url(&server, "http", NULL, "/request"),
      .header_name = "Accept",
      .header_value = "text/x-mine"};
  on_loop(loop, add_headers, &call);
  call_run(&call);
  call_close(&call);
  CHECK_CONTAINS((char *)call.answer, "\r\nAccept: text/x-mine\r\n");
  CHECK(!strstr((char *)call.answer, "*/*"));
  call_free(&call);

  call = (struct call){.loop = loop,
      .url = peer_url(&server, "http", NULL, "/request"),
      .header_name = "X-Empty",
      .header_value = ""};
  call_run(&call);
  call_close(&call);
  CHECK_CONTAINS((char *)call.answer, "\r\nX-Empty:\r\n");
  call_free(&call);
}

static void ignores_proxies_of_the_environment(void)
{
  setenv("http_proxy", "http://127.0.0.1:1/", 1);
  setenv("all_proxy", "http://127.0.0.1:1/", 1);
  expect("/", 200, "<html>hello</html>");
  unsetenv("http_proxy");
  unsetenv("all_proxy");
}

static void speaks_ipv6(void)
{
  peer v6;
  if (!peer_start_v6(&v6, serve, NULL, NULL)) {
    printf("  no IPv6 here\n");
    return;
  }
  csio_loop *own = test_loop();
  call call = call_get(own, peer_url(&v6, "http", NULL, "/request"));
  CHECK_INT(call.error_code, CSIO_OK);
  char host[32];
  snprintf(host, sizeof host, "\r\nHost: [::1]:%u\r\n", (unsigned)v6.port);
  CHECK_CONTAINS((char *)call.answer, host);
  call_free(&call);
  csio_loop_close(own);
  peer_stop(&v6);
}

enum { AT_ONCE = 50 };

static void runs_many_at_once(void)
{
  static call calls[AT_ONCE];
  for (int i = 0; i < AT_ONCE; i++) {
    calls[i] = (call){.loop = loop, .url = peer_url(&server, "http", NULL, "/chunked")};
    call_start(&calls[i]);
  }
  for (int i = 0; i < AT_ONCE; i++) {
    AWAIT(&calls[i].monitor, calls[i].done);
    CHECK_STRING((char *)calls[i].answer, "abc0123456789abcdef");
    call_close(&calls[i]);
    CHECK_INT(calls[i].done, 1);
    call_free(&calls[i]);
  }
}

int main(int argc, char **argv)
{
  peer_start(&server, serve, NULL, NULL);
  loop = test_loop();
  RUN(gives_every_status_with_its_body);
  RUN(takes_any_limit);
  RUN(keeps_the_connection);
  RUN(hides_its_connections_from_children);
  RUN(finds_headers_without_case);
  RUN(shows_the_last_answer_only);
  RUN(limits_redirects);
  RUN(follows_redirects_only);
  RUN(keeps_headers_from_other_origins);
  RUN(carries_bodies_both_ways);
  RUN(sends_the_method_and_little_else);
  RUN(sends_headers_as_given);
  RUN(ignores_proxies_of_the_environment);
  RUN(speaks_ipv6);
  RUN(runs_many_at_once);
  csio_loop_close(loop);
  peer_stop(&server);
}
