/*===- artefact.h - A file that was opened and checked ------------*- C -*-===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
/*
 * Everything but the weights is copied from the file into memory before it is
 * checked, so that a file which changes later cannot make a checked index
 * wrong. The weights are read twice: for the checksum, and when they are
 * loaded.
 */
#ifndef SLIN_RUNTIME_ARTEFACT_H
#define SLIN_RUNTIME_ARTEFACT_H

#include "format.h"

#include "slin_runtime.h"
#include <stdatomic.h>
#include <stdbool.h>

#pragma GCC visibility push(hidden)

struct slin_artefact {
  atomic_uint references;
  char *name;                  /* for messages */
  int file;                    /* -1 where bytes were given */
  const unsigned char *memory; /* the caller's bytes, or null */
  uint64_t size;
  unsigned char *head; /* the file up to the weight data */
  struct slingpu_section table[SLINGPU_SECTION_COUNT];
};

static inline const struct slingpu_section *
slin_section(const slin_artefact *artefact, enum slingpu_section_kind kind) {
  return &artefact->table[kind - 1];
}

/* slin_kernels(artefact) is the first kernel, slin_kernels_count(artefact)
 * their number; so for every section of records. */
#define SLIN_TABLE(record, plural, kind)                                       \
  static inline const struct slingpu_##record *slin_##plural(                  \
      const slin_artefact *artefact) {                                         \
    return (const void *)(artefact->head +                                     \
                          slin_section(artefact, kind)->offset);               \
  }                                                                            \
  static inline uint32_t slin_##plural##_count(                                \
      const slin_artefact *artefact) {                                         \
    return (uint32_t)(slin_section(artefact, kind)->size /                     \
                      sizeof(struct slingpu_##record));                        \
  }
SLIN_TABLE(metadata, metadata, SLINGPU_METADATA)
SLIN_TABLE(target, targets, SLINGPU_TARGETS)
SLIN_TABLE(module, modules, SLINGPU_MODULES)
SLIN_TABLE(kernel, kernels, SLINGPU_KERNELS)
SLIN_TABLE(weight, weights, SLINGPU_WEIGHTS)
SLIN_TABLE(entry, entries, SLINGPU_ENTRIES)
SLIN_TABLE(value, values, SLINGPU_VALUES)
SLIN_TABLE(plan, plans, SLINGPU_PLANS)
SLIN_TABLE(buffer, buffers, SLINGPU_BUFFERS)
SLIN_TABLE(step, steps, SLINGPU_STEPS)
SLIN_TABLE(argument, arguments, SLINGPU_ARGUMENTS)
SLIN_TABLE(tensor_map, tensor_maps, SLINGPU_TENSOR_MAPS)
#undef SLIN_TABLE

static inline const char *slin_string(const slin_artefact *artefact,
                                      uint32_t offset) {
  return (const char *)artefact->head +
         slin_section(artefact, SLINGPU_STRINGS)->offset + offset;
}

static inline const unsigned char *slin_code(const slin_artefact *artefact,
                                             uint64_t offset) {
  return artefact->head + slin_section(artefact, SLINGPU_CODE)->offset + offset;
}

/* Bytes of an element; 0 for a type that does not exist. */
uint32_t slin_element_size(uint32_t element_type);

/* "bf16" */
const char *slin_element_name(uint32_t element_type);

/* Bytes of a plan's buffer, whose plan belongs to `entry`. */
uint64_t slin_buffer_size(const slin_artefact *artefact,
                          const struct slingpu_entry *entry,
                          const struct slingpu_buffer *buffer, uint32_t tokens);

/* Bytes from the buffer's start that the tensor map reaches; UINT64_MAX where
 * that does not fit. */
uint64_t slin_tensor_map_extent(const struct slingpu_tensor_map *map,
                                uint32_t tokens);

/* Bytes `offset`.. of the weight data. */
slin_status slin_read_weights(const slin_artefact *artefact, uint64_t offset,
                              void *to, size_t size, slin_error *error);

/* What the records say, after the checksums: every index, range, limit. */
slin_status slin_validate(const slin_artefact *artefact, slin_error *error);

/* One more user; slin_close is one less. */
void slin_retain(slin_artefact *artefact);

#pragma GCC visibility pop

#endif
