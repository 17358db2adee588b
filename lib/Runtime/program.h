/*===- program.h - An artefact on a device ------------------------*- C -*-===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
#ifndef SLIN_RUNTIME_PROGRAM_H
#define SLIN_RUNTIME_PROGRAM_H

#include "artefact.h"
#include "driver.h"

#include "tensor_map.h"

#pragma GCC visibility push(hidden)

struct slin_program {
  slin_artefact *artefact;
  const struct slin_driver *driver;
  slin_handle context;
  slin_device device;
  bool retained;       /* the primary context is ours too */
  uint32_t target;     /* of the artefact */
  uint32_t processors; /* SMs */
  char description[160];
  slin_handle *modules;   /* of the artefact's; null: of another target */
  slin_handle *functions; /* of the artefact's kernels; the same */
  slin_pointer weights;
  uint64_t *weight_offsets; /* in `weights`, of the artefact's weights */
  slin_pointer workspace;
  uint64_t workspace_size;
  pthread_mutex_t workspace_lock;
  bool workspace_taken; /* by a stream, from then on */
  slin_handle workspace_stream;
  struct slin_map_cache maps;
};

/* The device that a program is for. */
struct slin_device_facts {
  char name[96];
  uint32_t architecture; /* 90 */
  uint32_t processors;
  uint32_t shared_bytes; /* that a block can have */
};

/* The best target of the artefact that the device runs: a cubin before PTX,
 * then the greatest architecture. */
slin_status slin_choose_target(const slin_artefact *artefact,
                               const struct slin_device_facts *device,
                               uint32_t *target, slin_error *error);

/* Whether the cubin, or the PTX, of a target runs on an architecture. */
bool slin_cubin_runs(const struct slingpu_target *target,
                     uint32_t architecture);
bool slin_ptx_runs(const struct slingpu_target *target, uint32_t architecture);

/* Whether the kernels take the arguments that the plans give them, where the
 * driver can tell (from CUDA 12.4 on). */
slin_status slin_check_parameters(const slin_program *program,
                                  slin_error *error);

/* The plan for so many tokens (at least 1) on the program's target. */
slin_status slin_find_plan(const slin_program *program, unsigned entry,
                           unsigned tokens, const struct slingpu_plan **plan,
                           slin_error *error);

/* The workspace that a plan needs. */
uint64_t slin_plan_workspace(const slin_program *program,
                             const struct slingpu_plan *plan, uint32_t tokens);

#pragma GCC visibility pop

#endif
