/*===- memory.c - Memory for callers without a framework ------------------===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
#include "error.h"
#include "program.h"

/* `work` in the program's context; its call as an error. */
#define IN_CONTEXT(call, work)                                                 \
  do {                                                                         \
    const struct slin_driver *driver = program->driver;                        \
    int entered;                                                               \
    slin_error_clear(error);                                                   \
    slin_status status =                                                       \
        slin_context_enter(driver, program->context, &entered, error);         \
    if (status)                                                                \
      return status;                                                           \
    slin_result result = (work);                                               \
    if (result)                                                                \
      status = slin_driver_fail(driver, result, call, error);                  \
    slin_status left =                                                         \
        slin_context_leave(driver, entered, status ? NULL : error);            \
    return status ? status : left;                                             \
  } while (0)

slin_status slin_allocate(slin_program *program, uint64_t bytes,
                          slin_pointer *pointer, slin_error *error) {
  *pointer = 0;
  IN_CONTEXT("cuMemAlloc", driver->allocate(pointer, bytes));
}

slin_status slin_free(slin_program *program, slin_pointer pointer,
                      slin_error *error) {
  const struct slin_driver *driver = program->driver;
  int entered;
  slin_error_clear(error);
  slin_status status =
      slin_context_enter_to_release(driver, program->context, &entered, error);
  slin_result result = driver->release(pointer);
  if (result && !status)
    status = slin_driver_fail(driver, result, "cuMemFree", error);
  slin_status left = slin_context_leave(driver, entered, status ? NULL : error);
  return status ? status : left;
}

slin_status slin_copy_to_device(slin_program *program, slin_pointer to,
                                const void *from, uint64_t bytes,
                                slin_error *error) {
  /* A copy from pageable memory may return before its end. */
  slin_result copied = 0;
  IN_CONTEXT(copied ? "cuMemcpyHtoD" : "cuStreamSynchronize",
             (copied = driver->copy_in(to, from, bytes))
                 ? copied
                 : driver->stream_wait(NULL));
}

slin_status slin_copy_to_host(slin_program *program, void *to,
                              slin_pointer from, uint64_t bytes,
                              slin_stream stream, slin_error *error) {
  slin_result waited = 0;
  IN_CONTEXT(waited ? "cuStreamSynchronize" : "cuMemcpyDtoH",
             (waited = driver->stream_wait(stream))
                 ? waited
                 : driver->copy_out(to, from, bytes));
}

slin_status slin_synchronize(slin_program *program, slin_stream stream,
                             slin_error *error) {
  IN_CONTEXT("cuStreamSynchronize", driver->stream_wait(stream));
}
