#include "net/url_plain.h"

#include <csio/error.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

static bool is_alphanumeric(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

/* Bytes that stand for themselves, `others` besides letters and digits. */
static size_t span(const char *text, const char *others)
{
  size_t size = 0;
  while (is_alphanumeric(text[size]) || (text[size] && strchr(others, text[size])))
    size++;
  return size;
}

/* A name that cannot be an address, or an address as libcurl writes it. */
static bool is_plain_host(const char *host, size_t size)
{
  char copy[256];
  struct sockaddr_in v4;
  if (!size || size >= sizeof copy || host[size - 1] == '.') return false;
  memcpy(copy, host, size);
  copy[size] = '\0';
  if (*copy >= '0' && *copy <= '9') return !uv_ip4_addr(copy, 0, &v4);
  return *copy != '.' && *copy != '-' && !strstr(copy, "..");
}

/* The digits behind `colon`; 0 where they are not a port as libcurl writes it. */
static unsigned plain_port(const char *colon, size_t *size)
{
  unsigned port = 0;
  *size = 1;
  if (colon[1] == '0') return 0;
  for (; *size <= 5 && colon[*size] >= '0' && colon[*size] <= '9'; ++*size)
    port = port * 10 + (unsigned)(colon[*size] - '0');
  return port <= UINT16_MAX ? port : 0;
}

static char *concatenate(const char *start, size_t size, const char *rest)
{
  size_t tail = strlen(rest) + 1;
  char *text = malloc(size + tail);
  if (!text) return NULL;
  memcpy(text, start, size);
  memcpy(text + size, rest, tail);
  return text;
}

bool csio__url_read_plain(csio__url *out, const char *text, const char *plain, const char *secure, int *err)
{
  size_t scheme = strcspn(text, ":"), port_size = 0;
  out->secure = !strncmp(text, secure, scheme) && !secure[scheme];
  if (!out->secure && (strncmp(text, plain, scheme) || plain[scheme])) return false;
  if (strncmp(text + scheme, "://", strlen("://"))) return false;
  const char *host = text + scheme + strlen("://");
  size_t host_size = span(host, "-.");
  const char *rest = host + host_size;
  uint16_t usual = out->secure ? 443 : 80;
  unsigned port = *rest == ':' ? plain_port(rest, &port_size) : usual;
  if (!port || !is_plain_host(host, host_size)) return false;
  rest += port_size;
  if (*rest && *rest != '/' && *rest != '?') return false;
  if (rest[span(rest, "-._~/?&=:@+,;!$")] || strstr(rest, "/.")) return false;
  bool has_path = *rest == '/';
  out->port = (uint16_t)port;
  out->has_port = port_size;
  out->host = concatenate(host, host_size, "");
  out->authority = concatenate(host, port == usual ? host_size : (size_t)(rest - host), "");
  out->target = concatenate("/", !has_path, rest);
  out->whole = out->target ? concatenate(text, (size_t)(rest - text), out->target) : NULL;
  *err = out->host && out->authority && out->target && out->whole ? CSIO_OK : CSIO_ENOMEM;
  return true;
}
