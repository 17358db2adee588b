/*===- validate.c - What the records of a file may say --------------------===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
/*
 * After this, no index, range or number of a file is looked at again: what runs
 * an entry relies on the rules of format.h. Each rule that a record breaks is
 * told with the record's place, what was expected and what was found.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

slin_status slin_check_string(const struct place *place, uint32_t offset) {
  EXPECT(offset < slin_section(place->artefact, SLINGPU_STRINGS)->size,
         "a string within the section of strings", offset);
  return SLIN_RUNTIME_OK;
}

slin_status slin_check_name(const struct place *place, uint32_t offset) {
  CHECK(slin_check_string(place, offset));
  EXPECT(slin_string(place->artefact, offset)[0], "a name", offset);
  return SLIN_RUNTIME_OK;
}

/* A range that goes on where the last one ended. */
slin_status slin_check_range(const struct place *place, const char *what,
                             uint32_t first, uint32_t count, uint32_t *next,
                             uint32_t total) {
  char expected[96];
  snprintf(expected, sizeof expected, "%s from %u on, of %u in all", what,
           *next, total);
  EXPECT(first == *next, expected, first);
  EXPECT(count <= total - first, expected, (uint64_t)first + count);
  *next = first + count;
  return SLIN_RUNTIME_OK;
}

slin_status slin_check_number(const struct place *place, const char *what,
                              const struct slingpu_number *number,
                              uint32_t tokens, uint64_t most, uint64_t *value) {
  char expected[96];
  snprintf(expected, sizeof expected, "%s: a divisor of at least 1", what);
  EXPECT(number->divisor, expected, number->divisor);
  bool fits = slin_number_fits(number, tokens, value);
  snprintf(expected, sizeof expected, "%s: at most %llu at %u tokens", what,
           (unsigned long long)most, tokens);
  EXPECT(fits && *value <= most, expected, fits ? *value : UINT64_MAX);
  return SLIN_RUNTIME_OK;
}

static slin_status check_strings(const slin_artefact *artefact,
                                 slin_error *error) {
  struct place here = {artefact, error, "strings", 0}, *place = &here;
  const uint64_t size = slin_section(artefact, SLINGPU_STRINGS)->size;
  EXPECT(size && size <= UINT32_MAX, "1..4294967295 bytes", size);
  const unsigned char *bytes = (const unsigned char *)slin_string(artefact, 0);
  EXPECT(!bytes[0] && !bytes[size - 1], "a zero byte at both ends",
         bytes[0] ? bytes[0] : bytes[size - 1]);
  for (uint32_t i = 0; i < slin_metadata_count(artefact); ++i) {
    here = (struct place){artefact, error, "metadata", i};
    CHECK(slin_check_name(place, slin_metadata(artefact)[i].key));
    CHECK(slin_check_string(place, slin_metadata(artefact)[i].value));
  }
  return SLIN_RUNTIME_OK;
}

static slin_status check_targets(const slin_artefact *artefact,
                                 slin_error *error) {
  struct place here = {artefact, error, "target", 0}, *place = &here;
  const struct slingpu_target *targets = slin_targets(artefact);
  const uint32_t count = slin_targets_count(artefact);
  EXPECT(count >= 1 && count <= SLINGPU_MAX_TARGETS, "1..64 targets", count);
  for (uint32_t i = 0; i < count; ++i) {
    here.index = i;
    EXPECT(targets[i].architecture >= 50 && targets[i].architecture < 1000,
           "an architecture in 50..999", targets[i].architecture);
    EXPECT(!(targets[i].flags & ~(uint32_t)SLINGPU_TARGET_SPECIFIC),
           "no flags but 1", targets[i].flags);
    for (uint32_t j = 0; j < i; ++j)
      EXPECT(memcmp(&targets[i], &targets[j], sizeof *targets),
             "an architecture of its own", targets[i].architecture);
  }
  return SLIN_RUNTIME_OK;
}

static slin_status check_image(const struct place *place, uint64_t offset,
                               uint64_t size) {
  const uint64_t all = slin_section(place->artefact, SLINGPU_CODE)->size;
  EXPECT(offset % SLINGPU_ALIGNMENT == 0, "an image at a multiple of 64",
         offset);
  EXPECT(offset <= all && size <= all - offset,
         "an image within the section of code", offset);
  EXPECT(size || !offset, "no offset where there is no image", offset);
  return SLIN_RUNTIME_OK;
}

static slin_status check_modules(const slin_artefact *artefact,
                                 slin_error *error) {
  struct place here = {artefact, error, "module", 0}, *place = &here;
  for (uint32_t i = 0; i < slin_modules_count(artefact); ++i) {
    const struct slingpu_module *module = &slin_modules(artefact)[i];
    here.index = i;
    CHECK(slin_check_name(place, module->name));
    EXPECT(module->target < slin_targets_count(artefact),
           "a target of the file", module->target);
    CHECK(check_image(place, module->cubin_offset, module->cubin_size));
    CHECK(check_image(place, module->ptx_offset, module->ptx_size));
    EXPECT(module->cubin_size || module->ptx_size, "a cubin or PTX", 0);
    if (module->ptx_size) {
      const unsigned char *text = slin_code(artefact, module->ptx_offset);
      EXPECT(!text[module->ptx_size - 1], "PTX that ends with a zero byte",
             text[module->ptx_size - 1]);
    }
  }
  return SLIN_RUNTIME_OK;
}

static slin_status check_kernels(const slin_artefact *artefact,
                                 slin_error *error) {
  struct place here = {artefact, error, "kernel", 0}, *place = &here;
  for (uint32_t i = 0; i < slin_kernels_count(artefact); ++i) {
    const struct slingpu_kernel *kernel = &slin_kernels(artefact)[i];
    here.index = i;
    CHECK(slin_check_name(place, kernel->name));
    EXPECT(kernel->module < slin_modules_count(artefact),
           "a module of the file", kernel->module);
    EXPECT(kernel->threads >= 1 && kernel->threads <= 1024, "1..1024 threads",
           kernel->threads);
    EXPECT(kernel->cluster >= 1 && kernel->cluster <= 16,
           "a cluster of 1..16 blocks", kernel->cluster);
    EXPECT(kernel->dynamic_shared_bytes <= 1 << 20,
           "at most 1048576 bytes of shared memory",
           kernel->dynamic_shared_bytes);
    EXPECT(!(kernel->flags & ~(uint32_t)SLINGPU_KERNEL_ASSEMBLED_ONLY),
           "no flags but 1", kernel->flags);
  }
  return SLIN_RUNTIME_OK;
}

static slin_status check_weights(const slin_artefact *artefact,
                                 slin_error *error) {
  struct place here = {artefact, error, "weight", 0}, *place = &here;
  const uint64_t all = slin_section(artefact, SLINGPU_WEIGHT_DATA)->size;
  uint64_t end = 0;
  for (uint32_t i = 0; i < slin_weights_count(artefact); ++i) {
    const struct slingpu_weight *weight = &slin_weights(artefact)[i];
    here.index = i;
    CHECK(slin_check_string(place, weight->name));
    EXPECT(!weight->reserved, "a reserved field to be 0", weight->reserved);
    EXPECT(weight->offset % SLINGPU_ALIGNMENT == 0,
           "an offset that is a multiple of 64", weight->offset);
    EXPECT(weight->offset >= end, "no overlap with the weight before",
           weight->offset);
    EXPECT(weight->size && weight->offset <= all &&
               weight->size <= all - weight->offset,
           "at least 1 byte, within the weight data", weight->size);
    end = weight->offset + weight->size;
  }
  return SLIN_RUNTIME_OK;
}

static slin_status check_value(const struct place *place,
                               const struct slingpu_value *value) {
  CHECK(slin_check_name(place, value->name));
  EXPECT(slin_element_size(value->element_type) &&
             value->element_type != SLINGPU_TF32,
         "an element type of memory", value->element_type);
  EXPECT(value->features && value->features <= INT32_MAX,
         "1..2147483647 features", value->features);
  EXPECT(value->rank, "a rank of at least 1", value->rank);
  EXPECT(value->alignment && value->alignment <= 256 &&
             !(value->alignment & (value->alignment - 1)),
         "an alignment that is a power of two up to 256", value->alignment);
  EXPECT(!value->reserved, "a reserved field to be 0", value->reserved);
  return SLIN_RUNTIME_OK;
}

/* Every target in order, each from 1 token on without a hole. */
static slin_status check_plans(const slin_artefact *artefact,
                               const struct slingpu_entry *entry,
                               struct progress *progress, slin_error *error) {
  struct place here = {artefact, error, "plan", entry->first_plan};
  const struct place *place = &here;
  uint32_t target = 0, next = 1;
  for (uint32_t i = 0; i < entry->plan_count; ++i, ++here.index) {
    const struct slingpu_plan *plan = slin_plans(artefact) + here.index;
    if (plan->target == target + 1 && i) {
      ++target;
      next = 1;
    }
    EXPECT(plan->target == target && target < slin_targets_count(artefact),
           "the plans of all targets in their order", plan->target);
    EXPECT(plan->from == next, "token ranges from 1 on without a hole",
           plan->from);
    EXPECT(plan->to > plan->from && plan->to <= INT32_MAX,
           "an end of the token range behind its start, up to 2147483647",
           plan->to);
    next = plan->to;
    struct context context = {entry, plan};
    CHECK(slin_check_plan(place, &context, progress));
  }
  here.index = entry->first_plan;
  EXPECT(entry->plan_count && target + 1 == slin_targets_count(artefact),
         "plans for every target of the file", target);
  return SLIN_RUNTIME_OK;
}

static slin_status check_entry(const struct place *place,
                               const struct slingpu_entry *entry,
                               struct progress *progress) {
  const slin_artefact *artefact = place->artefact;
  CHECK(slin_check_name(place, entry->name));
  CHECK(slin_check_string(place, entry->structure));
  EXPECT(entry->input_count >= 1 && entry->input_count < SLINGPU_MAX_VALUES,
         "1..15 inputs", entry->input_count);
  EXPECT(entry->output_count >= 1 &&
             entry->output_count <= SLINGPU_MAX_VALUES - entry->input_count,
         "outputs, up to 16 together with inputs", entry->output_count);
  EXPECT(!entry->reserved, "a reserved field to be 0", entry->reserved);
  CHECK(slin_check_range(place, "values", entry->first_value,
                         entry->input_count + entry->output_count,
                         &progress->value, slin_values_count(artefact)));
  CHECK(slin_check_range(place, "plans", entry->first_plan, entry->plan_count,
                         &progress->plan, slin_plans_count(artefact)));
  struct place here = {artefact, place->error, "value", entry->first_value};
  for (; here.index < progress->value; ++here.index)
    CHECK(check_value(&here, slin_values(artefact) + here.index));
  return check_plans(artefact, entry, progress, place->error);
}

static int compare_names(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static slin_status check_unique(const slin_artefact *artefact,
                                slin_error *error) {
  const uint32_t count = slin_entry_count(artefact);
  const char **names = malloc((count + 1) * sizeof *names);
  if (!names)
    return slin_fail(error, SLIN_RUNTIME_MEMORY, "%s: no memory can be had",
                     artefact->name);
  for (uint32_t i = 0; i < count; ++i)
    names[i] = slin_entry_name(artefact, i);
  qsort(names, count, sizeof *names, compare_names);
  slin_status status = SLIN_RUNTIME_OK;
  for (uint32_t i = 1; i < count && !status; ++i)
    if (!strcmp(names[i - 1], names[i]))
      status = slin_fail(error, SLIN_RUNTIME_FILE,
                         "%s: expected entries of different names, found two "
                         "'%s'; " NOT_OURS,
                         artefact->name, names[i]);
  free(names);
  return status;
}

slin_status slin_validate(const slin_artefact *artefact, slin_error *error) {
  CHECK(check_strings(artefact, error));
  CHECK(check_targets(artefact, error));
  CHECK(check_modules(artefact, error));
  CHECK(check_kernels(artefact, error));
  CHECK(check_weights(artefact, error));
  struct place here = {artefact, error, "entry", 0}, *place = &here;
  struct progress progress = {0};
  for (; here.index < slin_entry_count(artefact); ++here.index)
    CHECK(check_entry(place, slin_entries(artefact) + here.index, &progress));
  EXPECT(here.index, "at least one", here.index);
  EXPECT(progress.value == slin_values_count(artefact) &&
             progress.plan == slin_plans_count(artefact) &&
             progress.buffer == slin_buffers_count(artefact) &&
             progress.step == slin_steps_count(artefact) &&
             progress.argument == slin_arguments_count(artefact),
         "no record without an owner", progress.argument);
  return check_unique(artefact, error);
}
