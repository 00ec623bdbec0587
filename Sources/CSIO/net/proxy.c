#include "net/proxy_internal.h"

#include "base/buffer_internal.h"
#include "base/text.h"
#include "net/tls_internal.h"
#include "net/url.h"

#include <csio/error.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct kind {
  const char *scheme;
  csio__proxy_kind kind;
  uint16_t port;
} kinds[] = {
    {"http", CSIO__PROXY_HTTP, 80},
    {"https", CSIO__PROXY_HTTPS, 443},
    {"socks5", CSIO__PROXY_SOCKS5, 1080},
    {"socks5h", CSIO__PROXY_SOCKS5H, 1080},
};

/* In bytes; no name that can be resolved is longer. */
enum { MAX_HOST = 255 };

/* Takes the host and the credentials out of `url`. */
static int fill(csio_proxy *proxy, csio__url *url, const struct kind *kind)
{
  proxy->kind = kind->kind;
  proxy->port = url->has_port ? url->port : kind->port;
  proxy->host = url->host;
  url->host = NULL;
  if (strlen(proxy->host) > MAX_HOST) return CSIO_EURL;
  if (!url->userinfo) return CSIO_OK;
  char *colon = strchr(url->userinfo, ':');
  proxy->password = strdup(colon + 1);
  *colon = '\0';
  proxy->user = url->userinfo;
  url->userinfo = NULL;
  return proxy->password ? CSIO_OK : CSIO_ENOMEM;
}

static int parse(csio_proxy *proxy, const char *text)
{
  size_t length = strcspn(text, ":");
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (strlen(kinds[i].scheme) != length || strncasecmp(text, kinds[i].scheme, length)) continue;
    csio__url url;
    int err = csio__url_parse(&url, text, kinds[i].scheme, "https");
    if (!err) err = fill(proxy, &url, &kinds[i]);
    csio__url_free(&url);
    return err;
  }
  return CSIO_EUNSUPPORTED;
}

int csio_proxy_create(const char *url, csio_proxy **out)
{
  csio_proxy *proxy = calloc(1, sizeof *proxy);
  if (!proxy) return CSIO_ENOMEM;
  atomic_init(&proxy->references, 1);
  atomic_init(&proxy->used, false);
  char *whole = csio__join(strstr(url, "://") ? "" : "http://", url);
  int err = whole ? parse(proxy, whole) : CSIO_ENOMEM;
  free(whole);
  if (err)
    csio_proxy_release(proxy);
  else
    *out = proxy;
  return err;
}

csio_proxy *csio_proxy_retain(csio_proxy *proxy)
{
  atomic_fetch_add(&proxy->references, 1);
  return proxy;
}

void csio_proxy_release(csio_proxy *proxy)
{
  if (!proxy || atomic_fetch_sub(&proxy->references, 1) > 1) return;
  csio_tls_release(proxy->tls);
  free(proxy->host);
  free(proxy->user);
  free(proxy->password);
  free(proxy);
}

int csio_proxy_set_tls(csio_proxy *proxy, csio_tls *tls)
{
  if (atomic_load(&proxy->used)) return CSIO_ESTATE;
  csio__tls_use(tls);
  csio_tls_release(proxy->tls);
  proxy->tls = tls;
  return CSIO_OK;
}

void csio__proxy_use(csio_proxy *proxy)
{
  if (proxy) atomic_store(&csio_proxy_retain(proxy)->used, true);
}

/* --- the environment --- */

/* The first of these variables that is not empty, NULL where none is. */
static const char *first_of(const char *const *names)
{
  const char *value = NULL;
  while (*names && !(value && *value))
    value = getenv(*names++);
  return value && *value ? value : NULL;
}

/* Whether an entry of no_proxy is for the target: "*", or "NAME", ".NAME", "*.NAME" and "[ADDRESS]", each
 * with a port or without, or "ADDRESS". It is cut into its parts. */
static bool entry_matches(char *entry, const csio__url *target)
{
  char *name = entry, *end;
  if (!strcmp(entry, "*")) return true;
  if (!strncmp(entry, "*.", 2)) name++;
  name += strspn(name, ".");
  if (*name == '[') {
    end = strchr(++name, ']');
    if (!end) return false;
    *end++ = '\0';
  } else {
    end = name + strcspn(name, ":");
    if (*end && strchr(end + 1, ':')) end = strchr(end, '\0'); /* an IPv6 address */
  }
  unsigned long port = *end == ':' ? strtoul(end + 1, NULL, 10) : 0; /* 0 is any */
  *end = '\0';
  size_t length = strlen(target->host);
  if (length && target->host[length - 1] == '.') length--; /* the root's dot */
  return (!port || port == target->port) && *name &&
         csio__is_within(target->host, length, name, strlen(name));
}

static int find_directly_reached(const csio__url *target, bool *found)
{
  static const char *const names[] = {"no_proxy", "NO_PROXY", NULL};
  char *list = strdup(csio__or_empty(first_of(names))), *rest = list, *entry;
  while ((entry = strsep(&rest, ", \t")) && !*found)
    *found = entry_matches(entry, target);
  free(list);
  return list ? CSIO_OK : CSIO_ENOMEM;
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
  bool direct = !proxy;
  if (proxy) err = find_directly_reached(&target, &direct);
  if (!err && !direct) err = csio_proxy_create(proxy, out);
  csio__url_free(&target);
  return err;
}
