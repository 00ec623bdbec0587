#include "base/header.h"

#include "base/buffer_internal.h"

#include <strings.h>

bool csio__is_token(const char *text)
{
  static const char allowed[] =
      "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return *text && text[strspn(text, allowed)] == '\0';
}

bool csio__is_framing_header(const char *name)
{
  return !strcasecmp(name, "Content-Length") || !strcasecmp(name, "Transfer-Encoding");
}

bool csio__is_field_value(const char *text)
{
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    if ((c < ' ' && c != '\t') || c == 127) return false;
  }
  return true;
}

char *csio__header_line(const char *name, const char *value)
{
  /* libcurl takes "name:" for an order to leave the header out */
  return value[strspn(value, " \t")] ? csio__join(name, ": ", value) : csio__join(name, ";");
}
