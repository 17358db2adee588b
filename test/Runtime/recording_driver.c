/*===- recording_driver.c - A driver that records -------------------------===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
/*
 * Errors, look-up of functions, devices and contexts; recording_objects.c has
 * modules and memory, recording_launches.c launches, streams and graphs.
 */
#include "recording_state.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *log_text;
static size_t log_length, log_capacity;
static FILE *log_file;
static unsigned calls, retained, architecture = 90, devices = 1, fail_at,
                                 look_up = 1;
static int context_object; /* the one context's handle is its address */
struct memory *memories;
unsigned live, made_memories, made_streams, shared = 232448, refuse_cubin;
_Thread_local unsigned capturing, context_depth;
_Thread_local slin_handle contexts[MOST_CONTEXTS];

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

void note(const char *format, ...) {
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

const char *address(uint64_t pointer, char text[64]) {
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

const char *stream_name(const struct stream *stream, char text[32]) {
  if ((uintptr_t)stream < 4096) /* the default ones, and made-up handles */
    snprintf(text, 32, "%u", (unsigned)(uintptr_t)stream);
  else
    snprintf(text, 32, "stream %u", stream->number);
  return text;
}

/* Counts a call; whether it is the one to fail. The lock is held from here on.
 */
int begin(const char *name) {
  pthread_mutex_lock(&lock);
  if (++calls != fail_at)
    return 0;
  note("%s fails\n", name);
  return STANDIN_FAILURE;
}

slin_result end(slin_result result) {
  pthread_mutex_unlock(&lock);
  return result;
}

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
