/*===- check.h - Rules, and where they are broken -----------------*- C -*-===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
#ifndef SLIN_RUNTIME_CHECK_H
#define SLIN_RUNTIME_CHECK_H

#include "artefact.h"
#include "error.h"
#include "number.h"

#pragma GCC visibility push(hidden)

/* Where we are, for messages. */
struct place {
  const slin_artefact *artefact;
  slin_error *error;
  const char *kind;
  uint32_t index;
};

/* Where the ranges of owned records have got to. */
struct progress {
  uint32_t value, plan, buffer, step, argument;
};

#define NOT_OURS                                                               \
  "the file was not written by slin, or by another version of it: compile "    \
  "the "                                                                       \
  "model again"

/* EXPECT(holds, "threads: 1..1024", value) */
#define EXPECT(holds, expected, found)                                         \
  do {                                                                         \
    if (!(holds))                                                              \
      return slin_fail(place->error, SLIN_RUNTIME_FILE,                        \
                       "%s: %s %u: expected %s, found %llu; " NOT_OURS,        \
                       place->artefact->name, place->kind, place->index,       \
                       expected, (unsigned long long)(found));                 \
  } while (0)

#define CHECK(call)                                                            \
  do {                                                                         \
    slin_status status_ = (call);                                              \
    if (status_)                                                               \
      return status_;                                                          \
  } while (0)

slin_status slin_check_string(const struct place *place, uint32_t offset);
slin_status slin_check_name(const struct place *place, uint32_t offset);

/* A range that goes on where the last one ended. */
slin_status slin_check_range(const struct place *place, const char *what,
                             uint32_t first, uint32_t count, uint32_t *next,
                             uint32_t total);

/* A number, and its value at the greatest number of tokens. */
slin_status slin_check_number(const struct place *place, const char *what,
                              const struct slingpu_number *number,
                              uint32_t tokens, uint64_t most, uint64_t *value);

/* A plan, and whose it is. */
struct context {
  const struct slingpu_entry *entry;
  const struct slingpu_plan *plan;
};

/* One plan: its buffers, steps, arguments, tensor maps. */
slin_status slin_check_plan(const struct place *place,
                            const struct context *context,
                            struct progress *progress);

#pragma GCC visibility pop

#endif
