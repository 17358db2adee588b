/*===- number.h - What varies with tokens -------------------------*- C -*-===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
#ifndef SLIN_RUNTIME_NUMBER_H
#define SLIN_RUNTIME_NUMBER_H

#include "format.h"

#include <stdbool.h>

/* False where the value does not fit 64 bits. */
static inline bool slin_number_fits(const struct slingpu_number *number,
                                    uint32_t tokens, uint64_t *value) {
  uint64_t scaled = (uint64_t)number->scale * tokens;
  uint64_t steps = scaled / number->divisor + (scaled % number->divisor != 0);
  return !__builtin_mul_overflow(steps, number->multiplier, value) &&
         !__builtin_add_overflow(*value, number->constant, value);
}

/* Of a number that was found to fit, for these or more tokens. */
static inline uint64_t slin_number_at(const struct slingpu_number *number,
                                      uint32_t tokens) {
  uint64_t value = 0;
  slin_number_fits(number, tokens, &value);
  return value;
}

static inline bool slin_number_is_zero(const struct slingpu_number *number) {
  return !number->scale && !number->divisor && !number->multiplier &&
         !number->constant;
}

/* Whether the value is a multiple of `unit` for every number of tokens. */
static inline bool slin_number_divisible(const struct slingpu_number *number,
                                         uint64_t unit) {
  return number->multiplier % unit == 0 && number->constant % unit == 0;
}

#endif
