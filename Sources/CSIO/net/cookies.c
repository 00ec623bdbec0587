#include "net/cookies_internal.h"
#include "base/text.h"
#include "base/shared.h"
#include "net/public_suffix.h"

#include <csio/error.h>

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <uv.h>

typedef struct cookie {
  struct cookie *next;
  csio__cookie_line is;   /* its parts in `text`, each terminated */
  uint64_t created, used; /* by the jar's clock, which counts */
  char text[];
} cookie;

struct csio_cookies {
  atomic_int references;
  uv_mutex_t lock; /* for all below */
  cookie *first;   /* in the order in which they are sent */
  size_t count;
  uint64_t clock;
};

/* --- reading a Set-Cookie header (RFC 6265, section 5.2) --- */

/* False for what is not a number; the attribute is ignored then. */
static bool read_max_age(csio__text text, int64_t now, int64_t *expires)
{
  const long long longest = 400LL * 24 * 3600; /* what browsers agree on */
  char *end;
  if (!text.size || *text.start == '+') return false;
  long long age = strtoll(text.start, &end, 10);
  if (end != text.start + text.size) return false;
  *expires = age <= 0 ? INT64_MIN : now + (age < longest ? age : longest);
  return true;
}

static bool read_date(csio__text text, int64_t *expires)
{
  char date[80];
  if (!text.size || text.size >= sizeof date) return false;
  memcpy(date, text.start, text.size);
  date[text.size] = '\0';
  time_t time = curl_getdate(date, NULL);
  if (time == -1) return false;
  /* libcurl takes the year 70 for 2070, RFC 6265 for 1970, which is what servers mean: a date long past */
  const time_t year_2070 = 3155760000, year_2071 = 3187296000;
  bool past = time >= year_2070 && time < year_2071 && !strstr(date, "2070");
  *expires = past ? INT64_MIN : time;
  return true;
}

bool csio__cookie_parse(csio__cookie_line *out, const char *line, int64_t now)
{
  csio__text part, name, value;
  bool aged = false; /* Max-Age wins over Expires */
  *out = (csio__cookie_line){.expires = INT64_MAX};
  if (!csio__is_field_value(line) || !csio__text_next(&line, ';', &part) ||
      !csio__text_split(part, &out->name, &out->value) || !out->name.size)
    return false;
  while (csio__text_next(&line, ';', &part)) {
    csio__text_split(part, &name, &value);
    if (csio__text_is(name, "Max-Age")) {
      aged |= read_max_age(value, now, &out->expires);
    } else if (csio__text_is(name, "Expires")) {
      if (!aged) read_date(value, &out->expires);
    } else if (csio__text_is(name, "Domain")) {
      bool dot = value.size && *value.start == '.';
      out->domain = (csio__text){value.start + dot, value.size - dot};
    } else if (csio__text_is(name, "Path")) {
      bool usable = value.size && value.size <= CSIO__COOKIE_MAX_PATH && *value.start == '/';
      out->path = usable ? value : (csio__text){value.start, 0};
    } else if (csio__text_is(name, "Secure")) {
      out->secure = true;
    }
  }
  if (out->name.size + out->value.size > CSIO__COOKIE_MAX_SIZE) return false;
  /* names that promise something about the cookie (RFC 6265 bis, section 4.1.3) */
  bool host = csio__text_begins(out->name, "__Host-");
  if (host && (out->domain.size || !csio__text_is(out->path, "/"))) return false;
  return out->secure || !(host || csio__text_begins(out->name, "__Secure-"));
}

/* --- the jar --- */

int csio_cookies_create(csio_cookies **out)
{
  csio_cookies *jar = calloc(1, sizeof *jar);
  if (!jar || uv_mutex_init(&jar->lock)) {
    free(jar);
    return CSIO_ENOMEM;
  }
  atomic_init(&jar->references, 1);
  *out = jar;
  return CSIO_OK;
}

CSIO__RETAIN(csio_cookies)

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
  if (CSIO__STAYS(jar)) return;
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

/* Drops those unused for longest until `most` are left, of one domain or, for NULL, of all. */
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

/* Whether `below` is `path` or below it. */
static bool path_matches(csio__text below, csio__text path)
{
  if (below.size < path.size || memcmp(below.start, path.start, path.size)) return false;
  return below.size == path.size || path.start[path.size - 1] == '/' || below.start[path.size] == '/';
}

static bool is_for(const csio__cookie_line *cookie, const csio__url *url)
{
  csio__text host = {url->host, strlen(url->host)};
  bool for_host =
      cookie->host_only ? csio__text_is(cookie->domain, url->host) : csio__is_within(host, cookie->domain);
  csio__text path = {url->target, strcspn(url->target, "?")};
  return for_host && (url->secure || !cookie->secure) && path_matches(path, cookie->path);
}

/* The path of a cookie that names none: the URL's directory. */
static csio__text default_path(const csio__url *url)
{
  size_t size = strcspn(url->target, "?");
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
  if (!csio__is_within(host, line->domain)) return false;
  /* no cookies for all of "com"; a public suffix or an address can set them for itself alone */
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

/* Whether the cookie would replace a Secure one, or be sent before it: that would let an attacker who can
 * change plain answers hide it (RFC 6265bis, section 5.7). */
static bool would_hide_secure(const csio_cookies *jar, const cookie *made)
{
  for (const cookie *each = jar->first; each; each = each->next)
    if (each->is.secure && csio__text_equals(each->is.name, made->is.name.start) &&
        (csio__is_within(each->is.domain, made->is.domain) ||
            csio__is_within(made->is.domain, each->is.domain)) &&
        path_matches(made->is.path, each->is.path))
      return true;
  return false;
}

/* Puts the cookie into the jar, or frees it. */
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
  /* longer paths come first, then older cookies */
  cookie **at = &jar->first;
  size_t path = made->is.path.size;
  while (
      *at && ((*at)->is.path.size > path || ((*at)->is.path.size == path && (*at)->created < made->created)))
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

/* --- by URL --- */

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
