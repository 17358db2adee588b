/*===- error.c - Errors as text -------------------------------------------===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

slin_status slin_fail(slin_error *error, slin_status status, const char *format,
                      ...) {
  if (error) {
    va_list arguments;
    va_start(arguments, format);
    error->status = status;
    error->driver_code = 0;
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
  }
  return status;
}

void slin_error_prefix(slin_error *error, const char *format, ...) {
  if (!error)
    return;
  char text[sizeof error->message];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (length >= 0 && (size_t)length < sizeof text)
    snprintf(text + length, sizeof text - (size_t)length, "%s", error->message);
  memcpy(error->message, text, sizeof text);
}

void slin_error_clear(slin_error *error) {
  if (!error)
    return;
  error->status = SLIN_RUNTIME_OK;
  error->driver_code = 0;
  error->message[0] = 0;
}
