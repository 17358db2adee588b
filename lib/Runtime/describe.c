/*===- describe.c - A file as JSON, and its signature ---------------------===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
#include "artefact.h"
#include "error.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#ifndef SLIN_VERSION
#define SLIN_VERSION "0.1.0" /* CMake passes the project's */
#endif

const char *slin_runtime_version(void) { return SLIN_VERSION; }

/* Text that goes on to be counted where it no longer fits. */
struct text {
  char *bytes;
  size_t capacity, length;
};

static void put(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void put(struct text *text, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const bool fits = text->length < text->capacity;
  int length =
      vsnprintf(fits ? text->bytes + text->length : NULL,
                fits ? text->capacity - text->length : 0, format, arguments);
  va_end(arguments);
  text->length += length > 0 ? (size_t)length : 0;
}

static void put_string(struct text *text, const char *string) {
  put(text, "\"");
  for (; *string; ++string) {
    const unsigned char byte = (unsigned char)*string;
    if (byte == '"' || byte == '\\')
      put(text, "\\%c", byte);
    else if (byte < 0x20 || byte == 0x7f)
      put(text, "\\u%04x", byte);
    else
      put(text, "%c", byte);
  }
  put(text, "\"");
}

static void put_key(struct text *text, const char *key, const char *value) {
  put(text, "\"%s\": ", key);
  put_string(text, value);
}

static void put_target(struct text *text, const slin_artefact *artefact,
                       uint32_t index) {
  const struct slingpu_target *target = &slin_targets(artefact)[index];
  uint64_t cubin = 0, ptx = 0;
  for (uint32_t i = 0; i < slin_modules_count(artefact); ++i) {
    const struct slingpu_module *module = &slin_modules(artefact)[i];
    cubin += module->target == index ? module->cubin_size : 0;
    ptx += module->target == index ? module->ptx_size : 0;
  }
  put(text,
      "%s{\"name\": \"sm_%u%s\", \"cubin_bytes\": %" PRIu64
      ", \"ptx_bytes\": %" PRIu64 "}",
      index ? ", " : "", target->architecture,
      target->flags & SLINGPU_TARGET_SPECIFIC ? "a" : "", cubin, ptx);
}

static void put_kernel(struct text *text, const slin_artefact *artefact,
                       uint32_t index) {
  const struct slingpu_kernel *kernel = &slin_kernels(artefact)[index];
  put(text, "%s{", index ? ", " : "");
  put_key(text, "name", slin_string(artefact, kernel->name));
  put(text,
      ", \"target\": %u, \"threads\": %u, \"cluster\": %u, "
      "\"dynamic_shared_bytes\": %u, \"registers\": %u, \"spill_bytes\": %u, "
      "\"assembled_only\": %s}",
      slin_modules(artefact)[kernel->module].target, kernel->threads,
      kernel->cluster, kernel->dynamic_shared_bytes, kernel->registers,
      kernel->spill_bytes,
      kernel->flags & SLINGPU_KERNEL_ASSEMBLED_ONLY ? "true" : "false");
}

static void put_value(struct text *text, const slin_artefact *artefact,
                      uint32_t index, bool first) {
  const struct slingpu_value *value = &slin_values(artefact)[index];
  put(text, "%s{", first ? "" : ", ");
  put_key(text, "name", slin_string(artefact, value->name));
  put(text,
      ", \"type\": \"%s\", \"features\": %u, \"rank\": %u, \"alignment\": %u}",
      slin_element_name(value->element_type), value->features, value->rank,
      value->alignment);
}

static void put_plan(struct text *text, const slin_artefact *artefact,
                     uint32_t index, bool first) {
  const struct slingpu_plan *plan = &slin_plans(artefact)[index];
  put(text, "%s{\"target\": %u, \"from\": %u, \"to\": %u, \"steps\": [",
      first ? "" : ", ", plan->target, plan->from, plan->to);
  for (uint32_t i = 0; i < plan->step_count; ++i) {
    const struct slingpu_step *step =
        &slin_steps(artefact)[plan->first_step + i];
    put(text, "%s", i ? ", " : "");
    put_string(
        text,
        step->kind == SLINGPU_STEP_KERNEL
            ? slin_string(artefact, slin_kernels(artefact)[step->kernel].name)
            : "(clear)");
  }
  put(text, "]}");
}

static void put_entry(struct text *text, const slin_artefact *artefact,
                      uint32_t index) {
  const struct slingpu_entry *entry = &slin_entries(artefact)[index];
  put(text, "%s{", index ? ", " : "");
  put_key(text, "name", slin_string(artefact, entry->name));
  put(text, ", ");
  put_key(text, "structure", slin_string(artefact, entry->structure));
  put(text, ", \"inputs\": [");
  for (uint32_t i = 0; i < entry->input_count; ++i)
    put_value(text, artefact, entry->first_value + i, !i);
  put(text, "], \"outputs\": [");
  for (uint32_t i = 0; i < entry->output_count; ++i)
    put_value(text, artefact, entry->first_value + entry->input_count + i, !i);
  put(text, "], \"plans\": [");
  for (uint32_t i = 0; i < entry->plan_count; ++i)
    put_plan(text, artefact, entry->first_plan + i, !i);
  put(text, "]}");
}

static void put_weight(struct text *text, const slin_artefact *artefact,
                       uint32_t index) {
  const struct slingpu_weight *weight = &slin_weights(artefact)[index];
  put(text, "%s{", index ? ", " : "");
  put_key(text, "name", slin_string(artefact, weight->name));
  put(text, ", \"bytes\": %" PRIu64 "}", weight->size);
}

size_t slin_describe(const slin_artefact *artefact, char *bytes,
                     size_t capacity) {
  struct text text = {bytes, capacity, 0};
  if (capacity)
    bytes[0] = 0;
  put(&text, "{\"version\": %u, \"bytes\": %" PRIu64 ", \"metadata\": [",
      SLINGPU_VERSION, artefact->size);
  for (uint32_t i = 0; i < slin_metadata_count(artefact); ++i) {
    const struct slingpu_metadata *pair = &slin_metadata(artefact)[i];
    put(&text, "%s{", i ? ", " : "");
    put_key(&text, "key", slin_string(artefact, pair->key));
    put(&text, ", ");
    put_key(&text, "value", slin_string(artefact, pair->value));
    put(&text, "}");
  }
  put(&text, "], \"targets\": [");
  for (uint32_t i = 0; i < slin_targets_count(artefact); ++i)
    put_target(&text, artefact, i);
  put(&text, "], \"kernels\": [");
  for (uint32_t i = 0; i < slin_kernels_count(artefact); ++i)
    put_kernel(&text, artefact, i);
  put(&text, "], \"entries\": [");
  for (uint32_t i = 0; i < slin_entries_count(artefact); ++i)
    put_entry(&text, artefact, i);
  put(&text, "], \"weights\": [");
  for (uint32_t i = 0; i < slin_weights_count(artefact); ++i)
    put_weight(&text, artefact, i);
  put(&text, "]}");
  return text.length;
}

unsigned slin_entry_count(const slin_artefact *artefact) {
  return slin_entries_count(artefact);
}

const char *slin_entry_name(const slin_artefact *artefact, unsigned entry) {
  if (entry >= slin_entries_count(artefact))
    return NULL;
  return slin_string(artefact, slin_entries(artefact)[entry].name);
}

slin_status slin_find_entry(const slin_artefact *artefact, const char *name,
                            unsigned *entry, slin_error *error) {
  slin_error_clear(error);
  const unsigned count = slin_entry_count(artefact);
  for (*entry = 0; *entry < count; ++*entry)
    if (!strcmp(slin_entry_name(artefact, *entry), name))
      return SLIN_RUNTIME_OK;
  return slin_fail(error, SLIN_RUNTIME_USAGE,
                   "%s: expected one of %u entries, as '%s', found '%s'",
                   artefact->name, count, slin_entry_name(artefact, 0), name);
}

unsigned slin_input_count(const slin_artefact *artefact, unsigned entry) {
  return entry < slin_entries_count(artefact)
             ? slin_entries(artefact)[entry].input_count
             : 0;
}

unsigned slin_output_count(const slin_artefact *artefact, unsigned entry) {
  return entry < slin_entries_count(artefact)
             ? slin_entries(artefact)[entry].output_count
             : 0;
}

int slin_entry_value(const slin_artefact *artefact, unsigned entry,
                     unsigned index, slin_value *value) {
  const unsigned inputs = slin_input_count(artefact, entry);
  if (index >= inputs + slin_output_count(artefact, entry))
    return 0;
  const struct slingpu_value *record =
      slin_values(artefact) + slin_entries(artefact)[entry].first_value + index;
  *value =
      (slin_value){slin_string(artefact, record->name), record->element_type,
                   record->features, record->rank, record->alignment};
  return 1;
}
