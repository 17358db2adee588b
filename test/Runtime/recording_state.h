/*===- recording_state.h - What the files of the driver share -----*- C -*-===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
/*
 * Objects of the recording driver, its log, and how a call starts and ends.
 */
#ifndef SLIN_TEST_RECORDING_STATE_H
#define SLIN_TEST_RECORDING_STATE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* dladdr, aligned_alloc */
#endif
#include "../../lib/Runtime/driver.h"
#include "recording_driver.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  INVALID_VALUE = 1,
  OUT_OF_MEMORY = 2,
  INVALID_CONTEXT = 201,
  INVALID_PTX = 218,
  INVALID_HANDLE = 400,
  NOT_FOUND = 500,
  CAPTURE_UNSUPPORTED = 900,
  MOST_PARAMETERS = 40,
  MOST_CONTEXTS = 16
};

#define EXPORT __attribute__((visibility("default")))

struct memory {
  struct memory *next;
  unsigned number;
  char *bytes;
  size_t size;
};

struct function {
  struct function *next;
  char name[96];
  char parameters[MOST_PARAMETERS +
                  1]; /* m map, p pointer, n number; ? unknown */
};

struct module {
  struct function *functions;
};

struct step {
  struct function *function; /* null: clearing */
  slin_launch how;
  int programmatic;
  struct {
    slin_encoded_map map;
    uint64_t number;
  } arguments[MOST_PARAMETERS];
  uint64_t at, size;
};

struct graph {
  struct step *steps;
  unsigned count;
};

struct stream {
  unsigned number;
  int capturing;
  struct graph *captured;
};

/* All under the lock that a call holds from its start to its end. */
extern struct memory *memories;
extern unsigned live, made_memories, made_streams, shared, refuse_cubin;

/* Of this thread: streams that are captured (the mode is thread-local), where
 * calls that allocate or wait fail; and its stack of contexts. */
extern _Thread_local unsigned capturing, context_depth;
extern _Thread_local slin_handle contexts[MOST_CONTEXTS];

/* A line of the log. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Addresses as `memory 2 + 64`, so that logs are the same in every run. */
const char *address(uint64_t pointer, char text[64]);
const char *stream_name(const struct stream *stream, char text[32]);

/* Counts a call; whether it is the one to fail. The lock is held from here on.
 */
int begin(const char *name);
slin_result end(slin_result result);

#define BEGIN(name)                                                            \
  const slin_result failure = begin(name);                                     \
  if (failure)                                                                 \
    return end(failure);

/* Giving back always happens, as with the driver, which may answer with the
 * error of something earlier. */
#define BEGIN_RELEASE(name) const slin_result failure = begin(name);

#define NEED_CONTEXT()                                                         \
  if (!context_depth || !contexts[context_depth - 1])                          \
    return end(INVALID_CONTEXT);

#endif
