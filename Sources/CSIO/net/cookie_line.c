/* Reading a Set-Cookie header (RFC 6265, section 5.2). */
#include "net/cookies_internal.h"

#include "base/header.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

/* False for what is no number; the attribute does not count then. */
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

/* Names that promise something about the cookie (RFC 6265 bis, section 4.1.3). */
static bool keeps_its_promise(const csio__cookie_line *line)
{
  if (csio__text_begins(line->name, "__Secure-")) return line->secure;
  if (csio__text_begins(line->name, "__Host-"))
    return line->secure && !line->domain.size && csio__text_is(line->path, "/");
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
  return out->name.size + out->value.size <= CSIO__COOKIE_MAX_SIZE && keeps_its_promise(out);
}
