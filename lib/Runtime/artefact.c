/*===- artefact.c - Opening a file, and its checksums ---------------------===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
/* pread, strdup */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include "artefact.h"
#include "checksum.h"
#include "error.h"
#include "number.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 1 << 20 };

static const uint32_t record_sizes[SLINGPU_SECTION_COUNT] = {
    1, /* strings */
    sizeof(struct slingpu_metadata),
    sizeof(struct slingpu_target),
    sizeof(struct slingpu_module),
    sizeof(struct slingpu_kernel),
    sizeof(struct slingpu_weight),
    sizeof(struct slingpu_entry),
    sizeof(struct slingpu_value),
    sizeof(struct slingpu_plan),
    sizeof(struct slingpu_buffer),
    sizeof(struct slingpu_step),
    sizeof(struct slingpu_argument),
    sizeof(struct slingpu_tensor_map),
    1, /* code */
    1, /* weight data */
};

static const char *const section_names[SLINGPU_SECTION_COUNT] = {
    "strings", "metadata",  "targets",     "modules", "kernels",
    "weights", "entries",   "values",      "plans",   "buffers",
    "steps",   "arguments", "tensor maps", "code",    "weight data"};

#define DAMAGED "the file is damaged or incomplete: copy or compile it again"

/* Bytes of the file, all of them or an error. */
static slin_status read_bytes(const slin_artefact *artefact, uint64_t offset,
                              void *to, uint64_t size, slin_error *error) {
  if (artefact->memory) {
    memcpy(to, artefact->memory + offset, size);
    return SLIN_RUNTIME_OK;
  }
  unsigned char *bytes = to;
  while (size) {
    ssize_t got = pread(artefact->file, bytes, size, (off_t)offset);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return slin_fail(error, SLIN_RUNTIME_FILE, "%s: cannot be read: %s",
                       artefact->name, strerror(errno));
    if (!got)
      return slin_fail(error, SLIN_RUNTIME_FILE,
                       "%s: expected %llu more bytes, found the end of the "
                       "file, which has been shortened: compile it again",
                       artefact->name, (unsigned long long)size);
    bytes += got;
    offset += (uint64_t)got;
    size -= (uint64_t)got;
  }
  return SLIN_RUNTIME_OK;
}

slin_status slin_read_weights(const slin_artefact *artefact, uint64_t offset,
                              void *to, size_t size, slin_error *error) {
  uint64_t start = slin_section(artefact, SLINGPU_WEIGHT_DATA)->offset;
  return read_bytes(artefact, start + offset, to, size, error);
}

static slin_status read_header(slin_artefact *artefact, slin_error *error) {
  struct slingpu_header header;
  const char *name = artefact->name;
  const uint64_t table_end = sizeof header + sizeof artefact->table;
  if (artefact->size < table_end)
    return slin_fail(error, SLIN_RUNTIME_FILE,
                     "%s: expected a .slingpu file of at least %llu bytes, "
                     "found %llu; " DAMAGED,
                     name, (unsigned long long)table_end,
                     (unsigned long long)artefact->size);
  slin_status status = read_bytes(artefact, 0, &header, sizeof header, error);
  if (!status)
    status = read_bytes(artefact, sizeof header, artefact->table,
                        sizeof artefact->table, error);
  if (status)
    return status;
  if (memcmp(header.magic, SLINGPU_MAGIC, sizeof header.magic))
    return slin_fail(
        error, SLIN_RUNTIME_FILE,
        "%s: expected a .slingpu file, which starts with the bytes "
        "89 53 4c 49 4e 47 50 55, found %02x %02x %02x %02x %02x "
        "%02x %02x %02x: give what slin compile has written",
        name, header.magic[0], header.magic[1], header.magic[2],
        header.magic[3], header.magic[4], header.magic[5], header.magic[6],
        header.magic[7]);
  if (header.version != SLINGPU_VERSION)
    return slin_fail(error, SLIN_RUNTIME_FILE,
                     "%s: expected version %u of the format, found %u: compile "
                     "the model again with slin %s, or take the runtime of the "
                     "slin that wrote the file",
                     name, SLINGPU_VERSION, header.version,
                     slin_runtime_version());
  if (header.file_size != artefact->size)
    return slin_fail(error, SLIN_RUNTIME_FILE,
                     "%s: expected %llu bytes, found %llu; " DAMAGED, name,
                     (unsigned long long)header.file_size,
                     (unsigned long long)artefact->size);
  const uint32_t written = header.checksum;
  header.checksum = 0;
  uint32_t found = slin_checksum(0, &header, sizeof header);
  found = slin_checksum(found, artefact->table, sizeof artefact->table);
  if (found != written)
    return slin_fail(error, SLIN_RUNTIME_FILE,
                     "%s: header: expected checksum %08x, found %08x; " DAMAGED,
                     name, written, found);
  if (header.section_count != SLINGPU_SECTION_COUNT)
    return slin_fail(error, SLIN_RUNTIME_FILE,
                     "%s: expected %u sections, found %u; " DAMAGED, name,
                     (unsigned)SLINGPU_SECTION_COUNT, header.section_count);
  for (unsigned i = 0; i < sizeof header.reserved / 4; ++i)
    if (header.reserved[i])
      return slin_fail(error, SLIN_RUNTIME_FILE,
                       "%s: header: expected reserved fields to be zero, found "
                       "%u; " DAMAGED,
                       name, header.reserved[i]);
  return SLIN_RUNTIME_OK;
}

/* Sections one after the other, as format.h says. */
static slin_status check_table(const slin_artefact *artefact,
                               slin_error *error) {
  uint64_t end = sizeof(struct slingpu_header) + sizeof artefact->table;
  for (unsigned i = 0; i < SLINGPU_SECTION_COUNT; ++i) {
    const struct slingpu_section *section = &artefact->table[i];
    const uint64_t aligned = SLINGPU_ALIGNMENT - 1;
    const uint64_t start = (end + aligned) & ~aligned;
    if (section->kind != i + 1 || section->record_size != record_sizes[i] ||
        section->reserved)
      return slin_fail(error, SLIN_RUNTIME_FILE,
                       "%s: section %u: expected %s with records of %u bytes, "
                       "found kind %u with %u; " DAMAGED,
                       artefact->name, i, section_names[i], record_sizes[i],
                       section->kind, section->record_size);
    if (section->offset != start || start > artefact->size ||
        section->size > artefact->size - start)
      return slin_fail(error, SLIN_RUNTIME_FILE,
                       "%s: %s: expected to start at byte %llu and to end "
                       "within %llu, found %llu with %llu bytes; " DAMAGED,
                       artefact->name, section_names[i],
                       (unsigned long long)start,
                       (unsigned long long)artefact->size,
                       (unsigned long long)section->offset,
                       (unsigned long long)section->size);
    if (section->size % section->record_size ||
        section->size / section->record_size > UINT32_MAX >> 1)
      if (section->record_size > 1)
        return slin_fail(error, SLIN_RUNTIME_FILE,
                         "%s: %s: expected a multiple of %u bytes, found "
                         "%llu; " DAMAGED,
                         artefact->name, section_names[i], section->record_size,
                         (unsigned long long)section->size);
    end = start + section->size;
  }
  if (end != artefact->size)
    return slin_fail(error, SLIN_RUNTIME_FILE,
                     "%s: expected the weight data to end the file at byte "
                     "%llu, found %llu; " DAMAGED,
                     artefact->name, (unsigned long long)artefact->size,
                     (unsigned long long)end);
  return SLIN_RUNTIME_OK;
}

static slin_status check_section(const slin_artefact *artefact, unsigned index,
                                 uint32_t found, slin_error *error) {
  const uint32_t written = artefact->table[index].checksum;
  if (found == written)
    return SLIN_RUNTIME_OK;
  return slin_fail(error, SLIN_RUNTIME_FILE,
                   "%s: %s: expected checksum %08x, found %08x; " DAMAGED,
                   artefact->name, section_names[index], written, found);
}

static slin_status read_head(slin_artefact *artefact, slin_error *error) {
  const struct slingpu_section *last =
      &artefact->table[SLINGPU_SECTION_COUNT - 1];
  artefact->head = malloc(last->offset);
  if (!artefact->head)
    return slin_fail(error, SLIN_RUNTIME_MEMORY,
                     "%s: %llu bytes of memory cannot be had", artefact->name,
                     (unsigned long long)last->offset);
  slin_status status =
      read_bytes(artefact, 0, artefact->head, last->offset, error);
  uint64_t end = sizeof(struct slingpu_header) + sizeof artefact->table;
  for (unsigned i = 0; !status && i < SLINGPU_SECTION_COUNT; ++i) {
    const struct slingpu_section *section = &artefact->table[i];
    for (; end < section->offset; ++end)
      if (artefact->head[end])
        return slin_fail(error, SLIN_RUNTIME_FILE,
                         "%s: byte %llu: expected 0 between sections, found "
                         "%u; " DAMAGED,
                         artefact->name, (unsigned long long)end,
                         artefact->head[end]);
    end = section->offset + section->size;
    if (section != last)
      status = check_section(
          artefact, i,
          slin_checksum(0, artefact->head + section->offset, section->size),
          error);
  }
  return status;
}

static slin_status check_weight_data(const slin_artefact *artefact,
                                     slin_error *error) {
  const unsigned index = SLINGPU_SECTION_COUNT - 1;
  uint64_t left = artefact->table[index].size, offset = 0;
  unsigned char *bytes = malloc(CHUNK);
  if (!bytes)
    return slin_fail(error, SLIN_RUNTIME_MEMORY,
                     "%s: %d bytes of memory cannot be had", artefact->name,
                     CHUNK);
  uint32_t found = 0;
  slin_status status = SLIN_RUNTIME_OK;
  while (left && !status) {
    size_t size = left < CHUNK ? (size_t)left : CHUNK;
    status = slin_read_weights(artefact, offset, bytes, size, error);
    if (!status)
      found = slin_checksum(found, bytes, size);
    left -= size;
    offset += size;
  }
  free(bytes);
  return status ? status : check_section(artefact, index, found, error);
}

static slin_artefact *make(const char *name, slin_error *error) {
  slin_artefact *artefact = calloc(1, sizeof *artefact);
  if (artefact && (artefact->name = strdup(name))) {
    atomic_init(&artefact->references, 1);
    artefact->file = -1;
    return artefact;
  }
  free(artefact);
  slin_fail(error, SLIN_RUNTIME_MEMORY, "%s: no memory can be had", name);
  return NULL;
}

static slin_status finish(slin_artefact *artefact, slin_artefact **result,
                          slin_error *error) {
  slin_status status = read_header(artefact, error);
  if (!status)
    status = check_table(artefact, error);
  if (!status)
    status = read_head(artefact, error);
  if (!status)
    status = check_weight_data(artefact, error);
  if (!status)
    status = slin_validate(artefact, error);
  if (status)
    slin_close(artefact);
  else
    *result = artefact;
  return status;
}

slin_status slin_open(const char *path, slin_artefact **result,
                      slin_error *error) {
  *result = NULL;
  slin_error_clear(error);
  slin_artefact *artefact = make(path, error);
  if (!artefact)
    return SLIN_RUNTIME_MEMORY;
  struct stat about;
  artefact->file = open(path, O_RDONLY | O_CLOEXEC);
  if (artefact->file < 0 || fstat(artefact->file, &about)) {
    slin_fail(error, SLIN_RUNTIME_FILE, "%s: cannot be opened: %s", path,
              strerror(errno));
    slin_close(artefact);
    return SLIN_RUNTIME_FILE;
  }
  if (!S_ISREG(about.st_mode)) {
    slin_fail(error, SLIN_RUNTIME_FILE,
              "%s: expected a file, found a folder or device", path);
    slin_close(artefact);
    return SLIN_RUNTIME_FILE;
  }
  artefact->size = (uint64_t)about.st_size;
  return finish(artefact, result, error);
}

slin_status slin_open_memory(const void *data, size_t size, const char *name,
                             slin_artefact **result, slin_error *error) {
  *result = NULL;
  slin_error_clear(error);
  slin_artefact *artefact = make(name, error);
  if (!artefact)
    return SLIN_RUNTIME_MEMORY;
  artefact->memory = data;
  artefact->size = size;
  return finish(artefact, result, error);
}

void slin_retain(slin_artefact *artefact) {
  atomic_fetch_add(&artefact->references, 1);
}

void slin_close(slin_artefact *artefact) {
  if (!artefact || atomic_fetch_sub(&artefact->references, 1) != 1)
    return;
  if (artefact->file >= 0)
    close(artefact->file);
  free(artefact->head);
  free(artefact->name);
  free(artefact);
}

uint32_t slin_element_size(uint32_t element_type) {
  switch (element_type) {
  case SLINGPU_F32:
  case SLINGPU_TF32:
  case SLINGPU_I32:
    return 4;
  case SLINGPU_F16:
  case SLINGPU_BF16:
    return 2;
  case SLINGPU_U8:
    return 1;
  default:
    return 0;
  }
}

const char *slin_element_name(uint32_t element_type) {
  static const char *const names[] = {"?",    "f32", "f16", "bf16",
                                      "tf32", "i32", "u8"};
  return names[element_type <= SLINGPU_U8 ? element_type : 0];
}

uint64_t slin_buffer_size(const slin_artefact *artefact,
                          const struct slingpu_entry *entry,
                          const struct slingpu_buffer *buffer,
                          uint32_t tokens) {
  if (buffer->kind == SLINGPU_BUFFER_WORKSPACE)
    return slin_number_at(&buffer->size, tokens);
  if (buffer->kind == SLINGPU_BUFFER_WEIGHT)
    return slin_weights(artefact)[buffer->index].size;
  const struct slingpu_value *value =
      slin_values(artefact) + entry->first_value + buffer->index +
      (buffer->kind == SLINGPU_BUFFER_OUTPUT ? entry->input_count : 0);
  return (uint64_t)tokens * value->features *
         slin_element_size(value->element_type);
}

uint64_t slin_tensor_map_extent(const struct slingpu_tensor_map *map,
                                uint32_t tokens) {
  uint64_t end = slin_number_at(&map->offset, tokens);
  uint64_t row = slin_number_at(&map->dims[0], tokens), bytes;
  if (__builtin_mul_overflow(row, slin_element_size(map->element_type),
                             &bytes) ||
      __builtin_add_overflow(end, bytes, &end))
    return UINT64_MAX;
  for (uint32_t axis = 1; axis < map->rank; ++axis) {
    uint64_t steps = slin_number_at(&map->dims[axis], tokens) - 1;
    uint64_t stride = slin_number_at(&map->strides[axis - 1], tokens);
    if (__builtin_mul_overflow(steps, stride, &bytes) ||
        __builtin_add_overflow(end, bytes, &end))
      return UINT64_MAX;
  }
  return end;
}
