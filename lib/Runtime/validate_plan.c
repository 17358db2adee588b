/*===- validate_plan.c - What the plans of a file may say -----------------===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
#include "check.h"

#include <stdio.h>

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
    CHECK(slin_check_number(place, "offset", &buffer->offset, most,
                            UINT64_MAX >> 2, &offset));
    CHECK(slin_check_number(place, "size", &buffer->size, most, UINT64_MAX >> 2,
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
  CHECK(slin_check_number(place, "offset", &map->offset, ends[1], INT64_MAX,
                          &value));
  EXPECT(slin_number_divisible(&map->offset, 16),
         "an offset that is a multiple of 16", map->offset.multiplier);
  for (uint32_t axis = 0; axis < map->rank; ++axis) {
    const struct slingpu_number *dim = &map->dims[axis];
    CHECK(slin_check_number(place, "dimension", dim, ends[1], 1ull << 32,
                            &value));
    value = slin_number_at(dim, ends[0]);
    EXPECT(value, "a dimension of at least 1", value);
  }
  for (uint32_t axis = 0; axis + 1 < map->rank; ++axis) {
    const struct slingpu_number *stride = &map->strides[axis];
    CHECK(slin_check_number(place, "stride", stride, ends[1], (1ull << 40) - 1,
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
    CHECK(slin_check_number(place, "offset", &argument->number, last, INT64_MAX,
                            &value));
    CHECK(check_extent(place, context, argument->index, last, value));
    return check_extent(place, context, argument->index, from,
                        slin_number_at(&argument->number, from));
  case SLINGPU_ARGUMENT_NUMBER:
    EXPECT(!argument->index, "no index beside a number", argument->index);
    return slin_check_number(place, "number", &argument->number, last, most,
                             &value);
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
  CHECK(slin_check_number(place, "grid along x", &step->grid_x, last, INT32_MAX,
                          &value));
  CHECK(slin_check_number(place, "grid along y", &step->grid_y, last, 65535,
                          &value));
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
  CHECK(slin_check_range(place, "arguments", step->first_argument,
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

slin_status slin_check_plan(const struct place *place,
                            const struct context *context,
                            struct progress *progress) {
  const slin_artefact *artefact = place->artefact;
  const struct slingpu_plan *plan = context->plan;
  EXPECT(plan->buffer_count <= SLINGPU_MAX_BUFFERS, "at most 64 buffers",
         plan->buffer_count);
  EXPECT(plan->step_count >= 1 && plan->step_count <= SLINGPU_MAX_STEPS,
         "1..64 steps", plan->step_count);
  EXPECT(!plan->reserved, "a reserved field to be 0", plan->reserved);
  CHECK(slin_check_range(place, "buffers", plan->first_buffer,
                         plan->buffer_count, &progress->buffer,
                         slin_buffers_count(artefact)));
  CHECK(slin_check_range(place, "steps", plan->first_step, plan->step_count,
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
