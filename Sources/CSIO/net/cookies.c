#include "net/cookies_internal.h"

#include "net/public_suffix.h"

#include <csio/error.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <uv.h>

typedef struct cookie {
  struct cookie *next;
  csio__cookie_line is;   /* its parts in `text`, each terminated */
  uint64_t created, used; /* counted, not timed: two events of one second have an order, too */
  char text[];
} cookie;

struct csio_cookies {
  atomic_int references;
  uv_mutex_t lock; /* for all below */
  cookie *first;   /* in the order in which they are sent */
  size_t count;
  uint64_t clock;
};

int csio_cookies_create(csio_cookies **out)
{
  csio_cookies *jar = calloc(1, sizeof *jar);
  if (!jar) return CSIO_ENOMEM;
  if (uv_mutex_init(&jar->lock)) {
    free(jar);
    return CSIO_ESYSTEM;
  }
  atomic_init(&jar->references, 1);
  *out = jar;
  return CSIO_OK;
}

csio_cookies *csio_cookies_retain(csio_cookies *jar)
{
  atomic_fetch_add(&jar->references, 1);
  return jar;
}

static void unlink_cookie(csio_cookies *jar, cookie **link)
{
  cookie *gone = *link;
  *link = gone->next;
  jar->count--;
  free(gone);
}

void csio_cookies_clear(csio_cookies *jar)
{
  uv_mutex_lock(&jar->lock);
  while (jar->first)
    unlink_cookie(jar, &jar->first);
  uv_mutex_unlock(&jar->lock);
}

void csio_cookies_release(csio_cookies *jar)
{
  if (!jar || atomic_fetch_sub(&jar->references, 1) > 1) return;
  csio_cookies_clear(jar);
  uv_mutex_destroy(&jar->lock);
  free(jar);
}

static void drop_expired(csio_cookies *jar, int64_t now)
{
  for (cookie **link = &jar->first; *link;) {
    if ((*link)->is.expires <= now)
      unlink_cookie(jar, link);
    else
      link = &(*link)->next;
  }
}

size_t csio_cookies_count(csio_cookies *jar)
{
  uv_mutex_lock(&jar->lock);
  drop_expired(jar, time(NULL));
  size_t count = jar->count;
  uv_mutex_unlock(&jar->lock);
  return count;
}

/* Drops the cookies unused for longest, of one domain or of all where that is NULL, until `most` are left. */
static void drop_unused(csio_cookies *jar, const char *domain, size_t most)
{
  for (;;) {
    cookie **oldest = NULL;
    size_t count = 0;
    for (cookie **link = &jar->first; *link; link = &(*link)->next) {
      if (domain && strcasecmp((*link)->is.domain.start, domain)) continue;
      count++;
      if (!oldest || (*link)->used < (*oldest)->used) oldest = link;
    }
    if (count <= most) return;
    unlink_cookie(jar, oldest);
  }
}

/* --- which cookies are for which URLs --- */

static bool domain_matches(const char *host, csio__text domain)
{
  return csio__is_within(host, strlen(host), domain.start, domain.size);
}

static csio__text path_of(const csio__url *url)
{
  return (csio__text){url->target, strcspn(url->target, "?")};
}

/* Whether `below` is `path` or below it. */
static bool path_matches(csio__text below, csio__text path)
{
  if (below.size < path.size || memcmp(below.start, path.start, path.size)) return false;
  return below.size == path.size || path.start[path.size - 1] == '/' || below.start[path.size] == '/';
}

static bool is_for(const csio__cookie_line *cookie, const csio__url *url)
{
  if (cookie->secure && !url->secure) return false;
  bool host = cookie->host_only ? csio__text_is(cookie->domain, url->host)
                                : domain_matches(url->host, cookie->domain);
  return host && path_matches(path_of(url), cookie->path);
}

/* The path of a cookie that names none: the URL's directory. */
static csio__text default_path(const csio__url *url)
{
  size_t size = path_of(url).size;
  while (size && url->target[size - 1] != '/')
    size--;
  if (size > 1) size--;
  return size && size <= CSIO__COOKIE_MAX_PATH ? (csio__text){url->target, size} : (csio__text){"/", 1};
}

/* Fills in what the line leaves to the URL; false where the URL may not set such a cookie. */
static bool settle(csio__cookie_line *line, const csio__url *url)
{
  csio__text host = {url->host, strlen(url->host)};
  if (!line->path.size) line->path = default_path(url);
  if (line->secure && !url->secure) return false;
  line->host_only = !line->domain.size;
  if (line->host_only) {
    line->domain = host;
    return true;
  }
  if (!domain_matches(url->host, line->domain)) return false;
  /* no cookies for a whole "com"; a host that is one can set them for itself alone, and so can an address */
  line->host_only = csio__is_address(url->host) ||
                    !csio__may_share_cookies(url->host, line->domain.start, line->domain.size);
  return !line->host_only || line->domain.size == host.size;
}

static cookie *make_cookie(const csio__cookie_line *line)
{
  size_t size = line->name.size + line->value.size + line->domain.size + line->path.size + 4;
  cookie *made = calloc(1, sizeof *made + size);
  if (!made) return NULL;
  made->is = *line;
  csio__text *parts[] = {&made->is.name, &made->is.value, &made->is.domain, &made->is.path};
  char *end = made->text;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    parts[i]->start = memcpy(end, parts[i]->start, parts[i]->size);
    end += parts[i]->size + 1;
  }
  return made;
}

static bool is_same(const csio__cookie_line *one, const csio__cookie_line *other)
{
  return one->host_only == other->host_only && csio__text_equals(one->name, other->name.start) &&
         csio__text_is(one->domain, other->domain.start) && csio__text_equals(one->path, other->path.start);
}

/* Whether a Secure cookie is the same, or would be sent after this one to where both are for: whoever can
 * change plain answers could replace or hide it (RFC 6265bis, section 5.7). */
static bool would_hide_secure(const csio_cookies *jar, const cookie *made)
{
  for (const cookie *each = jar->first; each; each = each->next)
    if (each->is.secure && csio__text_equals(each->is.name, made->is.name.start) &&
        (domain_matches(each->is.domain.start, made->is.domain) ||
            domain_matches(made->is.domain.start, each->is.domain)) &&
        path_matches(made->is.path, each->is.path))
      return true;
  return false;
}

static bool is_sent_before(const cookie *a, const cookie *b)
{
  size_t a_size = a->is.path.size, b_size = b->is.path.size;
  return a_size == b_size ? a->created < b->created : a_size > b_size;
}

/* Takes the cookie. */
static int add(csio_cookies *jar, cookie *made, const csio__url *url, int64_t now)
{
  drop_expired(jar, now);
  if (!url->secure && would_hide_secure(jar, made)) {
    free(made);
    return CSIO_EINVALID;
  }
  made->created = made->used = ++jar->clock;
  cookie **same = &jar->first;
  while (*same && !is_same(&(*same)->is, &made->is))
    same = &(*same)->next;
  if (*same) {
    made->created = (*same)->created;
    unlink_cookie(jar, same);
  }
  if (made->is.expires <= now) {
    free(made);
    return CSIO_OK;
  }
  cookie **at = &jar->first;
  while (*at && is_sent_before(*at, made))
    at = &(*at)->next;
  made->next = *at;
  *at = made;
  jar->count++;
  drop_unused(jar, made->is.domain.start, CSIO__COOKIES_PER_HOST);
  if (jar->count > CSIO__COOKIES_MAX) drop_unused(jar, NULL, CSIO__COOKIES_MAX);
  return CSIO_OK;
}

int csio__cookies_store(csio_cookies *jar, const csio__url *url, const char *text, int64_t now)
{
  csio__cookie_line line;
  if (!csio__cookie_parse(&line, text, now) || !settle(&line, url)) return CSIO_EINVALID;
  cookie *made = make_cookie(&line);
  if (!made) return CSIO_ENOMEM;
  uv_mutex_lock(&jar->lock);
  int err = add(jar, made, url, now);
  uv_mutex_unlock(&jar->lock);
  return err;
}

static bool holds_name(const char *header, const char *name)
{
  csio__text part, held, value;
  while (csio__text_next(&header, ';', &part)) {
    csio__text_split(part, &held, &value);
    if (csio__text_equals(held, name)) return true;
  }
  return false;
}

int csio__cookies_header(
    csio_cookies *jar, const csio__url *url, const char *own, int64_t now, csio__bytes *out)
{
  bool whole = !own || csio__bytes_append_texts(out, own);
  uv_mutex_lock(&jar->lock);
  drop_expired(jar, now);
  for (cookie *each = jar->first; each; each = each->next) {
    if (!is_for(&each->is, url) || (own && holds_name(own, each->is.name.start))) continue;
    each->used = ++jar->clock;
    whole = whole && csio__bytes_append_texts(
                         out, out->size ? "; " : "", each->is.name.start, "=", each->is.value.start);
  }
  uv_mutex_unlock(&jar->lock);
  return whole ? CSIO_OK : CSIO_ENOMEM;
}

/* --- for the public --- */

int csio_cookies_store(csio_cookies *jar, const char *url, const char *set_cookie)
{
  csio__url parsed;
  int err = csio__url_parse_any(&parsed, url);
  if (err) return err;
  err = csio__cookies_store(jar, &parsed, set_cookie, time(NULL));
  csio__url_free(&parsed);
  return err;
}

int csio_cookies_header(csio_cookies *jar, const char *url, csio_buffer **out)
{
  csio__url parsed;
  csio__bytes header = {0};
  *out = NULL;
  int err = csio__url_parse_any(&parsed, url);
  if (err) return err;
  err = csio__cookies_header(jar, &parsed, NULL, time(NULL), &header);
  csio__url_free(&parsed);
  if (!err && header.size && !(*out = csio_buffer_create(header.size + 1))) err = CSIO_ENOMEM;
  if (*out) {
    memcpy((*out)->bytes, header.data, header.size + 1);
    csio_buffer_truncate(*out, header.size); /* the terminator stays */
  }
  csio__bytes_free(&header);
  return err;
}
