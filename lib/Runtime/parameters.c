/*===- parameters.c - Arguments of plans, parameters of kernels -----------===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
/*
 * A launch copies as many bytes as the kernel's code says that a parameter has:
 * where a plan gives it something else, the kernel would run on garbage.
 */
#include "error.h"
#include "program.h"

static size_t size_of(const struct slingpu_argument *argument) {
  return argument->kind == SLINGPU_ARGUMENT_TENSOR_MAP
             ? sizeof(slin_encoded_map)
         : argument->kind == SLINGPU_ARGUMENT_POINTER ? 8
                                                      : 4;
}

static slin_status check_step(const slin_program *program,
                              const struct slingpu_step *step,
                              slin_error *error) {
  const slin_artefact *artefact = program->artefact;
  const struct slingpu_kernel *kernel = slin_kernels(artefact) + step->kernel;
  const char *name = slin_string(artefact, kernel->name);
  for (uint32_t i = 0; i <= step->argument_count; ++i) {
    size_t offset = 0, size = 0;
    const slin_result result = program->driver->function_parameter(
        program->functions[step->kernel], i, &offset, &size);
    /* The driver answers so where there is no such parameter. */
    const bool absent = result == RESULT_INVALID_VALUE;
    if (result == RESULT_NOT_SUPPORTED)
      return SLIN_RUNTIME_OK;
    if (result && !absent) {
      slin_driver_fail(program->driver, result, "cuFuncGetParamInfo", error);
      slin_error_prefix(error, "%s: kernel '%s': ", artefact->name, name);
      return SLIN_RUNTIME_DRIVER;
    }
    const size_t given =
        i < step->argument_count
            ? size_of(slin_arguments(artefact) + step->first_argument + i)
            : 0;
    if ((absent ? 0 : size) != given)
      return slin_fail(error, SLIN_RUNTIME_FILE,
                       "%s: kernel '%s': expected %zu bytes for parameter %u, "
                       "as its code says, found %zu in a plan (0: none): "
                       "compile the model again",
                       artefact->name, name, absent ? (size_t)0 : size, i,
                       given);
  }
  return SLIN_RUNTIME_OK;
}

slin_status slin_check_parameters(const slin_program *program,
                                  slin_error *error) {
  const slin_artefact *artefact = program->artefact;
  slin_status status = SLIN_RUNTIME_OK;
  if (!program->driver->function_parameter)
    return status;
  for (uint32_t i = 0; i < slin_plans_count(artefact); ++i) {
    const struct slingpu_plan *plan = &slin_plans(artefact)[i];
    if (plan->target != program->target)
      continue;
    for (uint32_t j = 0; j < plan->step_count && !status; ++j) {
      const struct slingpu_step *step =
          slin_steps(artefact) + plan->first_step + j;
      if (step->kind == SLINGPU_STEP_KERNEL)
        status = check_step(program, step, error);
    }
  }
  return status;
}
