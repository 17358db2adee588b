/*===- target.c - Which code of a file a device runs ----------------------===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
/*
 * What runs where, after the CUDA Programming Guide ("Application
 * Compatibility"): a cubin runs on its own major architecture from its minor
 * one on, PTX on its own and all later architectures after the driver has
 * compiled it; code for a specific target (sm_90a) runs on that architecture
 * only.
 */
#include "error.h"
#include "program.h"

#include <stdio.h>
#include <string.h>

bool slin_cubin_runs(const struct slingpu_target *target,
                     uint32_t architecture) {
  if (target->flags & SLINGPU_TARGET_SPECIFIC)
    return target->architecture == architecture;
  return target->architecture / 10 == architecture / 10 &&
         target->architecture <= architecture;
}

bool slin_ptx_runs(const struct slingpu_target *target, uint32_t architecture) {
  if (target->flags & SLINGPU_TARGET_SPECIFIC)
    return target->architecture == architecture;
  return target->architecture <= architecture;
}

/* What a target has, over all of its modules. */
struct images {
  bool cubin, ptx;       /* every module has one */
  bool usable;           /* every module has one that runs */
  bool compiled;         /* by the driver: some module has PTX only */
  uint32_t shared_bytes; /* that its largest kernel takes */
};

static struct images images_of(const slin_artefact *artefact, uint32_t index,
                               uint32_t architecture) {
  const struct slingpu_target *target = &slin_targets(artefact)[index];
  struct images images = {true, true, true, false, 0};
  for (uint32_t i = 0; i < slin_modules_count(artefact); ++i) {
    const struct slingpu_module *module = &slin_modules(artefact)[i];
    if (module->target != index)
      continue;
    const bool cubin =
        module->cubin_size && slin_cubin_runs(target, architecture);
    const bool ptx = module->ptx_size && slin_ptx_runs(target, architecture);
    images.cubin &= module->cubin_size != 0;
    images.ptx &= module->ptx_size != 0;
    images.usable &= cubin || ptx;
    images.compiled |= !cubin;
  }
  for (uint32_t i = 0; i < slin_kernels_count(artefact); ++i) {
    const struct slingpu_kernel *kernel = &slin_kernels(artefact)[i];
    if (slin_modules(artefact)[kernel->module].target == index &&
        kernel->dynamic_shared_bytes > images.shared_bytes)
      images.shared_bytes = kernel->dynamic_shared_bytes;
  }
  return images;
}

static slin_status no_target(const slin_artefact *artefact,
                             const struct slin_device_facts *device,
                             slin_error *error) {
  char list[512] = "";
  size_t length = 0;
  for (uint32_t i = 0; i < slin_targets_count(artefact); ++i) {
    const struct slingpu_target *target = &slin_targets(artefact)[i];
    const struct images images = images_of(artefact, i, device->architecture);
    const char *kinds = images.cubin && images.ptx ? "cubin and PTX"
                        : images.cubin             ? "cubin"
                        : images.ptx               ? "PTX"
                                                   : "cubin or PTX";
    const char *suffix = target->flags & SLINGPU_TARGET_SPECIFIC ? "a" : "";
    if (length < sizeof list)
      length +=
          (size_t)snprintf(list + length, sizeof list - length, "%ssm_%u%s (%s",
                           i ? ", " : "", target->architecture, suffix, kinds);
    if (length < sizeof list && images.usable)
      length += (size_t)snprintf(list + length, sizeof list - length,
                                 "; takes %u bytes of shared memory, the "
                                 "device has %u",
                                 images.shared_bytes, device->shared_bytes);
    if (length < sizeof list)
      length += (size_t)snprintf(list + length, sizeof list - length, ")");
  }
  return slin_fail(error, SLIN_RUNTIME_NO_TARGET,
                   "%s: expected code for sm_%u, which the device %s is; found "
                   "%s: compile the model with --target sm_%u",
                   artefact->name, device->architecture, device->name, list,
                   device->architecture);
}

slin_status slin_choose_target(const slin_artefact *artefact,
                               const struct slin_device_facts *device,
                               uint32_t *result, slin_error *error) {
  uint32_t best = 0;
  for (uint32_t i = 0; i < slin_targets_count(artefact); ++i) {
    const struct slingpu_target *target = &slin_targets(artefact)[i];
    const struct images images = images_of(artefact, i, device->architecture);
    if (!images.usable || images.shared_bytes > device->shared_bytes)
      continue;
    const uint32_t rank = (images.compiled ? 0 : 1 << 16) +
                          2 * target->architecture +
                          (target->flags & SLINGPU_TARGET_SPECIFIC);
    if (rank > best) {
      best = rank;
      *result = i;
    }
  }
  return best ? SLIN_RUNTIME_OK : no_target(artefact, device, error);
}
