/* The settings of a request or of a WebSocket, and the headers that follow from them. */
#ifndef CSIO_REQUEST_H
#define CSIO_REQUEST_H

#include "net/cookies_internal.h"
#include "net/proxy_internal.h"
#include "net/tls_internal.h"
#include "net/url.h"

#include <curl/curl.h>

/* Where a connection leads. All of it stays the caller's. */
typedef struct csio__route {
  const char *host; /* without brackets */
  uint16_t port;
  const char *local_address; /* numeric, or NULL */
  const csio_proxy *proxy;
  bool tunnels;                    /* an HTTP proxy is asked for a tunnel, not for the answer */
  const char *proxy_authorization; /* a header's value for an HTTP proxy only, or NULL */
  /* For connecting, in ms, 0 for none. A silent address gets half of the time left, then the next is tried.
   */
  uint64_t timeout;
} csio__route;

/* Zero is free of memory. */
typedef struct csio__request {
  csio__url url;              /* after a redirect, its target */
  struct curl_slist *headers; /* the user's, as libcurl takes them */
  csio_tls *tls;
  csio_proxy *proxy;
  csio_cookies *cookies;
  char *local_address;
  uint64_t timeout;
  size_t max_size; /* of a body or message */
  bool started;    /* from then on, setters fail */
  bool foreign;    /* a redirect has led to another place, which must not get the credentials */
} csio__request;

void csio__request_free(csio__request *request);

/* The setters. All fail with STATE once the request has started. */
#define CSIO__REQUEST_SET(request, place, value)                                                             \
  ((request)->started ? CSIO_ESTATE : ((place) = (value), CSIO_OK))
int csio__request_add_header(csio__request *request, const char *name, const char *value);
int csio__request_set_tls(csio__request *request, csio_tls *tls);
int csio__request_set_cookies(csio__request *request, csio_cookies *cookies);
int csio__request_set_proxy(csio__request *request, csio_proxy *proxy);
int csio__request_set_local_address(csio__request *request, const char *address);

/* Define the public setter csio_HANDLE_NAME: of a plain value, and of one with a setter above. */
#define CSIO__VALUE_SETTER(handle, name, type, member)                                                       \
  int csio_##handle##_##name(csio_##handle *handle, type value)                                              \
  {                                                                                                          \
    return CSIO__REQUEST_SET(&handle->request, handle->member, value);                                       \
  }
#define CSIO__REQUEST_SETTER(handle, name, type)                                                             \
  int csio_##handle##_##name(csio_##handle *handle, type value)                                              \
  {                                                                                                          \
    return csio__request_##name(&handle->request, value);                                                    \
  }

/* Defines the setters that both handles have. */
#define CSIO__COMMON_SETTERS(handle)                                                                         \
  void csio_##handle##_set_data(csio_##handle *handle, void *data)                                           \
  {                                                                                                          \
    handle->data = data;                                                                                     \
  }                                                                                                          \
  CSIO__REQUEST_SETTER(handle, set_tls, csio_tls *)                                                          \
  CSIO__REQUEST_SETTER(handle, set_cookies, csio_cookies *)                                                  \
  CSIO__REQUEST_SETTER(handle, set_local_address, const char *)                                              \
  CSIO__VALUE_SETTER(handle, set_timeout, uint64_t, request.timeout)

/* The value of a header line, as libcurl takes it, when it is that of `name`; else NULL. */
const char *csio__line_value(const char *line, const char *name);

/* The value of a header of the user's, NULL where there is none. */
const char *csio__request_header(const csio__request *request, const char *name);

/* Adds a header or a whole line to a list. Fails with NOMEM. */
int csio__add_header(struct curl_slist **list, const char *name, const char *value);
int csio__add_line(struct curl_slist **list, const char *line);

/* Adds what the URL's host gets: the user's headers, cookies and credentials. Fails with NOMEM. */
int csio__request_lines(const csio__request *request, struct curl_slist **list);

/* Puts a Set-Cookie header's value into the jar, where there is one. A refused cookie is not a failure. */
void csio__request_take_cookie(csio__request *request, const char *value);

/* Frees what an open WebSocket does not need. */
void csio__request_opened(csio__request *request);

/* The way to the URL's host, with the timeout of the whole. */
csio__route csio__request_route(const csio__request *request);

#endif
