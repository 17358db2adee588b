/*===- recording_driver.c - A driver that records -------------------------===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* dladdr, aligned_alloc */
#endif
#include "recording_driver.h"

#include "../../lib/Runtime/driver.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  INVALID_VALUE = 1,
  OUT_OF_MEMORY = 2,
  INVALID_CONTEXT = 201,
  INVALID_PTX = 218,
  INVALID_HANDLE = 400,
  NOT_FOUND = 500,
  CAPTURE_UNSUPPORTED = 900,
  MOST_PARAMETERS = 40,
  MOST_CONTEXTS = 16
};

#define EXPORT __attribute__((visibility("default")))

/*===-- State -------------------------------------------------------------===*/

struct memory {
  struct memory *next;
  unsigned number;
  char *bytes;
  size_t size;
};

struct function {
  struct function *next;
  char name[96];
  char parameters[MOST_PARAMETERS +
                  1]; /* m map, p pointer, n number; ? unknown */
};

struct module {
  struct function *functions;
};

struct step {
  struct function *function; /* null: clearing */
  slin_launch how;
  int programmatic;
  struct {
    slin_encoded_map map;
    uint64_t number;
  } arguments[MOST_PARAMETERS];
  uint64_t at, size;
};

struct graph {
  struct step *steps;
  unsigned count;
};

struct stream {
  unsigned number;
  int capturing;
  struct graph *captured;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct memory *memories;
static char *log_text;
static size_t log_length, log_capacity;
static FILE *log_file;
static unsigned calls, live, made_memories, made_streams, retained;
static unsigned architecture = 90, devices = 1, shared = 232448, fail_at,
                look_up = 1, refuse_cubin;
static int context_object; /* the one context's handle is its address */
static _Thread_local slin_handle contexts[MOST_CONTEXTS];
static _Thread_local unsigned context_depth;

static unsigned *variable_of(const char *name) {
  struct {
    const char *name;
    unsigned *value;
  } const variables[] = {{"STANDIN_ARCHITECTURE", &architecture},
                         {"STANDIN_DEVICES", &devices},
                         {"STANDIN_SHARED", &shared},
                         {"STANDIN_FAIL", &fail_at},
                         {"STANDIN_LOOKUP", &look_up},
                         {"STANDIN_REFUSE_CUBIN", &refuse_cubin}};
  for (size_t i = 0; i < sizeof variables / sizeof *variables; ++i)
    if (!strcmp(variables[i].name, name))
      return variables[i].value;
  return NULL;
}

__attribute__((constructor)) static void read_environment(void) {
  const char *names[] = {"STANDIN_ARCHITECTURE", "STANDIN_DEVICES",
                         "STANDIN_SHARED",       "STANDIN_FAIL",
                         "STANDIN_LOOKUP",       "STANDIN_REFUSE_CUBIN"};
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
    if (getenv(names[i]))
      *variable_of(names[i]) = (unsigned)atoi(getenv(names[i]));
  if (getenv("STANDIN_LOG"))
    log_file = fopen(getenv("STANDIN_LOG"), "a");
}

__attribute__((destructor)) static void free_log(void) {
  free(log_text);
  if (log_file)
    fclose(log_file);
}

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void note(const char *format, ...) {
  char line[4096];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  const size_t length = strlen(line);
  if (log_length + length + 1 > log_capacity) {
    log_capacity = 2 * (log_length + length + 1);
    log_text = realloc(log_text, log_capacity);
  }
  memcpy(log_text + log_length, line, length + 1);
  log_length += length;
  if (log_file) {
    fputs(line, log_file);
    fflush(log_file);
  }
}

/* Addresses as `memory 2 + 64`, so that logs are the same in every run. */
static const char *address(uint64_t pointer, char text[64]) {
  for (struct memory *memory = memories; memory; memory = memory->next) {
    uint64_t start = (uint64_t)(uintptr_t)memory->bytes;
    if (pointer >= start && pointer - start < memory->size + !memory->size) {
      snprintf(text, 64, "memory %u + %llu", memory->number,
               (unsigned long long)(pointer - start));
      return text;
    }
  }
  snprintf(text, 64, "0x%llx", (unsigned long long)pointer);
  return text;
}

static const char *stream_name(const struct stream *stream, char text[32]) {
  if ((uintptr_t)stream < 4096) /* the default ones, and made-up handles */
    snprintf(text, 32, "%u", (unsigned)(uintptr_t)stream);
  else
    snprintf(text, 32, "stream %u", stream->number);
  return text;
}

/* Counts a call; whether it is the one to fail. The lock is held from here on.
 */
static int begin(const char *name) {
  pthread_mutex_lock(&lock);
  if (++calls != fail_at)
    return 0;
  note("%s fails\n", name);
  return STANDIN_FAILURE;
}

static slin_result end(slin_result result) {
  pthread_mutex_unlock(&lock);
  return result;
}

#define BEGIN(name)                                                            \
  const slin_result failure = begin(name);                                     \
  if (failure)                                                                 \
    return end(failure);

/* Giving back always happens, as with the driver, which may answer with the
 * error of something earlier. */
#define BEGIN_RELEASE(name) const slin_result failure = begin(name);

#define NEED_CONTEXT()                                                         \
  if (!context_depth || !contexts[context_depth - 1])                          \
    return end(INVALID_CONTEXT);

EXPORT void standin_configure(const char *variable, unsigned value) {
  pthread_mutex_lock(&lock);
  *variable_of(variable) = value;
  pthread_mutex_unlock(&lock);
}

EXPORT void standin_reset(void) {
  pthread_mutex_lock(&lock);
  calls = 0;
  log_length = 0;
  if (log_text)
    log_text[0] = 0;
  pthread_mutex_unlock(&lock);
}

EXPORT unsigned standin_calls(void) { return calls; }
EXPORT const char *standin_log(void) { return log_text ? log_text : ""; }
EXPORT unsigned standin_live(void) { return live + retained + context_depth; }

/*===-- Errors, look-up, devices, contexts --------------------------------===*/

EXPORT slin_result cuGetErrorName(slin_result error, const char **name) {
  static const struct {
    slin_result error;
    const char *name;
  } names[] = {{1, "CUDA_ERROR_INVALID_VALUE"},
               {2, "CUDA_ERROR_OUT_OF_MEMORY"},
               {201, "CUDA_ERROR_INVALID_CONTEXT"},
               {209, "CUDA_ERROR_NO_BINARY_FOR_GPU"},
               {214, "CUDA_ERROR_ECC_UNCORRECTABLE"},
               {218, "CUDA_ERROR_INVALID_PTX"},
               {400, "CUDA_ERROR_INVALID_HANDLE"},
               {500, "CUDA_ERROR_NOT_FOUND"},
               {900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"},
               {910, "CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE"}};
  *name = NULL;
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
    if (names[i].error == error)
      *name = names[i].name;
  return *name ? 0 : INVALID_VALUE;
}

EXPORT slin_result cuGetErrorString(slin_result error, const char **text) {
  *text = error == STANDIN_FAILURE ? "told to fail" : NULL;
  return *text ? 0 : INVALID_VALUE;
}

EXPORT slin_result cuGetProcAddress_v2(const char *name, void **found,
                                       int version, uint64_t flags,
                                       int *status) {
  static const struct {
    const char *name, *symbol;
    int version;
  } symbols[] = {
#define X(field, symbol, suffix, version, parameters)                          \
  {symbol, symbol suffix, version},
      SLIN_DRIVER_FUNCTIONS(X) SLIN_DRIVER_OPTIONAL_FUNCTIONS(X)
#undef X
  };
  (void)flags;
  *found = NULL;
  *status = 1;
  Dl_info here;
  dladdr((void *)(uintptr_t)standin_live, &here);
  void *self = look_up ? dlopen(here.dli_fname, RTLD_LAZY | RTLD_NOLOAD) : NULL;
  for (size_t i = 0; self && i < sizeof symbols / sizeof *symbols; ++i)
    if (!strcmp(symbols[i].name, name) && version >= symbols[i].version)
      *found = dlsym(self, symbols[i].symbol);
  if (self)
    dlclose(self);
  *status = *found ? 0 : 1;
  return 0;
}

EXPORT slin_result cuInit(unsigned flags) {
  BEGIN("cuInit");
  note("cuInit %u\n", flags);
  return end(0);
}

EXPORT slin_result cuDriverGetVersion(int *version) {
  BEGIN("cuDriverGetVersion");
  *version = 13000;
  return end(0);
}

EXPORT slin_result cuDeviceGetCount(int *count) {
  BEGIN("cuDeviceGetCount");
  *count = (int)devices;
  return end(0);
}

EXPORT slin_result cuDeviceGet(slin_device *device, int ordinal) {
  BEGIN("cuDeviceGet");
  if (ordinal < 0 || (unsigned)ordinal >= devices)
    return end(INVALID_VALUE);
  *device = ordinal;
  return end(0);
}

EXPORT slin_result cuDeviceGetName(char *name, int size, slin_device device) {
  BEGIN("cuDeviceGetName");
  snprintf(name, (size_t)size, "Stand-in %d", device);
  return end(0);
}

EXPORT slin_result cuDeviceGetAttribute(int *value, int attribute,
                                        slin_device device) {
  BEGIN("cuDeviceGetAttribute");
  (void)device;
  switch (attribute) {
  case DEVICE_CAPABILITY_MAJOR:
    *value = (int)architecture / 10;
    return end(0);
  case DEVICE_CAPABILITY_MINOR:
    *value = (int)architecture % 10;
    return end(0);
  case DEVICE_MULTIPROCESSOR_COUNT:
    *value = 132;
    return end(0);
  case DEVICE_SHARED_MEMORY:
    *value = (int)shared;
    return end(0);
  default:
    return end(INVALID_VALUE);
  }
}

EXPORT slin_result cuDevicePrimaryCtxRetain(slin_handle *context,
                                            slin_device device) {
  BEGIN("cuDevicePrimaryCtxRetain");
  note("cuDevicePrimaryCtxRetain %d\n", device);
  ++retained;
  *context = (slin_handle)(void *)&context_object;
  return end(0);
}

EXPORT slin_result cuDevicePrimaryCtxRelease_v2(slin_device device) {
  BEGIN_RELEASE("cuDevicePrimaryCtxRelease");
  note("cuDevicePrimaryCtxRelease %d\n", device);
  if (!retained)
    return end(INVALID_CONTEXT);
  --retained;
  return end(failure);
}

EXPORT slin_result cuCtxGetCurrent(slin_handle *context) {
  BEGIN("cuCtxGetCurrent");
  *context = context_depth ? contexts[context_depth - 1] : NULL;
  return end(0);
}

EXPORT slin_result cuCtxGetDevice(slin_device *device) {
  BEGIN("cuCtxGetDevice");
  NEED_CONTEXT();
  *device = 0;
  return end(0);
}

EXPORT slin_result cuCtxPushCurrent_v2(slin_handle context) {
  BEGIN("cuCtxPushCurrent");
  if (!context || context_depth == MOST_CONTEXTS)
    return end(INVALID_CONTEXT);
  contexts[context_depth++] = context;
  return end(0);
}

EXPORT slin_result cuCtxPopCurrent_v2(slin_handle *context) {
  BEGIN_RELEASE("cuCtxPopCurrent");
  NEED_CONTEXT();
  *context = contexts[--context_depth];
  return end(failure);
}

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

/* Streams of this thread that are (the mode is thread-local): calls that
 * allocate or wait fail then. */
static _Thread_local unsigned capturing;

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

/*===-- Launches ----------------------------------------------------------===*/

static void compute(const struct step *step) {
  const struct function *function = step->function;
  const void *in = (const void *)(uintptr_t)step->arguments[0].number;
  void *out = (void *)(uintptr_t)step->arguments[1].number;
  const uint64_t count = (uint32_t)step->arguments[2].number;
  if (!strcmp(function->name, "copy_f32"))
    memmove(out, in, 4 * count);
  for (uint64_t i = 0; i < count && !strcmp(function->name, "double_f32"); ++i)
    ((float *)out)[i] = 2 * ((const float *)in)[i];
  for (uint64_t i = 0; i < count && !strcmp(function->name, "add_bytes"); ++i)
    ((unsigned char *)out)[i] = (unsigned char)(((const unsigned char *)in)[i] +
                                                step->arguments[3].number);
}

static void run_step(const struct step *step) {
  char text[64], name[32], list[2048] = "";
  if (!step->function) {
    note("cuMemsetD8Async %s, %llu on %s\n", address(step->at, text),
         (unsigned long long)step->size,
         stream_name((void *)step->how.stream, name));
    memset((void *)(uintptr_t)step->at, 0, step->size);
    return;
  }
  const char *kinds = step->function->parameters;
  for (unsigned i = 0; kinds[i]; ++i) {
    const uint64_t number = step->arguments[i].number;
    const size_t length = strlen(list);
    if (kinds[i] == 'm')
      snprintf(list + length, sizeof list - length, ", map of %s [%llu]",
               address(step->arguments[i].map.opaque[0], text),
               (unsigned long long)step->arguments[i].map.opaque[1]);
    else if (kinds[i] == 'p')
      snprintf(list + length, sizeof list - length, ", %s",
               address(number, text));
    else
      snprintf(list + length, sizeof list - length, ", %u", (uint32_t)number);
  }
  note("cuLaunchKernelEx %s <<<(%u, %u), %u, %u>>> on %s%s(%s)\n",
       step->function->name, step->how.grid_x, step->how.grid_y,
       step->how.block_x, step->how.shared_bytes,
       stream_name((void *)step->how.stream, name),
       step->programmatic ? " programmatic " : " ", *list ? list + 2 : "");
  compute(step);
}

/* Now, or into the graph that the stream records. */
static slin_result take(const struct step *step) {
  struct stream *stream = (void *)step->how.stream;
  if ((uintptr_t)stream < 4096 || !stream->capturing) {
    run_step(step);
    return 0;
  }
  struct graph *graph = stream->captured;
  graph->steps =
      realloc(graph->steps, (graph->count + 1) * sizeof *graph->steps);
  graph->steps[graph->count++] = *step;
  note("captured %s\n", step->function ? step->function->name : "a clearing");
  return 0;
}

EXPORT slin_result cuLaunchKernelEx(const slin_launch *how, slin_handle handle,
                                    void **parameters, void **extra) {
  BEGIN("cuLaunchKernelEx");
  NEED_CONTEXT();
  struct function *function = (void *)handle;
  if (!function || extra || !how->grid_x || !how->grid_y || how->grid_z != 1 ||
      !how->block_x || how->block_x > 1024)
    return end(INVALID_VALUE);
  static _Thread_local struct step step;
  memset(&step, 0, sizeof step);
  step.function = function;
  step.how = *how;
  for (unsigned i = 0; i < how->attribute_count; ++i)
    if (how->attributes[i].id == LAUNCH_PROGRAMMATIC)
      step.programmatic = how->attributes[i].value.programmatic;
  step.how.attributes = NULL;
  for (unsigned i = 0; function->parameters[i]; ++i) {
    if (function->parameters[i] == 'm')
      memcpy(&step.arguments[i].map, parameters[i], 128);
    else
      memcpy(&step.arguments[i].number, parameters[i],
             function->parameters[i] == 'p' ? 8 : 4);
  }
  return end(take(&step));
}

EXPORT slin_result cuMemsetD8Async(slin_pointer at, unsigned char value,
                                   size_t size, slin_handle stream) {
  BEGIN("cuMemsetD8Async");
  NEED_CONTEXT();
  if (value)
    return end(INVALID_VALUE);
  static _Thread_local struct step step;
  memset(&step, 0, sizeof step);
  step.how.stream = stream;
  step.at = at;
  step.size = size;
  return end(take(&step));
}

/*===-- Streams and graphs ------------------------------------------------===*/

EXPORT slin_result cuStreamCreate(slin_handle *handle, unsigned flags) {
  BEGIN("cuStreamCreate");
  NEED_CONTEXT();
  struct stream *stream = calloc(1, sizeof *stream);
  stream->number = ++made_streams;
  ++live;
  *handle = (slin_handle)(void *)stream;
  note("cuStreamCreate %u -> stream %u\n", flags, stream->number);
  return end(0);
}

EXPORT slin_result cuStreamDestroy_v2(slin_handle handle) {
  BEGIN_RELEASE("cuStreamDestroy");
  NEED_CONTEXT();
  note("cuStreamDestroy stream %u\n",
       ((struct stream *)(void *)handle)->number);
  free((void *)handle);
  --live;
  return end(failure);
}

EXPORT slin_result cuStreamSynchronize(slin_handle handle) {
  BEGIN("cuStreamSynchronize");
  NEED_CONTEXT();
  char name[32];
  if (capturing)
    return end(CAPTURE_UNSUPPORTED);
  note("cuStreamSynchronize %s\n", stream_name((void *)handle, name));
  return end(0);
}

EXPORT slin_result cuStreamBeginCapture_v2(slin_handle handle, int mode) {
  BEGIN("cuStreamBeginCapture");
  NEED_CONTEXT();
  struct stream *stream = (void *)handle;
  if (stream->capturing)
    return end(INVALID_VALUE);
  note("cuStreamBeginCapture stream %u, mode %d\n", stream->number, mode);
  stream->capturing = 1;
  ++capturing;
  stream->captured = calloc(1, sizeof *stream->captured);
  return end(0);
}

EXPORT slin_result cuStreamEndCapture(slin_handle handle, slin_handle *graph) {
  BEGIN_RELEASE("cuStreamEndCapture");
  struct stream *stream = (void *)handle;
  if (!stream->capturing)
    return end(INVALID_VALUE);
  note("cuStreamEndCapture stream %u\n", stream->number);
  stream->capturing = 0;
  --capturing;
  *graph = NULL;
  if (failure) { /* an invalidated capture gives no graph */
    free(stream->captured->steps);
    free(stream->captured);
    return end(failure);
  }
  *graph = (slin_handle)(void *)stream->captured;
  ++live;
  return end(0);
}

static struct graph *copy(const struct graph *graph) {
  struct graph *made = calloc(1, sizeof *made);
  made->count = graph->count;
  made->steps = calloc(graph->count + 1, sizeof *made->steps);
  if (graph->count)
    memcpy(made->steps, graph->steps, graph->count * sizeof *made->steps);
  return made;
}

static void drop(struct graph *graph) {
  free(graph->steps);
  free(graph);
  --live;
}

EXPORT slin_result cuGraphInstantiateWithFlags(slin_handle *executable,
                                               slin_handle graph,
                                               unsigned long long flags) {
  BEGIN("cuGraphInstantiate");
  note("cuGraphInstantiate %u nodes, %llu\n",
       ((struct graph *)(void *)graph)->count, flags);
  *executable = (slin_handle)(void *)copy((void *)graph);
  ++live;
  return end(0);
}

EXPORT slin_result cuGraphExecUpdate_v2(slin_handle executable,
                                        slin_handle with,
                                        slin_update_result *about) {
  BEGIN("cuGraphExecUpdate");
  struct graph *old = (void *)executable, *fresh = (void *)with;
  int same = old->count == fresh->count;
  for (unsigned i = 0; same && i < old->count; ++i)
    same = old->steps[i].function == fresh->steps[i].function;
  note("cuGraphExecUpdate %s\n", same ? "in place" : "refused");
  about->result = !same;
  if (!same)
    return end(RESULT_UPDATE_FAILURE);
  if (old->count)
    memcpy(old->steps, fresh->steps, old->count * sizeof *old->steps);
  return end(0);
}

EXPORT slin_result cuGraphLaunch(slin_handle executable, slin_handle stream) {
  BEGIN("cuGraphLaunch");
  NEED_CONTEXT();
  char name[32];
  struct graph *graph = (void *)executable;
  note("cuGraphLaunch on %s\n", stream_name((void *)stream, name));
  for (unsigned i = 0; i < graph->count; ++i)
    run_step(&graph->steps[i]);
  return end(0);
}

EXPORT slin_result cuGraphDestroy(slin_handle graph) {
  BEGIN_RELEASE("cuGraphDestroy");
  note("cuGraphDestroy\n");
  drop((void *)graph);
  return end(failure);
}

EXPORT slin_result cuGraphExecDestroy(slin_handle executable) {
  BEGIN_RELEASE("cuGraphExecDestroy");
  note("cuGraphExecDestroy\n");
  drop((void *)executable);
  return end(failure);
}
