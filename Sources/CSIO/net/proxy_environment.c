/* Which proxy the environment names. */
#include "net/proxy_internal.h"

#include "net/url.h"

#include <csio/error.h>

#include <stdlib.h>
#include <string.h>

/* The first of these variables that is not empty, NULL where none is. */
static const char *first_of(const char *const *names)
{
  const char *value = NULL;
  while (*names && !(value && *value))
    value = getenv(*names++);
  return value && *value ? value : NULL;
}

/* Splits "NAME:PORT", "[ADDRESS]:PORT" and "ADDRESS"; a port of 0 stands for any. */
static void split_port(const char **name, size_t *size, unsigned *port)
{
  const char *end = *name + *size, *colon = memchr(*name, ':', *size);
  *port = 0;
  if (**name == '[') {
    const char *bracket = memchr(*name, ']', *size);
    if (!bracket) return;
    colon = bracket + 1 < end && bracket[1] == ':' ? bracket + 1 : NULL;
    ++*name;
    end = bracket;
  } else if (colon && memchr(colon + 1, ':', (size_t)(end - colon - 1))) {
    colon = NULL; /* an IPv6 address */
  }
  if (colon) *port = (unsigned)strtoul(colon + 1, NULL, 10);
  if (colon && colon < end) end = colon;
  *size = (size_t)(end - *name);
}

static bool entry_matches(const char *name, size_t size, const csio__url *target)
{
  unsigned port;
  if (size == 1 && *name == '*') return true;
  if (size > 1 && !memcmp(name, "*.", 2)) name++, size--;
  while (size && *name == '.')
    name++, size--;
  if (!size) return false;
  split_port(&name, &size, &port);
  if (port && port != target->port) return false;
  const char *host = target->host;
  size_t length = strlen(host);
  if (length && host[length - 1] == '.') length--; /* the root's dot */
  return size && csio__is_within(host, length, name, size);
}

static bool is_reached_directly(const csio__url *target)
{
  static const char *const names[] = {"no_proxy", "NO_PROXY", NULL};
  static const char separators[] = ", \t";
  const char *entry = first_of(names);
  if (!entry) return false;
  while (*(entry += strspn(entry, separators))) {
    size_t size = strcspn(entry, separators);
    if (entry_matches(entry, size, target)) return true;
    entry += size;
  }
  return false;
}

int csio_proxy_from_environment(const char *target_url, csio_proxy **out)
{
  static const char *const plain[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};
  static const char *const secure[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL};
  csio__url target;
  *out = NULL;
  int err = csio__url_parse_any(&target, target_url);
  if (err) return err;
  const char *proxy = first_of(target.secure ? secure : plain);
  if (proxy && !is_reached_directly(&target)) err = csio_proxy_create(proxy, out);
  csio__url_free(&target);
  return err;
}
