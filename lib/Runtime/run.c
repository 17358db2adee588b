/*===- run.c - Putting the kernels of an entry on a stream ----------------===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
/*
 * Everything lies on the caller's stack: a run allocates nothing and waits for
 * nothing, so that it may be captured.
 */
#include "error.h"
#include "number.h"
#include "program.h"

#include <string.h>

/* One run: a plan, and where its buffers are. */
struct run {
  slin_program *program;
  const struct slingpu_entry *entry;
  const struct slingpu_plan *plan;
  uint32_t tokens;
  slin_handle stream;
  bool locked; /* the program's workspace is ours until the end */
  uint64_t addresses[SLINGPU_MAX_BUFFERS];
};

#define RUN_PREFIX "%s: entry '%s', %u tokens: "
#define RUN_WORDS(run)                                                         \
  (run)->program->artefact->name,                                              \
      slin_string((run)->program->artefact, (run)->entry->name), (run)->tokens

static const struct slingpu_buffer *buffer_of(const struct run *run,
                                              uint32_t index) {
  return slin_buffers(run->program->artefact) + run->plan->first_buffer + index;
}

static slin_status check_pointers(const struct run *run,
                                  const slin_pointer *pointers,
                                  const char *kind, uint32_t first,
                                  uint32_t count, slin_error *error) {
  const slin_artefact *artefact = run->program->artefact;
  for (uint32_t i = 0; i < count; ++i) {
    const struct slingpu_value *value =
        slin_values(artefact) + run->entry->first_value + first + i;
    if (!pointers[i] || pointers[i] % value->alignment)
      return slin_fail(error, SLIN_RUNTIME_USAGE,
                       RUN_PREFIX "%s '%s': expected memory aligned to %u "
                                  "bytes, found the pointer 0x%llx",
                       RUN_WORDS(run), kind, slin_string(artefact, value->name),
                       value->alignment, (unsigned long long)pointers[i]);
  }
  return SLIN_RUNTIME_OK;
}

/* The program's workspace belongs to one stream. */
static slin_status take_own_workspace(const struct run *run,
                                      slin_error *error) {
  slin_program *program = run->program;
  pthread_mutex_lock(&program->workspace_lock);
  const slin_handle owner = program->workspace_stream;
  if (!program->workspace_taken || owner == run->stream) {
    program->workspace_taken = true;
    program->workspace_stream = run->stream;
    return SLIN_RUNTIME_OK;
  }
  pthread_mutex_unlock(&program->workspace_lock);
  return slin_fail(error, SLIN_RUNTIME_USAGE,
                   RUN_PREFIX "expected the stream 0x%llx, to which the "
                              "program's workspace belongs since its first "
                              "run, found 0x%llx: give a workspace per stream",
                   RUN_WORDS(run), (unsigned long long)(uintptr_t)owner,
                   (unsigned long long)(uintptr_t)run->stream);
}

/* Where the program's own is used, its lock is held afterwards: two runs on one
 * stream may share it, but not mix their steps. */
static slin_status find_workspace(struct run *run, slin_pointer *workspace,
                                  uint64_t size, slin_error *error) {
  const uint64_t needed =
      slin_plan_workspace(run->program, run->plan, run->tokens);
  if (!needed)
    return SLIN_RUNTIME_OK;
  const bool own = !*workspace;
  if (own) {
    *workspace = run->program->workspace;
    size = run->program->workspace_size;
  }
  if (size < needed)
    return slin_fail(error, SLIN_RUNTIME_USAGE,
                     RUN_PREFIX "expected a workspace of at least %llu bytes, "
                                "found %llu: %s",
                     RUN_WORDS(run), (unsigned long long)needed,
                     (unsigned long long)size,
                     own ? "load the program for more tokens, or give one"
                         : "ask slin_workspace_size");
  if (*workspace % SLINGPU_WORKSPACE_ALIGNMENT)
    return slin_fail(error, SLIN_RUNTIME_USAGE,
                     RUN_PREFIX "expected a workspace aligned to 256 bytes, "
                                "found the pointer 0x%llx",
                     RUN_WORDS(run), (unsigned long long)*workspace);
  slin_status status = own ? take_own_workspace(run, error) : SLIN_RUNTIME_OK;
  run->locked = own && !status;
  return status;
}

static void place_buffers(struct run *run, const slin_pointer *inputs,
                          const slin_pointer *outputs, slin_pointer workspace) {
  for (uint32_t i = 0; i < run->plan->buffer_count; ++i) {
    const struct slingpu_buffer *buffer = buffer_of(run, i);
    switch (buffer->kind) {
    case SLINGPU_BUFFER_INPUT:
      run->addresses[i] = inputs[buffer->index];
      break;
    case SLINGPU_BUFFER_OUTPUT:
      run->addresses[i] = outputs[buffer->index];
      break;
    case SLINGPU_BUFFER_WEIGHT:
      run->addresses[i] =
          run->program->weights + run->program->weight_offsets[buffer->index];
      break;
    default:
      run->addresses[i] =
          workspace + slin_number_at(&buffer->offset, run->tokens);
    }
  }
}

/* Where an argument reaches: the end of a tensor map, or a pointer's start. */
static uint64_t reach(const struct run *run,
                      const struct slingpu_argument *argument,
                      uint32_t *buffer) {
  *buffer = argument->index;
  if (argument->kind == SLINGPU_ARGUMENT_POINTER)
    return slin_number_at(&argument->number, run->tokens);
  const struct slingpu_tensor_map *map =
      slin_tensor_maps(run->program->artefact) + argument->index;
  *buffer = map->buffer;
  return slin_tensor_map_extent(map, run->tokens);
}

static uint64_t size_of(const struct run *run, uint32_t buffer) {
  return slin_buffer_size(run->program->artefact, run->entry,
                          buffer_of(run, buffer), run->tokens);
}

/* The file was checked at the ends of the plan's range; in between, extents are
 * products of numbers that round. */
static slin_status check_extents(const struct run *run, slin_error *error) {
  const slin_artefact *artefact = run->program->artefact;
  for (uint32_t i = 0; i < run->plan->step_count; ++i) {
    const struct slingpu_step *step =
        slin_steps(artefact) + run->plan->first_step + i;
    const struct slingpu_argument *arguments =
        slin_arguments(artefact) + step->first_argument;
    uint64_t extent = 0;
    uint32_t buffer = 0;
    for (uint32_t j = 0; j < step->argument_count; ++j) {
      if (arguments[j].kind != SLINGPU_ARGUMENT_NUMBER)
        extent = reach(run, &arguments[j], &buffer);
      else if (step->kind == SLINGPU_STEP_CLEAR)
        extent += slin_number_at(&arguments[j].number, run->tokens);
      if (extent > size_of(run, buffer))
        return slin_fail(error, SLIN_RUNTIME_FILE,
                         RUN_PREFIX "step %u: expected argument %u to stay "
                                    "within the %llu bytes of its buffer, "
                                    "found %llu: compile the model again",
                         RUN_WORDS(run), i, j,
                         (unsigned long long)size_of(run, buffer),
                         (unsigned long long)extent);
    }
  }
  return SLIN_RUNTIME_OK;
}

static uint32_t grid_along_x(const struct run *run,
                             const struct slingpu_step *step, uint32_t y) {
  const uint64_t tiles = slin_number_at(&step->grid_x, run->tokens);
  if (!step->blocks_per_sm)
    return (uint32_t)tiles;
  const struct slingpu_kernel *kernel =
      slin_kernels(run->program->artefact) + step->kernel;
  uint64_t clusters = (uint64_t)step->blocks_per_sm * run->program->processors /
                      ((uint64_t)kernel->cluster * y);
  uint64_t most = (clusters ? clusters : 1) * kernel->cluster;
  return (uint32_t)(tiles < most ? tiles : most);
}

static slin_status name_step(const struct run *run, uint32_t index,
                             slin_status status, slin_error *error) {
  const slin_artefact *artefact = run->program->artefact;
  const struct slingpu_step *step =
      slin_steps(artefact) + run->plan->first_step + index;
  const bool kernel = step->kind == SLINGPU_STEP_KERNEL;
  slin_error_prefix(
      error, RUN_PREFIX "step %u, %s%s%s: ", RUN_WORDS(run), index,
      kernel ? "kernel '" : "clearing",
      kernel ? slin_string(artefact, slin_kernels(artefact)[step->kernel].name)
             : "",
      kernel ? "'" : "");
  return status;
}

static slin_status launch(const struct run *run,
                          const struct slingpu_step *step, slin_error *error) {
  slin_program *program = run->program;
  const slin_artefact *artefact = program->artefact;
  const struct slingpu_argument *arguments =
      slin_arguments(artefact) + step->first_argument;
  slin_encoded_map maps[SLINGPU_MAX_ARGUMENTS];
  uint64_t numbers[SLINGPU_MAX_ARGUMENTS];
  void *parameters[SLINGPU_MAX_ARGUMENTS + 1];
  for (uint32_t i = 0; i < step->argument_count; ++i) {
    const struct slingpu_argument *argument = &arguments[i];
    if (argument->kind != SLINGPU_ARGUMENT_TENSOR_MAP) {
      parameters[i] = &numbers[i];
      numbers[i] = slin_number_at(&argument->number, run->tokens);
      if (argument->kind == SLINGPU_ARGUMENT_POINTER)
        numbers[i] += run->addresses[argument->index];
      continue;
    }
    const struct slingpu_tensor_map *map =
        slin_tensor_maps(artefact) + argument->index;
    parameters[i] = &maps[i];
    slin_status status = slin_map_encode(
        &program->maps, program->driver, argument->index, map,
        run->addresses[map->buffer], run->tokens, &maps[i], error);
    if (status)
      return status;
  }
  const uint32_t y = (uint32_t)slin_number_at(&step->grid_y, run->tokens);
  const struct slingpu_kernel *kernel = slin_kernels(artefact) + step->kernel;
  slin_launch_attribute programmatic = {.id = LAUNCH_PROGRAMMATIC,
                                        .value.programmatic = 1};
  const bool early = step->flags & SLINGPU_STEP_PROGRAMMATIC;
  const slin_launch how = {.grid_x = grid_along_x(run, step, y),
                           .grid_y = y,
                           .grid_z = 1,
                           .block_x = kernel->threads,
                           .block_y = 1,
                           .block_z = 1,
                           .shared_bytes = kernel->dynamic_shared_bytes,
                           .stream = run->stream,
                           .attributes = early ? &programmatic : NULL,
                           .attribute_count = early};
  slin_result result = program->driver->launch(
      &how, program->functions[step->kernel], parameters, NULL);
  return result ? slin_driver_fail(program->driver, result, "cuLaunchKernelEx",
                                   error)
                : SLIN_RUNTIME_OK;
}

static slin_status clear(const struct run *run, const struct slingpu_step *step,
                         slin_error *error) {
  const struct slingpu_argument *arguments =
      slin_arguments(run->program->artefact) + step->first_argument;
  const uint64_t at = run->addresses[arguments[0].index] +
                      slin_number_at(&arguments[0].number, run->tokens);
  const uint64_t size = slin_number_at(&arguments[1].number, run->tokens);
  const struct slin_driver *driver = run->program->driver;
  slin_result result = size ? driver->clear(at, 0, size, run->stream) : 0;
  return result ? slin_driver_fail(driver, result, "cuMemsetD8Async", error)
                : SLIN_RUNTIME_OK;
}

static slin_status take_steps(const struct run *run, slin_error *error) {
  for (uint32_t i = 0; i < run->plan->step_count; ++i) {
    const struct slingpu_step *step =
        slin_steps(run->program->artefact) + run->plan->first_step + i;
    slin_status status = step->kind == SLINGPU_STEP_KERNEL
                             ? launch(run, step, error)
                             : clear(run, step, error);
    if (status)
      return name_step(run, i, status, error);
  }
  return SLIN_RUNTIME_OK;
}

/* With all pointers checked. */
static slin_status run_in_context(const struct run *run, slin_error *error) {
  const slin_program *program = run->program;
  int entered;
  slin_status status = check_extents(run, error);
  if (!status)
    status =
        slin_context_enter(program->driver, program->context, &entered, error);
  if (status)
    return status;
  status = take_steps(run, error);
  slin_status left =
      slin_context_leave(program->driver, entered, status ? NULL : error);
  return status ? status : left;
}

slin_status slin_run(slin_program *program, unsigned entry, unsigned tokens,
                     const slin_pointer *inputs, const slin_pointer *outputs,
                     slin_stream stream, slin_pointer workspace,
                     uint64_t workspace_size, slin_error *error) {
  struct run run = {.program = program, .tokens = tokens, .stream = stream};
  slin_error_clear(error);
  slin_status status = slin_find_plan(program, entry, tokens, &run.plan, error);
  if (status || !tokens)
    return status;
  run.entry = slin_entries(program->artefact) + entry;
  status =
      check_pointers(&run, inputs, "input", 0, run.entry->input_count, error);
  if (!status)
    status = check_pointers(&run, outputs, "output", run.entry->input_count,
                            run.entry->output_count, error);
  if (!status)
    status = find_workspace(&run, &workspace, workspace_size, error);
  if (status)
    return status;
  place_buffers(&run, inputs, outputs, workspace);
  status = run_in_context(&run, error);
  if (run.locked)
    pthread_mutex_unlock(&program->workspace_lock);
  return status;
}
