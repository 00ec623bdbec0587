#include "net/request.h"
#include "base/text.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

void csio__request_free(csio__request *request)
{
  csio__url_free(&request->url);
  curl_slist_free_all(request->headers);
  csio_tls_release(request->tls);
  csio_proxy_release(request->proxy);
  csio_cookies_release(request->cookies);
  free(request->local_address);
}

/* --- setters --- */

int csio__request_add_header(csio__request *request, const char *name, const char *value)
{
  if (request->started) return CSIO_ESTATE;
  /* with a wrong end of the message, a proxy and the server behind it could see different requests */
  bool frames = !strcasecmp(name, "Content-Length") || !strcasecmp(name, "Transfer-Encoding");
  if (frames || !csio__is_token(name) || !csio__is_field_value(value)) return CSIO_EINVALID;
  return csio__add_header(&request->headers, name, value);
}

/* Defines the setter of a shared object, with the function that retains it. */
#define SHARED_SETTER(name, retain)                                                                          \
  int csio__request_set_##name(csio__request *request, csio_##name *name)                                    \
  {                                                                                                          \
    if (request->started) return CSIO_ESTATE;                                                                \
    if (name) retain(name);                                                                                  \
    csio_##name##_release(request->name);                                                                    \
    request->name = name;                                                                                    \
    return CSIO_OK;                                                                                          \
  }
SHARED_SETTER(tls, csio__tls_use)
SHARED_SETTER(cookies, csio_cookies_retain)
SHARED_SETTER(proxy, csio__proxy_use)

int csio__request_set_local_address(csio__request *request, const char *address)
{
  if (request->started) return CSIO_ESTATE;
  if (address && !csio__is_address(address)) return CSIO_EINVALID;
  char *copy = address ? strdup(address) : NULL;
  if (address && !copy) return CSIO_ENOMEM;
  free(request->local_address);
  request->local_address = copy;
  return CSIO_OK;
}

/* --- headers --- */

const char *csio__line_value(const char *line, const char *name)
{
  size_t length = strlen(name);
  if (strncasecmp(line, name, length)) return NULL;
  if (line[length] == ';') return "";
  return line[length] == ':' ? line + length + strspn(line + length, ": ") : NULL;
}

const char *csio__request_header(const csio__request *request, const char *name)
{
  const char *value = NULL;
  for (const struct curl_slist *line = request->headers; line && !value; line = line->next)
    value = csio__line_value(line->data, name);
  return value;
}

int csio__add_line(struct curl_slist **list, const char *line)
{
  struct curl_slist *longer = curl_slist_append(*list, line);
  if (!longer) return CSIO_ENOMEM;
  *list = longer;
  return CSIO_OK;
}

int csio__add_header(struct curl_slist **list, const char *name, const char *value)
{
  /* for libcurl, "name:" means to leave the header out */
  char *line = value[strspn(value, " \t")] ? csio__join(name, ": ", value) : csio__join(name, ";");
  int err = line ? csio__add_line(list, line) : CSIO_ENOMEM;
  free(line);
  return err;
}

/* Whether a header of the user's goes to the URL's host unchanged. */
static bool goes_out(const csio__request *request, const char *line)
{
  if (csio__line_value(line, "Cookie")) return false; /* add_cookies joins them */
  if (csio__line_value(line, "Proxy-Authorization")) return !request->proxy && !request->foreign;
  return !request->foreign || !(csio__line_value(line, "Host") || csio__line_value(line, "Authorization"));
}

/* The user's cookies and the jar's, in one header. */
static int add_cookies(const csio__request *request, struct curl_slist **list)
{
  csio__bytes own = {0}, joined = {0};
  int err = CSIO_OK;
  for (const struct curl_slist *line = request->foreign ? NULL : request->headers; line; line = line->next) {
    const char *value = csio__line_value(line->data, "Cookie");
    if (value && *value && !csio__bytes_append_texts(&own, own.size ? "; " : "", value)) err = CSIO_ENOMEM;
  }
  const char *text = (const char *)own.data;
  if (!err && request->cookies) {
    err = csio__cookies_header(request->cookies, &request->url, text, time(NULL), &joined);
    text = (const char *)joined.data;
  }
  if (!err && text) err = csio__add_header(list, "Cookie", text);
  csio__bytes_free(&own);
  csio__bytes_free(&joined);
  return err;
}

/* From the URL, unless the user set the header. libcurl's limit for URLs keeps the sizes from overflowing. */
static int add_authorization(const csio__request *request, struct curl_slist **list)
{
  const char *userinfo = request->url.userinfo;
  if (!userinfo || (!request->foreign && csio__request_header(request, "Authorization"))) return CSIO_OK;
  static const char start[] = "Authorization: Basic ";
  size_t size = strlen(userinfo);
  char *line = malloc(sizeof start + (size + 2) / 3 * 4);
  if (!line) return CSIO_ENOMEM;
  memcpy(line, start, sizeof start);
  EVP_EncodeBlock((unsigned char *)line + sizeof start - 1, (const unsigned char *)userinfo, (int)size);
  int err = csio__add_line(list, line);
  free(line);
  return err;
}

int csio__request_lines(const csio__request *request, struct curl_slist **list)
{
  int err = add_authorization(request, list);
  for (const struct curl_slist *line = request->headers; line && !err; line = line->next)
    if (goes_out(request, line->data)) err = csio__add_line(list, line->data);
  return err ? err : add_cookies(request, list);
}

void csio__request_take_cookie(csio__request *request, const char *value)
{
  if (request->cookies) csio__cookies_store(request->cookies, &request->url, value, time(NULL));
}

void csio__request_opened(csio__request *request)
{
  free(request->url.whole);
  free(request->url.target);
  request->url.whole = request->url.target = NULL;
  curl_slist_free_all(request->headers);
  request->headers = NULL;
}

csio__route csio__request_route(const csio__request *request)
{
  return (csio__route){
      .host = request->url.host,
      .port = request->url.port,
      .local_address = request->local_address,
      .proxy = request->proxy,
      .tunnels = request->url.secure,
      .proxy_authorization = request->proxy ? csio__request_header(request, "Proxy-Authorization") : NULL,
      .timeout = request->timeout,
  };
}
