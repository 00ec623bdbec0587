#include "base/header.h"

#include <stdio.h>
#include <stdlib.h>
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

char *csio__header_line(const char *name, const char *value)
{
  size_t size = strlen(name) + strlen(value) + 3;
  char *line = malloc(size);
  if (!line) return NULL;
  /* libcurl takes "name:" for an order to leave the header out */
  if (value[strspn(value, " \t")])
    snprintf(line, size, "%s: %s", name, value);
  else
    snprintf(line, size, "%s;", name);
  return line;
}
