/*===- program.c - Loading an artefact on a device ------------------------===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
#include "error.h"
#include "number.h"
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Weights go to the device in pieces of this size. */
enum { CHUNK = 4 << 20 };

#define NO_WEIGHT UINT64_MAX

/* An error of a driver's call, with the artefact in front. */
static slin_status driver_error(const slin_program *program, slin_result result,
                                const char *call, slin_error *error) {
  slin_driver_fail(program->driver, result, call, error);
  slin_error_prefix(error, "%s: ", program->artefact->name);
  return SLIN_RUNTIME_DRIVER;
}

#define CALL(name, function, ...)                                              \
  do {                                                                         \
    slin_result result_ = program->driver->function(__VA_ARGS__);              \
    if (result_)                                                               \
      return driver_error(program, result_, name, error);                      \
  } while (0)

static slin_status read_facts(slin_program *program,
                              struct slin_device_facts *facts,
                              slin_error *error) {
  int major = 0, minor = 0, processors = 0, shared = 0;
  const slin_device device = program->device;
  CALL("cuDeviceGetName", device_name, facts->name, (int)sizeof facts->name,
       device);
  CALL("cuDeviceGetAttribute", device_attribute, &major,
       DEVICE_CAPABILITY_MAJOR, device);
  CALL("cuDeviceGetAttribute", device_attribute, &minor,
       DEVICE_CAPABILITY_MINOR, device);
  CALL("cuDeviceGetAttribute", device_attribute, &processors,
       DEVICE_MULTIPROCESSOR_COUNT, device);
  CALL("cuDeviceGetAttribute", device_attribute, &shared, DEVICE_SHARED_MEMORY,
       device);
  facts->name[sizeof facts->name - 1] = 0;
  facts->architecture = (uint32_t)(major * 10 + minor);
  facts->processors = processors > 0 ? (uint32_t)processors : 1;
  facts->shared_bytes = shared > 0 ? (uint32_t)shared : 0;
  return SLIN_RUNTIME_OK;
}

static slin_status load_image(slin_program *program,
                              const struct slingpu_module *module, bool cubin,
                              slin_handle *handle, slin_result *result,
                              slin_error *error) {
  const slin_artefact *artefact = program->artefact;
  char log[512] = "";
  int options[] = {JIT_ERROR_LOG, JIT_ERROR_LOG_SIZE};
  void *values[] = {log, (void *)(uintptr_t)(sizeof log - 1)};
  *result = program->driver->module_load(
      handle,
      slin_code(artefact, cubin ? module->cubin_offset : module->ptx_offset), 2,
      options, values);
  if (!*result)
    return SLIN_RUNTIME_OK;
  log[strcspn(log, "\n")] = 0;
  slin_driver_fail(program->driver, *result, "cuModuleLoadDataEx", error);
  slin_error_prefix(error, "%s: %s of module '%s'%s%s: ", artefact->name,
                    cubin ? "the cubin" : "the PTX",
                    slin_string(artefact, module->name), *log ? ": " : "", log);
  return SLIN_RUNTIME_DRIVER;
}

/* A cubin, or PTX where the driver does not take the cubin. */
static slin_status load_module(slin_program *program, uint32_t index,
                               uint32_t architecture, bool *compiled,
                               slin_error *error) {
  const struct slingpu_module *module = &slin_modules(program->artefact)[index];
  const struct slingpu_target *target =
      &slin_targets(program->artefact)[program->target];
  const bool ptx = module->ptx_size && slin_ptx_runs(target, architecture);
  slin_handle *handle = &program->modules[index];
  slin_result result = 0;
  if (module->cubin_size && slin_cubin_runs(target, architecture)) {
    slin_status status =
        load_image(program, module, true, handle, &result, error);
    const bool unfit =
        result == RESULT_NO_BINARY || result == RESULT_INVALID_IMAGE;
    if (!status || !unfit || !ptx)
      return status;
    slin_error_clear(error);
  }
  *compiled = true;
  return load_image(program, module, false, handle, &result, error);
}

static slin_status load_kernel(slin_program *program, uint32_t index,
                               slin_error *error) {
  const slin_artefact *artefact = program->artefact;
  const struct slingpu_kernel *kernel = &slin_kernels(artefact)[index];
  const struct slin_driver *driver = program->driver;
  const char *name = slin_string(artefact, kernel->name);
  const char *call = "cuModuleGetFunction";
  slin_handle function = NULL;
  slin_result result = driver->module_function(
      &function, program->modules[kernel->module], name);
  if (!result) {
    call = "cuFuncSetAttribute";
    /* Without asking, a kernel gets 48 KiB and clusters of 8. */
    if (kernel->dynamic_shared_bytes > 48 << 10)
      result = driver->function_set(function, FUNCTION_DYNAMIC_SHARED,
                                    (int)kernel->dynamic_shared_bytes);
    if (!result && kernel->cluster > 8)
      result = driver->function_set(function, FUNCTION_LARGE_CLUSTER, 1);
  }
  /* Now, and not at the first launch, which may be captured. */
  if (!result && driver->function_load) {
    call = "cuFuncLoad";
    result = driver->function_load(function);
  }
  program->functions[index] = function;
  if (!result)
    return SLIN_RUNTIME_OK;
  slin_driver_fail(driver, result, call, error);
  slin_error_prefix(error, "%s: kernel '%s': ", artefact->name, name);
  return SLIN_RUNTIME_DRIVER;
}

static slin_status load_code(slin_program *program,
                             const struct slin_device_facts *facts,
                             slin_error *error) {
  const slin_artefact *artefact = program->artefact;
  const struct slingpu_target *target =
      &slin_targets(artefact)[program->target];
  slin_status status = SLIN_RUNTIME_OK;
  bool compiled = false;
  for (uint32_t i = 0; i < slin_modules_count(artefact) && !status; ++i)
    if (slin_modules(artefact)[i].target == program->target)
      status = load_module(program, i, facts->architecture, &compiled, error);
  for (uint32_t i = 0; i < slin_kernels_count(artefact) && !status; ++i)
    if (program->modules[slin_kernels(artefact)[i].module])
      status = load_kernel(program, i, error);
  if (!status)
    status = slin_check_parameters(program, error);
  snprintf(program->description, sizeof program->description,
           "sm_%u%s, %s, on %s", target->architecture,
           target->flags & SLINGPU_TARGET_SPECIFIC ? "a" : "",
           compiled ? "PTX" : "cubin", facts->name);
  return status;
}

/* Where each weight that the target's plans read goes; answers the bytes of
 * all. */
static uint64_t place_weights(slin_program *program) {
  const slin_artefact *artefact = program->artefact;
  const uint32_t count = slin_weights_count(artefact);
  for (uint32_t i = 0; i < count; ++i)
    program->weight_offsets[i] = NO_WEIGHT;
  for (uint32_t i = 0; i < slin_plans_count(artefact); ++i) {
    const struct slingpu_plan *plan = &slin_plans(artefact)[i];
    if (plan->target != program->target)
      continue;
    for (uint32_t j = 0; j < plan->buffer_count; ++j) {
      const struct slingpu_buffer *buffer =
          &slin_buffers(artefact)[plan->first_buffer + j];
      if (buffer->kind == SLINGPU_BUFFER_WEIGHT)
        program->weight_offsets[buffer->index] = 0;
    }
  }
  uint64_t end = 0;
  for (uint32_t i = 0; i < count; ++i)
    if (program->weight_offsets[i] != NO_WEIGHT) {
      program->weight_offsets[i] = end;
      end += slin_weights(artefact)[i].size + SLINGPU_WORKSPACE_ALIGNMENT - 1;
      end -= end % SLINGPU_WORKSPACE_ALIGNMENT;
    }
  return end;
}

static slin_status copy_weight(slin_program *program, uint32_t index,
                               void *bytes, slin_error *error) {
  const struct slingpu_weight *weight = &slin_weights(program->artefact)[index];
  slin_pointer to = program->weights + program->weight_offsets[index];
  for (uint64_t done = 0; done < weight->size;) {
    uint64_t left = weight->size - done;
    size_t size = left < CHUNK ? (size_t)left : CHUNK;
    slin_status status = slin_read_weights(
        program->artefact, weight->offset + done, bytes, size, error);
    if (status)
      return status;
    CALL("cuMemcpyHtoD", copy_in, to + done, bytes, size);
    done += size;
  }
  return SLIN_RUNTIME_OK;
}

static slin_status load_weights(slin_program *program, slin_error *error) {
  const uint64_t size = place_weights(program);
  if (!size)
    return SLIN_RUNTIME_OK;
  CALL("cuMemAlloc (for the weights)", allocate, &program->weights, size);
  void *bytes = malloc(CHUNK);
  if (!bytes)
    return slin_fail(error, SLIN_RUNTIME_MEMORY,
                     "%s: %d bytes of memory cannot be had",
                     program->artefact->name, CHUNK);
  slin_status status = SLIN_RUNTIME_OK;
  for (uint32_t i = 0; i < slin_weights_count(program->artefact); ++i)
    if (!status && program->weight_offsets[i] != NO_WEIGHT)
      status = copy_weight(program, i, bytes, error);
  free(bytes);
  if (status)
    return status;
  /* A copy from pageable memory may return before its end, and the caller's
   * stream need not wait for the default one. */
  CALL("cuStreamSynchronize", stream_wait, NULL);
  return SLIN_RUNTIME_OK;
}

static slin_status load_workspace(slin_program *program, unsigned max_tokens,
                                  slin_error *error) {
  const slin_artefact *artefact = program->artefact;
  for (unsigned entry = 0; max_tokens && entry < slin_entry_count(artefact);
       ++entry) {
    const struct slingpu_entry *about = &slin_entries(artefact)[entry];
    for (uint32_t i = 0; i < about->plan_count; ++i) {
      const struct slingpu_plan *plan =
          &slin_plans(artefact)[about->first_plan + i];
      if (plan->target != program->target || plan->from > max_tokens)
        continue;
      const uint32_t tokens = max_tokens < plan->to ? max_tokens : plan->to - 1;
      const uint64_t size = slin_plan_workspace(program, plan, tokens);
      if (size > program->workspace_size)
        program->workspace_size = size;
    }
  }
  if (!program->workspace_size)
    return SLIN_RUNTIME_OK;
  const uint64_t size = program->workspace_size;
  program->workspace_size = 0;
  CALL("cuMemAlloc (for the workspace)", allocate, &program->workspace, size);
  program->workspace_size = size;
  return SLIN_RUNTIME_OK;
}

/* In the program's context. */
static slin_status load_all(slin_program *program, unsigned max_tokens,
                            slin_error *error) {
  const slin_artefact *artefact = program->artefact;
  struct slin_device_facts facts;
  slin_status status = read_facts(program, &facts, error);
  if (!status)
    status = slin_choose_target(artefact, &facts, &program->target, error);
  program->processors = facts.processors;
  if (!status)
    status = slin_map_cache_create(&program->maps,
                                   slin_tensor_maps_count(artefact), error);
  if (!status)
    status = load_code(program, &facts, error);
  if (!status)
    status = load_weights(program, error);
  if (!status)
    status = load_workspace(program, max_tokens, error);
  return status;
}

static slin_status find_context(slin_program *program, int device,
                                slin_error *error) {
  int count = 0;
  if (device == SLIN_CURRENT_CONTEXT) {
    CALL("cuCtxGetCurrent", context_current, &program->context);
    if (!program->context)
      return slin_fail(error, SLIN_RUNTIME_USAGE,
                       "%s: expected a current context on this thread, found "
                       "none: give a device",
                       program->artefact->name);
    CALL("cuCtxGetDevice", context_device, &program->device);
    return SLIN_RUNTIME_OK;
  }
  CALL("cuDeviceGetCount", device_count, &count);
  if (device < 0 || device >= count)
    return slin_fail(error, SLIN_RUNTIME_USAGE,
                     "%s: expected a device in 0..%d, found %d",
                     program->artefact->name, count - 1, device);
  CALL("cuDeviceGet", device_get, &program->device, device);
  CALL("cuDevicePrimaryCtxRetain", context_retain, &program->context,
       program->device);
  program->retained = true;
  return SLIN_RUNTIME_OK;
}

static slin_program *make(slin_artefact *artefact) {
  slin_program *program = calloc(1, sizeof *program);
  if (!program)
    return NULL;
  slin_retain(artefact);
  program->artefact = artefact;
  pthread_mutex_init(&program->workspace_lock, NULL);
  const size_t modules = slin_modules_count(artefact) + (size_t)1;
  const size_t kernels = slin_kernels_count(artefact) + (size_t)1;
  const size_t weights = slin_weights_count(artefact) + (size_t)1;
  program->modules = calloc(modules, sizeof *program->modules);
  program->functions = calloc(kernels, sizeof *program->functions);
  program->weight_offsets = calloc(weights, sizeof *program->weight_offsets);
  if (program->modules && program->functions && program->weight_offsets)
    return program;
  slin_unload(program, NULL);
  return NULL;
}

slin_status slin_load(slin_artefact *artefact, int device, unsigned max_tokens,
                      slin_program **result, slin_error *error) {
  *result = NULL;
  slin_error_clear(error);
  const struct slin_driver *driver;
  slin_status status = slin_driver_get(&driver, error);
  if (status)
    return status;
  slin_program *program = make(artefact);
  if (!program)
    return slin_fail(error, SLIN_RUNTIME_MEMORY, "%s: no memory can be had",
                     artefact->name);
  program->driver = driver;
  int entered = 0;
  status = find_context(program, device, error);
  if (!status)
    status = slin_context_enter(driver, program->context, &entered, error);
  if (!status)
    status = load_all(program, max_tokens, error);
  slin_status left = slin_context_leave(driver, entered, status ? NULL : error);
  status = status ? status : left;
  if (status)
    slin_unload(program, NULL);
  else
    *result = program;
  return status;
}

/* Remembers the first failure and goes on. */
static void note(slin_program *program, slin_result result, const char *call,
                 slin_status *status, slin_error *error) {
  if (result && !*status)
    *status = driver_error(program, result, call, error);
}

slin_status slin_unload(slin_program *program, slin_error *error) {
  slin_error_clear(error);
  if (!program)
    return SLIN_RUNTIME_OK;
  const struct slin_driver *driver = program->driver;
  slin_status status = SLIN_RUNTIME_OK;
  int entered = 0;
  if (program->context)
    status = slin_context_enter_to_release(driver, program->context, &entered,
                                           error);
  if (program->workspace)
    note(program, driver->release(program->workspace), "cuMemFree", &status,
         error);
  if (program->weights)
    note(program, driver->release(program->weights), "cuMemFree", &status,
         error);
  for (uint32_t i = 0;
       program->modules && i < slin_modules_count(program->artefact); ++i)
    if (program->modules[i])
      note(program, driver->module_unload(program->modules[i]),
           "cuModuleUnload", &status, error);
  slin_status left = SLIN_RUNTIME_OK;
  if (driver)
    left = slin_context_leave(driver, entered, status ? NULL : error);
  status = status ? status : left;
  if (program->retained)
    note(program, driver->context_release(program->device),
         "cuDevicePrimaryCtxRelease", &status, error);
  slin_map_cache_destroy(&program->maps);
  pthread_mutex_destroy(&program->workspace_lock);
  free(program->modules);
  free(program->functions);
  free(program->weight_offsets);
  slin_close(program->artefact);
  free(program);
  return status;
}

const char *slin_program_target(const slin_program *program) {
  return program->description;
}

uint64_t slin_plan_workspace(const slin_program *program,
                             const struct slingpu_plan *plan, uint32_t tokens) {
  uint64_t most = 0;
  for (uint32_t i = 0; i < plan->buffer_count; ++i) {
    const struct slingpu_buffer *buffer =
        &slin_buffers(program->artefact)[plan->first_buffer + i];
    if (buffer->kind != SLINGPU_BUFFER_WORKSPACE)
      continue;
    uint64_t end = slin_number_at(&buffer->offset, tokens) +
                   slin_number_at(&buffer->size, tokens);
    most = end > most ? end : most;
  }
  return most;
}

slin_status slin_find_plan(const slin_program *program, unsigned entry,
                           unsigned tokens, const struct slingpu_plan **plan,
                           slin_error *error) {
  const slin_artefact *artefact = program->artefact;
  if (entry >= slin_entry_count(artefact))
    return slin_fail(error, SLIN_RUNTIME_USAGE,
                     "%s: expected an entry in 0..%u, found %u", artefact->name,
                     slin_entry_count(artefact) - 1, entry);
  const struct slingpu_entry *about = &slin_entries(artefact)[entry];
  uint32_t end = 0;
  for (uint32_t i = 0; i < about->plan_count; ++i) {
    *plan = &slin_plans(artefact)[about->first_plan + i];
    if ((*plan)->target != program->target)
      continue;
    end = (*plan)->to;
    if (tokens < end)
      return SLIN_RUNTIME_OK;
  }
  return slin_fail(error, SLIN_RUNTIME_USAGE,
                   "%s: entry '%s': expected at most %u tokens, found %u",
                   artefact->name, slin_entry_name(artefact, entry), end - 1,
                   tokens);
}

slin_status slin_workspace_size(const slin_program *program, unsigned entry,
                                unsigned tokens, uint64_t *bytes,
                                slin_error *error) {
  const struct slingpu_plan *plan = NULL;
  slin_error_clear(error);
  *bytes = 0;
  slin_status status = slin_find_plan(program, entry, tokens, &plan, error);
  if (!status && tokens)
    *bytes = slin_plan_workspace(program, plan, tokens);
  return status;
}
