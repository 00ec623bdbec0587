#include "base/header.h"

#include <string.h>
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
