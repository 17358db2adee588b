/*===- validate.c - What the records of a file may say ---===*\
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
#include "artefact.h"
#include "error.h"
#include "number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static slin_status check_string(const struct place *place, uint32_t offset) {
  EXPECT(offset < slin_section(place->artefact, SLINGPU_STRINGS)->size,
         "a string within the section of strings", offset);
  return SLIN_RUNTIME_OK;
}

static slin_status check_name(const struct place *place, uint32_t offset) {
  CHECK(check_string(place, offset));
  EXPECT(slin_string(place->artefact, offset)[0], "a name", offset);
  return SLIN_RUNTIME_OK;
}

/* A range that goes on where the last one ended. */
static slin_status check_range(const struct place *place, const char *what,
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

static slin_status check_number(const struct place *place, const char *what,
                                const struct slingpu_number *number,
                                uint32_t tokens, uint64_t most,
                                uint64_t *value) {
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
    CHECK(check_name(place, slin_metadata(artefact)[i].key));
    CHECK(check_string(place, slin_metadata(artefact)[i].value));
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
    CHECK(check_name(place, module->name));
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
    CHECK(check_name(place, kernel->name));
    EXPECT(kernel->module < slin_modules_count(artefact),
           "a module of the file", kernel->module);
    EXPECT(kernel->threads >= 1 && kernel->threads <= 1024, "1..1024 threads",
           kernel->threads);
    EXPECT(kernel->cluster >= 1 && kernel->cluster <= 16,
           "a cluster of 1..16 blocks", kernel->cluster);
    EXPECT(kernel->dynamic_shared_bytes <= 1 << 20,
           "at most 1048576 bytes of shared memory",
           kernel->dynamic_shared_bytes);
    EXPECT(!kernel->reserved, "a reserved field to be 0", kernel->reserved);
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
    CHECK(check_string(place, weight->name));
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
  CHECK(check_name(place, value->name));
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

/* A plan, and whose it is. */
struct context {
  const struct slingpu_entry *entry;
  const struct slingpu_plan *plan;
};

static const struct slingpu_buffer *buffer_of(const struct place *place,
                                              const struct context *context,
                                              uint32_t index) {
  return slin_buffers(place->artefact) + context->plan->first_buffer + index;
}

/* An extent lies in a buffer at both ends of the plan's range. In between, it
 * is looked at again before it is used, since products are not linear. */
static slin_status check_extent(const struct place *place,
                                const struct context *context, uint32_t buffer,
                                uint32_t tokens, uint64_t extent) {
  char expected[96];
  uint64_t size = slin_buffer_size(place->artefact, context->entry,
                                   buffer_of(place, context, buffer), tokens);
  snprintf(expected, sizeof expected,
           "to stay within the %llu bytes of buffer %u at %u tokens",
           (unsigned long long)size, buffer, tokens);
  EXPECT(extent <= size, expected, extent);
  return SLIN_RUNTIME_OK;
}

static slin_status check_buffer(const struct place *place,
                                const struct context *context,
                                const struct slingpu_buffer *buffer) {
  uint64_t offset, size;
  const uint32_t most = context->plan->to - 1;
  uint32_t count = 1;
  switch (buffer->kind) {
  case SLINGPU_BUFFER_INPUT:
    count = context->entry->input_count;
    break;
  case SLINGPU_BUFFER_OUTPUT:
    count = context->entry->output_count;
    break;
  case SLINGPU_BUFFER_WEIGHT:
    count = slin_weights_count(place->artefact);
    break;
  case SLINGPU_BUFFER_WORKSPACE:
    CHECK(check_number(place, "offset", &buffer->offset, most, UINT64_MAX >> 2,
                       &offset));
    CHECK(check_number(place, "size", &buffer->size, most, UINT64_MAX >> 2,
                       &size));
    EXPECT(slin_number_divisible(&buffer->offset, SLINGPU_WORKSPACE_ALIGNMENT),
           "an offset that is a multiple of 256", buffer->offset.multiplier);
    break;
  default:
    EXPECT(false, "a kind in 1..4", buffer->kind);
  }
  EXPECT(buffer->index < count, "an index of what there is", buffer->index);
  if (buffer->kind != SLINGPU_BUFFER_WORKSPACE)
    EXPECT(slin_number_is_zero(&buffer->offset) &&
               slin_number_is_zero(&buffer->size),
           "no size and offset of what is not workspace", buffer->kind);
  return SLIN_RUNTIME_OK;
}

/* 16 bytes, whichever memory it is. */
static slin_status check_alignment(const struct place *place,
                                   const struct context *context,
                                   uint32_t index) {
  const struct slingpu_buffer *buffer = buffer_of(place, context, index);
  if (buffer->kind > SLINGPU_BUFFER_OUTPUT)
    return SLIN_RUNTIME_OK;
  const struct slingpu_value *value =
      slin_values(place->artefact) + context->entry->first_value +
      buffer->index +
      (buffer->kind == SLINGPU_BUFFER_OUTPUT ? context->entry->input_count : 0);
  EXPECT(value->alignment >= 16,
         "tensor maps of values aligned to 16 or more only", value->alignment);
  return SLIN_RUNTIME_OK;
}

static slin_status check_box(const struct place *place,
                             const struct slingpu_tensor_map *map) {
  const uint32_t spans[] = {UINT32_MAX, 32, 64, 128};
  EXPECT(map->swizzle <= SLINGPU_SWIZZLE_128, "a swizzle in 0..3",
         map->swizzle);
  EXPECT(map->l2_promotion <= SLINGPU_L2_256, "an L2 promotion in 0..3",
         map->l2_promotion);
  for (uint32_t axis = 0; axis < map->rank; ++axis)
    EXPECT(map->box[axis] >= 1 && map->box[axis] <= 256,
           "a box of 1..256 elements per axis", map->box[axis]);
  const uint32_t row = map->box[0] * slin_element_size(map->element_type);
  EXPECT(row % 16 == 0 && row <= spans[map->swizzle],
         "an inner box of a multiple of 16 bytes, not longer than the swizzle",
         row);
  for (uint32_t axis = map->rank; axis < SLINGPU_MAX_RANK; ++axis)
    EXPECT(!map->box[axis] && slin_number_is_zero(&map->dims[axis]) &&
               slin_number_is_zero(&map->strides[axis - 1]),
           "axes beyond the rank to be zero", map->rank);
  return SLIN_RUNTIME_OK;
}

static slin_status check_tensor_map(const struct place *place,
                                    const struct context *context,
                                    const struct slingpu_tensor_map *map) {
  const uint32_t ends[] = {context->plan->from, context->plan->to - 1};
  uint64_t value;
  EXPECT(map->buffer < context->plan->buffer_count, "a buffer of the plan",
         map->buffer);
  EXPECT(slin_element_size(map->element_type), "an element type",
         map->element_type);
  EXPECT(map->rank >= 1 && map->rank <= SLINGPU_MAX_RANK, "a rank in 1..5",
         map->rank);
  CHECK(check_box(place, map));
  CHECK(check_alignment(place, context, map->buffer));
  CHECK(
      check_number(place, "offset", &map->offset, ends[1], INT64_MAX, &value));
  EXPECT(slin_number_divisible(&map->offset, 16),
         "an offset that is a multiple of 16", map->offset.multiplier);
  for (uint32_t axis = 0; axis < map->rank; ++axis) {
    const struct slingpu_number *dim = &map->dims[axis];
    CHECK(check_number(place, "dimension", dim, ends[1], 1ull << 32, &value));
    value = slin_number_at(dim, ends[0]);
    EXPECT(value, "a dimension of at least 1", value);
  }
  for (uint32_t axis = 0; axis + 1 < map->rank; ++axis) {
    const struct slingpu_number *stride = &map->strides[axis];
    CHECK(check_number(place, "stride", stride, ends[1], (1ull << 40) - 1,
                       &value));
    EXPECT(slin_number_divisible(stride, 16),
           "a stride that is a multiple of 16", stride->multiplier);
  }
  for (int end = 0; end < 2; ++end)
    CHECK(check_extent(place, context, map->buffer, ends[end],
                       slin_tensor_map_extent(map, ends[end])));
  return SLIN_RUNTIME_OK;
}

static slin_status check_argument(const struct place *place,
                                  const struct context *context,
                                  const struct slingpu_argument *argument,
                                  uint64_t most) {
  const uint32_t from = context->plan->from, last = context->plan->to - 1;
  uint64_t value;
  switch (argument->kind) {
  case SLINGPU_ARGUMENT_TENSOR_MAP: {
    EXPECT(argument->index < slin_tensor_maps_count(place->artefact),
           "a tensor map of the file", argument->index);
    EXPECT(slin_number_is_zero(&argument->number), "no number beside a map",
           argument->number.constant);
    struct place map = {place->artefact, place->error, "tensor map",
                        argument->index};
    return check_tensor_map(
        &map, context, slin_tensor_maps(place->artefact) + argument->index);
  }
  case SLINGPU_ARGUMENT_POINTER:
    EXPECT(argument->index < context->plan->buffer_count,
           "a buffer of the plan", argument->index);
    CHECK(check_number(place, "offset", &argument->number, last, INT64_MAX,
                       &value));
    CHECK(check_extent(place, context, argument->index, last, value));
    return check_extent(place, context, argument->index, from,
                        slin_number_at(&argument->number, from));
  case SLINGPU_ARGUMENT_NUMBER:
    EXPECT(!argument->index, "no index beside a number", argument->index);
    return check_number(place, "number", &argument->number, last, most, &value);
  default:
    EXPECT(false, "a kind in 1..3", argument->kind);
  }
  return SLIN_RUNTIME_OK;
}

static slin_status check_clear(const struct place *place,
                               const struct context *context,
                               const struct slingpu_step *step) {
  const struct slingpu_argument *arguments =
      slin_arguments(place->artefact) + step->first_argument;
  EXPECT(!step->kernel && !step->flags && !step->blocks_per_sm &&
             slin_number_is_zero(&step->grid_x) &&
             slin_number_is_zero(&step->grid_y),
         "no kernel, flags and grid of a step that clears", step->kernel);
  EXPECT(step->argument_count == 2 &&
             arguments[0].kind == SLINGPU_ARGUMENT_POINTER &&
             arguments[1].kind == SLINGPU_ARGUMENT_NUMBER,
         "a pointer and a number", step->argument_count);
  const struct slingpu_buffer *buffer =
      buffer_of(place, context, arguments[0].index);
  EXPECT(buffer->kind == SLINGPU_BUFFER_OUTPUT ||
             buffer->kind == SLINGPU_BUFFER_WORKSPACE,
         "a buffer that may be written", buffer->kind);
  const uint32_t ends[] = {context->plan->from, context->plan->to - 1};
  for (int end = 0; end < 2; ++end)
    CHECK(check_extent(place, context, arguments[0].index, ends[end],
                       slin_number_at(&arguments[0].number, ends[end]) +
                           slin_number_at(&arguments[1].number, ends[end])));
  return SLIN_RUNTIME_OK;
}

static slin_status check_launch(const struct place *place,
                                const struct context *context,
                                const struct slingpu_step *step) {
  const slin_artefact *artefact = place->artefact;
  EXPECT(step->kernel < slin_kernels_count(artefact), "a kernel of the file",
         step->kernel);
  const struct slingpu_kernel *kernel = &slin_kernels(artefact)[step->kernel];
  EXPECT(slin_modules(artefact)[kernel->module].target == context->plan->target,
         "a kernel of the plan's target", step->kernel);
  EXPECT(!(step->flags & ~(uint32_t)SLINGPU_STEP_PROGRAMMATIC),
         "no flags but 1", step->flags);
  EXPECT(step->blocks_per_sm <= 32, "at most 32 blocks per SM",
         step->blocks_per_sm);
  const uint32_t from = context->plan->from, last = context->plan->to - 1;
  uint64_t value;
  CHECK(check_number(place, "grid along x", &step->grid_x, last, INT32_MAX,
                     &value));
  CHECK(
      check_number(place, "grid along y", &step->grid_y, last, 65535, &value));
  EXPECT(slin_number_at(&step->grid_x, from) &&
             slin_number_at(&step->grid_y, from),
         "a grid of at least one block", 0);
  EXPECT(slin_number_divisible(&step->grid_x, kernel->cluster),
         "a grid along x of whole clusters", step->grid_x.multiplier);
  uint32_t bytes = 0;
  for (uint32_t i = 0; i < step->argument_count; ++i)
    bytes += slin_arguments(artefact)[step->first_argument + i].kind ==
                     SLINGPU_ARGUMENT_TENSOR_MAP
                 ? 128
                 : 8;
  EXPECT(bytes <= 4096, "at most 4096 bytes of parameters", bytes);
  return SLIN_RUNTIME_OK;
}

static slin_status check_step(const struct place *place,
                              const struct context *context,
                              const struct slingpu_step *step,
                              struct progress *progress) {
  const slin_artefact *artefact = place->artefact;
  EXPECT(step->argument_count <= SLINGPU_MAX_ARGUMENTS, "at most 32 arguments",
         step->argument_count);
  EXPECT(step->kind == SLINGPU_STEP_KERNEL || step->kind == SLINGPU_STEP_CLEAR,
         "a kind in 1..2", step->kind);
  CHECK(check_range(place, "arguments", step->first_argument,
                    step->argument_count, &progress->argument,
                    slin_arguments_count(artefact)));
  const uint64_t most =
      step->kind == SLINGPU_STEP_KERNEL ? INT32_MAX : INT64_MAX;
  struct place here = {artefact, place->error, "argument", 0};
  for (uint32_t i = 0; i < step->argument_count; ++i) {
    here.index = step->first_argument + i;
    CHECK(check_argument(&here, context, slin_arguments(artefact) + here.index,
                         most));
  }
  return step->kind == SLINGPU_STEP_KERNEL ? check_launch(place, context, step)
                                           : check_clear(place, context, step);
}

static slin_status check_plan(const struct place *place,
                              const struct context *context,
                              struct progress *progress) {
  const slin_artefact *artefact = place->artefact;
  const struct slingpu_plan *plan = context->plan;
  EXPECT(plan->buffer_count <= SLINGPU_MAX_BUFFERS, "at most 64 buffers",
         plan->buffer_count);
  EXPECT(plan->step_count >= 1 && plan->step_count <= SLINGPU_MAX_STEPS,
         "1..64 steps", plan->step_count);
  EXPECT(!plan->reserved, "a reserved field to be 0", plan->reserved);
  CHECK(check_range(place, "buffers", plan->first_buffer, plan->buffer_count,
                    &progress->buffer, slin_buffers_count(artefact)));
  CHECK(check_range(place, "steps", plan->first_step, plan->step_count,
                    &progress->step, slin_steps_count(artefact)));
  struct place here = {artefact, place->error, "buffer", plan->first_buffer};
  for (uint32_t i = 0; i < plan->buffer_count; ++i, ++here.index)
    CHECK(check_buffer(&here, context, slin_buffers(artefact) + here.index));
  here = (struct place){artefact, place->error, "step", plan->first_step};
  for (uint32_t i = 0; i < plan->step_count; ++i, ++here.index)
    CHECK(check_step(&here, context, slin_steps(artefact) + here.index,
                     progress));
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
    CHECK(check_plan(place, &context, progress));
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
  CHECK(check_name(place, entry->name));
  CHECK(check_string(place, entry->structure));
  EXPECT(entry->input_count >= 1 && entry->input_count < SLINGPU_MAX_VALUES,
         "1..15 inputs", entry->input_count);
  EXPECT(entry->output_count >= 1 &&
             entry->output_count <= SLINGPU_MAX_VALUES - entry->input_count,
         "outputs, up to 16 together with inputs", entry->output_count);
  EXPECT(!entry->reserved, "a reserved field to be 0", entry->reserved);
  CHECK(check_range(place, "values", entry->first_value,
                    entry->input_count + entry->output_count, &progress->value,
                    slin_values_count(artefact)));
  CHECK(check_range(place, "plans", entry->first_plan, entry->plan_count,
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
