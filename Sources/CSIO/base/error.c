#include "base/error_internal.h"

#include <stdarg.h>
#include <stdio.h>

static const struct row {
  int code;
  const char *name, *sentence;
} rows[] = {{CSIO_OK, "OK", "success"},
#define ROW(name, value, sentence) {CSIO_E##name, #name, sentence},
    CSIO_ERROR_MAP(ROW)
#undef ROW
};

static const struct row *row_of(int code)
{
  static const struct row unknown = {0, "UNKNOWN", "an unknown error"};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (rows[i].code == code) return &rows[i];
  return &unknown;
}

const char *csio_err_name(int code)
{
  return row_of(code)->name;
}

const char *csio_err_message(int code)
{
  return row_of(code)->sentence;
}

int csio__failure_set(csio__failure *failure, int code, const char *format, ...)
{
  failure->error = (csio_error){.code = code, .message = failure->text};
  va_list args;
  va_start(args, format);
  vsnprintf(failure->text, sizeof failure->text, format, args);
  va_end(args);
  return code;
}

int csio__failure_code(csio__failure *failure, int code)
{
  return csio__failure_set(failure, code, "%s", csio_err_message(code));
}
