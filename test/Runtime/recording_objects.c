/*===- recording_objects.c - Modules, memory, tensor maps -----------------===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
#include "recording_state.h"

/*===-- Modules -----------------------------------------------------------===*/

/* The kinds of parameters between the parentheses of an entry. */
static void read_parameters(const char *text, char *kinds) {
  const char *close = strchr(text, ')');
  unsigned count = 0;
  while ((text = strstr(text, ".param")) && text < close &&
         count < MOST_PARAMETERS) {
    text += strlen(".param");
    const char *comma = strchr(text, ',');
    const char *stop = comma && comma < close ? comma : close;
    char one[160];
    snprintf(one, sizeof one, "%.*s", (int)(stop - text), text);
    kinds[count++] = strstr(one, "[128]")                         ? 'm'
                     : strstr(one, ".u64") || strstr(one, ".b64") ? 'p'
                                                                  : 'n';
  }
  kinds[count] = 0;
}

static struct function *read_functions(const char *text) {
  struct function *functions = NULL;
  while ((text = strstr(text, ".entry "))) {
    struct function *function = calloc(1, sizeof *function);
    text += strlen(".entry ");
    const size_t length = strcspn(text, "( \n");
    snprintf(function->name, sizeof function->name, "%.*s", (int)length, text);
    read_parameters(text, function->parameters);
    function->next = functions;
    functions = function;
  }
  return functions;
}

EXPORT slin_result cuModuleLoadDataEx(slin_handle *handle, const void *image,
                                      unsigned count, int *options,
                                      void **values) {
  BEGIN("cuModuleLoadDataEx");
  NEED_CONTEXT();
  const char *text = image;
  const int cubin = !memcmp(text, "\177ELF", 4);
  note("cuModuleLoadDataEx %s\n", cubin ? "cubin" : "PTX");
  if (cubin && refuse_cubin)
    return end(RESULT_NO_BINARY);
  if (!cubin && !strstr(text, ".version")) {
    for (unsigned i = 0; i < count; ++i)
      if (options[i] == JIT_ERROR_LOG)
        snprintf(values[i], 64, "ptxas: no .version\nand more");
    return end(INVALID_PTX);
  }
  struct module *module = calloc(1, sizeof *module);
  module->functions = read_functions(text + (cubin ? 4 : 0));
  ++live;
  *handle = (slin_handle)(void *)module;
  return end(0);
}

EXPORT slin_result cuModuleUnload(slin_handle handle) {
  BEGIN_RELEASE("cuModuleUnload");
  NEED_CONTEXT();
  note("cuModuleUnload\n");
  struct module *module = (void *)handle;
  while (module->functions) {
    struct function *next = module->functions->next;
    free(module->functions);
    module->functions = next;
  }
  free(module);
  --live;
  return end(failure);
}

EXPORT slin_result cuModuleGetFunction(slin_handle *handle, slin_handle module,
                                       const char *name) {
  BEGIN("cuModuleGetFunction");
  struct function *function = ((struct module *)(void *)module)->functions;
  for (; function; function = function->next)
    if (!strcmp(function->name, name)) {
      *handle = (slin_handle)(void *)function;
      note("cuModuleGetFunction %s\n", name);
      return end(0);
    }
  return end(NOT_FOUND);
}

EXPORT slin_result cuFuncSetAttribute(slin_handle handle, int attribute,
                                      int value) {
  BEGIN("cuFuncSetAttribute");
  note("cuFuncSetAttribute %s %d=%d\n",
       ((struct function *)(void *)handle)->name, attribute, value);
  if (attribute == FUNCTION_DYNAMIC_SHARED && (unsigned)value > shared)
    return end(INVALID_VALUE);
  return end(0);
}

EXPORT slin_result cuFuncGetParamInfo(slin_handle handle, size_t index,
                                      size_t *offset, size_t *size) {
  BEGIN("cuFuncGetParamInfo");
  const char *kinds = ((struct function *)(void *)handle)->parameters;
  if (index >= strlen(kinds))
    return end(INVALID_VALUE);
  *offset = 0; /* which nobody asks for */
  *size = kinds[index] == 'm' ? 128 : kinds[index] == 'p' ? 8 : 4;
  return end(0);
}

EXPORT slin_result cuFuncLoad(slin_handle handle) {
  BEGIN("cuFuncLoad");
  NEED_CONTEXT();
  note("cuFuncLoad %s\n", ((struct function *)(void *)handle)->name);
  return end(0);
}

/*===-- Memory ------------------------------------------------------------===*/

EXPORT slin_result cuMemAlloc_v2(slin_pointer *pointer, size_t size) {
  BEGIN("cuMemAlloc");
  NEED_CONTEXT();
  if (capturing)
    return end(CAPTURE_UNSUPPORTED);
  if (!size)
    return end(INVALID_VALUE);
  if (size > (size_t)1 << 30)
    return end(OUT_OF_MEMORY);
  struct memory *memory = calloc(1, sizeof *memory);
  memory->number = ++made_memories;
  memory->size = size;
  memory->bytes = aligned_alloc(256, (size + 255) / 256 * 256);
  if (!memory->bytes) {
    free(memory);
    return end(OUT_OF_MEMORY);
  }
  memset(memory->bytes, 0xcd, size);
  memory->next = memories;
  memories = memory;
  ++live;
  *pointer = (uint64_t)(uintptr_t)memory->bytes;
  note("cuMemAlloc %zu -> memory %u\n", size, memory->number);
  return end(0);
}

EXPORT slin_result cuMemFree_v2(slin_pointer pointer) {
  BEGIN_RELEASE("cuMemFree");
  NEED_CONTEXT();
  if (capturing)
    return end(CAPTURE_UNSUPPORTED);
  for (struct memory **link = &memories; *link; link = &(*link)->next) {
    struct memory *memory = *link;
    if ((uint64_t)(uintptr_t)memory->bytes != pointer)
      continue;
    note("cuMemFree memory %u\n", memory->number);
    *link = memory->next;
    free(memory->bytes);
    free(memory);
    --live;
    return end(failure);
  }
  return end(INVALID_VALUE);
}

EXPORT slin_result cuMemcpyHtoD_v2(slin_pointer to, const void *from,
                                   size_t size) {
  BEGIN("cuMemcpyHtoD");
  NEED_CONTEXT();
  if (capturing)
    return end(CAPTURE_UNSUPPORTED);
  char text[64];
  note("cuMemcpyHtoD %s, %zu\n", address(to, text), size);
  memcpy((void *)(uintptr_t)to, from, size);
  return end(0);
}

EXPORT slin_result cuMemcpyDtoH_v2(void *to, slin_pointer from, size_t size) {
  BEGIN("cuMemcpyDtoH");
  NEED_CONTEXT();
  if (capturing)
    return end(CAPTURE_UNSUPPORTED);
  char text[64];
  note("cuMemcpyDtoH %s, %zu\n", address(from, text), size);
  memcpy(to, (void *)(uintptr_t)from, size);
  return end(0);
}

/* The rules of cuTensorMapEncodeTiled's documentation that concern us. */
EXPORT slin_result cuTensorMapEncodeTiled(
    slin_encoded_map *map, int type, uint32_t rank, void *start,
    const uint64_t *dims, const uint64_t *strides, const uint32_t *box,
    const uint32_t *element_strides, int interleave, int swizzle, int l2,
    int fill) {
  static const unsigned sizes[] = {1, 2, 4, 4, 8, 8, 2, 4, 8, 2, 4, 4, 4};
  static const unsigned spans[] = {1 << 30, 32, 64, 128};
  BEGIN("cuTensorMapEncodeTiled");
  if ((uintptr_t)map % 64 || !rank || rank > 5 || type > 12 || swizzle > 3 ||
      interleave || fill || (uintptr_t)start % 16)
    return end(INVALID_VALUE);
  const unsigned row = box[0] * sizes[type];
  if (row % 16 || row > spans[swizzle])
    return end(INVALID_VALUE);
  char text[64], list[256] = "";
  for (uint32_t i = 0; i < rank; ++i) {
    if (!dims[i] || dims[i] > 1ull << 32 || !box[i] || box[i] > 256 ||
        element_strides[i] != 1)
      return end(INVALID_VALUE);
    if (i && (strides[i - 1] % 16 || strides[i - 1] >= 1ull << 40))
      return end(INVALID_VALUE);
    snprintf(list + strlen(list), sizeof list - strlen(list), " %llux%u/%llu",
             (unsigned long long)dims[i], box[i],
             i ? (unsigned long long)strides[i - 1]
               : (unsigned long long)sizes[type]);
  }
  memset(map, 0, sizeof *map);
  map->opaque[0] = (uint64_t)(uintptr_t)start;
  map->opaque[1] = dims[rank > 1 ? 1 : 0];
  note("cuTensorMapEncodeTiled %s, type %d, swizzle %d, l2 %d,%s\n",
       address((uint64_t)(uintptr_t)start, text), type, swizzle, l2, list);
  return end(0);
}
