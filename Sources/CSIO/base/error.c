#include "base/error_internal.h"

#include <stdarg.h>
#include <stdio.h>

const char *csio_err_name(int code)
{
  switch (code) {
  case CSIO_OK:
    return "OK";
#define CASE(name, value, sentence)                                                                          \
  case CSIO_E##name:                                                                                         \
    return #name;
    CSIO_ERROR_MAP(CASE)
#undef CASE
  }
  return "UNKNOWN";
}

const char *csio_err_message(int code)
{
  switch (code) {
  case CSIO_OK:
    return "success";
#define CASE(name, value, sentence)                                                                          \
  case CSIO_E##name:                                                                                         \
    return sentence;
    CSIO_ERROR_MAP(CASE)
#undef CASE
  }
  return "an unknown error";
}

void csio__failure_set(csio__failure *failure, int code, const char *format, ...)
{
  failure->error.code = code;
  failure->error.http_status = 0;
  failure->error.message = failure->text;
  va_list args;
  va_start(args, format);
  vsnprintf(failure->text, sizeof failure->text, format, args);
  va_end(args);
}

void csio__failure_code(csio__failure *failure, int code)
{
  csio__failure_set(failure, code, "%s", csio_err_message(code));
}
