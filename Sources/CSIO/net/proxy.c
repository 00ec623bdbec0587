#include "net/proxy_internal.h"
#include "base/buffer_internal.h"
#include "base/shared.h"
#include "base/text.h"
#include "net/tls_internal.h"
#include "net/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct kind {
  const char *scheme;
  csio__proxy_kind kind;
  uint16_t port;
} kinds[] = {{"http", CSIO__PROXY_HTTP, 80}, {"https", CSIO__PROXY_HTTPS, 443},
    {"socks5", CSIO__PROXY_SOCKS5, 1080}, {"socks5h", CSIO__PROXY_SOCKS5H, 1080}};

enum { MAX_HOST = 255 }; /* bytes; no longer name can be resolved */

/* Takes the host and the credentials out of `url`. */
static int fill(csio_proxy *proxy, csio__url *url, const struct kind *kind)
{
  proxy->kind = kind->kind;
  proxy->port = url->has_port ? url->port : kind->port;
  proxy->host = url->host;
  url->host = NULL;
  if (strlen(proxy->host) > MAX_HOST) return CSIO_EURL;
  if (asprintf(&proxy->name, "%s port %u", proxy->host, (unsigned)proxy->port) < 0) return CSIO_ENOMEM;
  if (!url->userinfo) return CSIO_OK;
  proxy->user = url->userinfo;
  url->userinfo = NULL;
  char *colon = strchr(proxy->user, ':');
  *colon = '\0';
  proxy->password = strdup(colon + 1);
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

CSIO__RETAIN(csio_proxy)
CSIO__USE(proxy)

const char *csio_proxy_http_name(const csio_proxy *proxy)
{
  return csio__proxy_speaks_http(proxy) ? proxy->name : NULL;
}

void csio_proxy_release(csio_proxy *proxy)
{
  if (CSIO__STAYS(proxy)) return;
  csio_tls_release(proxy->tls);
  free(proxy->host);
  free(proxy->name);
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

/* --- the environment --- */

/* The first of these variables that is not empty, or NULL. */
static const char *first_of(const char *const *names)
{
  const char *value = NULL;
  while (*names && !(value && *value))
    value = getenv(*names++);
  return value && *value ? value : NULL;
}

/* Whether an entry of no_proxy is for the target: "*", "ADDRESS", or "NAME", ".NAME", "*.NAME" or
 * "[ADDRESS]", with or without a port. Cuts the entry into its parts. */
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
  csio__text host = {target->host, strlen(target->host)};
  if (host.size && host.start[host.size - 1] == '.') host.size--; /* the root's dot */
  return (!port || port == target->port) && *name && csio__is_within(host, (csio__text){name, strlen(name)});
}

int csio_proxy_from_environment(const char *target_url, csio_proxy **out)
{
  static const char *const plain[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};
  static const char *const secure[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL};
  static const char *const exceptions[] = {"no_proxy", "NO_PROXY", NULL};
  csio__url target;
  *out = NULL;
  int err = csio__url_parse_any(&target, target_url);
  if (err) return err;
  const char *proxy = first_of(target.secure ? secure : plain);
  char *list = strdup(csio__or_empty(first_of(exceptions))), *rest = list, *entry;
  bool direct = !proxy;
  while (!direct && (entry = strsep(&rest, ", \t")))
    direct = entry_matches(entry, &target);
  if (!list)
    err = CSIO_ENOMEM;
  else if (!direct)
    err = csio_proxy_create(proxy, out);
  free(list);
  csio__url_free(&target);
  return err;
}
