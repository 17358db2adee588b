/*===- driver.c - Loading the CUDA driver ---------------------------------===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
#include "driver.h"
#include "error.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef slin_result (*get_address)(const char *, void **, int, uint64_t, int *);

struct symbol {
  const char *name;     /* as cuGetProcAddress knows it */
  const char *exported; /* as the library exports it */
  int version;          /* of CUDA, as 12000 */
  size_t field;
  int optional;
};

#define SYMBOL(name, symbol, suffix, version, optional)                        \
  {symbol, symbol suffix, version, offsetof(struct slin_driver, name),         \
   optional},

static const struct symbol symbols[] = {
#define X(name, symbol, suffix, version, parameters)                           \
  SYMBOL(name, symbol, suffix, version, 0)
    SLIN_DRIVER_FUNCTIONS(X)
#undef X
#define X(name, symbol, suffix, version, parameters)                           \
  SYMBOL(name, symbol, suffix, version, 1)
        SLIN_DRIVER_OPTIONAL_FUNCTIONS(X)
#undef X
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct slin_driver loaded;
static int is_loaded;

/* The driver's own look-up gives the form of a function that a version of CUDA
 * had, and is there since CUDA 12; the names that carry that form are there
 * always. */
static void *find(void *library, get_address lookup,
                  const struct symbol *symbol) {
  void *found = NULL;
  int status = 0;
  if (lookup &&
      lookup(symbol->name, &found, symbol->version, 0, &status) == 0 && found)
    return found;
  return dlsym(library, symbol->exported);
}

static slin_status load(const char *path, struct slin_driver *driver,
                        slin_error *error) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return slin_fail(error, SLIN_RUNTIME_NO_DRIVER,
                     "the CUDA driver cannot be loaded: %s: install NVIDIA's "
                     "driver, or name its library in SLIN_CUDA_DRIVER",
                     dlerror());
  get_address lookup;
  *(void **)&lookup = dlsym(library, "cuGetProcAddress_v2");
  for (size_t i = 0; i < sizeof symbols / sizeof *symbols; ++i) {
    void *found = find(library, lookup, &symbols[i]);
    if (!found && !symbols[i].optional) {
      slin_fail(error, SLIN_RUNTIME_NO_DRIVER,
                "%s has no %s, which CUDA %d.%d brought: install a driver of "
                "CUDA 12.0 or later",
                path, symbols[i].name, symbols[i].version / 1000,
                symbols[i].version % 1000 / 10);
      dlclose(library);
      return SLIN_RUNTIME_NO_DRIVER;
    }
    memcpy((char *)driver + symbols[i].field, &found, sizeof found);
  }
  slin_result result = driver->init(0);
  if (result) {
    slin_status status = slin_driver_fail(driver, result, "cuInit", error);
    dlclose(library);
    return status;
  }
  return SLIN_RUNTIME_OK;
}

slin_status slin_driver_get(const struct slin_driver **driver,
                            slin_error *error) {
  const char *path = getenv("SLIN_CUDA_DRIVER");
  slin_status status = SLIN_RUNTIME_OK;
  pthread_mutex_lock(&lock);
  if (!is_loaded) {
    status = load(path && *path ? path : "libcuda.so.1", &loaded, error);
    is_loaded = !status;
  }
  pthread_mutex_unlock(&lock);
  *driver = status ? NULL : &loaded;
  return status;
}

slin_status slin_driver_fail(const struct slin_driver *driver,
                             slin_result result, const char *call,
                             slin_error *error) {
  const char *name = NULL, *text = NULL;
  if (driver->error_name(result, &name) || !name)
    name = "an unknown error";
  if (driver->error_text(result, &text) || !text)
    text = "no description";
  slin_fail(error, SLIN_RUNTIME_DRIVER, "%s: %s (%d): %s", call, name, result,
            text);
  if (error)
    error->driver_code = result;
  return SLIN_RUNTIME_DRIVER;
}

slin_status slin_context_enter(const struct slin_driver *driver,
                               slin_handle context, int *entered,
                               slin_error *error) {
  slin_handle current = NULL;
  *entered = 0;
  slin_result result = driver->context_current(&current);
  if (result)
    return slin_driver_fail(driver, result, "cuCtxGetCurrent", error);
  if (current == context)
    return SLIN_RUNTIME_OK;
  result = driver->context_push(context);
  if (result)
    return slin_driver_fail(driver, result, "cuCtxPushCurrent", error);
  *entered = 1;
  return SLIN_RUNTIME_OK;
}

slin_status slin_context_enter_to_release(const struct slin_driver *driver,
                                          slin_handle context, int *entered,
                                          slin_error *error) {
  slin_status status = slin_context_enter(driver, context, entered, error);
  if (status)
    *entered = !driver->context_push(context);
  return status;
}

slin_status slin_context_leave(const struct slin_driver *driver, int entered,
                               slin_error *error) {
  slin_handle context;
  slin_result result = entered ? driver->context_pop(&context) : 0;
  return result ? slin_driver_fail(driver, result, "cuCtxPopCurrent", error)
                : SLIN_RUNTIME_OK;
}
