/*===- error.h - Errors as text -----------------------------------*- C -*-===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
/* Fills the caller's slin_error; nothing is allocated. */
#ifndef SLIN_RUNTIME_ERROR_H
#define SLIN_RUNTIME_ERROR_H

#include "slin_runtime.h"

#pragma GCC visibility push(hidden)

/* Writes the message; answers `status`, so that it can be returned. */
slin_status slin_fail(slin_error *error, slin_status status, const char *format,
                      ...) __attribute__((format(printf, 3, 4)));

/* Puts words in front of a message: what was being done. */
void slin_error_prefix(slin_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* No error so far. */
void slin_error_clear(slin_error *error);

#pragma GCC visibility pop

#endif
