/*===- slin_runtime.h - Running .slingpu files --------------------*- C -*-===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
/*
 * An artefact is opened (and checked, wholly, before anything of it is used),
 * loaded on a device as a program, and its entries run on the caller's memory
 * and stream:
 *
 *   slin_artefact *artefact;
 *   slin_program *program;
 *   slin_error error;
 *   if (slin_open("model.slingpu", &artefact, &error) ||
 *       slin_load(artefact, 0, 4096, &program, &error))
 *     die(error.message);
 *   slin_run(program, 0, tokens, inputs, outputs, stream, 0, 0, &error);
 *
 * Every function that can fail answers with a status, 0 where it did what it
 * says, and tells the reason in `error`, which may be null. Nothing is printed.
 *
 * The CUDA driver (libcuda.so.1, or what the environment variable
 * SLIN_CUDA_DRIVER names) is loaded by the first slin_load; to open and
 * describe artefacts, no driver is needed.
 *
 * Threads: all functions may be called at the same time, on the same objects
 * too, but an object must not be in use when it is closed, unloaded or
 * destroyed, and a graph is updated, launched and destroyed by one thread at a
 * time.
 */
#ifndef SLIN_RUNTIME_SLIN_RUNTIME_H
#define SLIN_RUNTIME_SLIN_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLIN_RUNTIME_API __attribute__((visibility("default")))

typedef enum slin_status {
  SLIN_RUNTIME_OK = 0,
  /** What was asked for makes no sense for this artefact. */
  SLIN_RUNTIME_USAGE = 1,
  /** A file cannot be read, or is not a whole and valid artefact. */
  SLIN_RUNTIME_FILE = 2,
  /** There is no driver, or it lacks a function. */
  SLIN_RUNTIME_NO_DRIVER = 3,
  /** The artefact has no code for the device. */
  SLIN_RUNTIME_NO_TARGET = 4,
  /** A call of the driver failed: `driver_code` is its CUresult. */
  SLIN_RUNTIME_DRIVER = 5,
  /** The host's memory does not suffice. */
  SLIN_RUNTIME_MEMORY = 6
} slin_status;

typedef struct slin_error {
  slin_status status;
  int driver_code;
  char message[1008];
} slin_error;

/** A file, opened and checked. */
typedef struct slin_artefact slin_artefact;
/** An artefact on a device: code, weights, workspace. */
typedef struct slin_program slin_program;
/** A run of an entry, recorded as a CUDA graph. */
typedef struct slin_graph slin_graph;

/** A CUdeviceptr. */
typedef uint64_t slin_pointer;
/** A CUstream; null is the default stream. */
typedef void *slin_stream;

/** As enum slingpu_element_type of format.h. */
typedef struct slin_value {
  const char *name;
  unsigned element_type;
  unsigned features;
  unsigned rank;
  unsigned alignment;
} slin_value;

/** The version of slin that the library belongs to. */
SLIN_RUNTIME_API const char *slin_runtime_version(void);

/*===-- Artefacts ---------------------------------------------------------===*/

/** Opens a file. It stays open, and must not be changed until it is closed: the
 * weights are read again by slin_load. */
SLIN_RUNTIME_API slin_status slin_open(const char *path,
                                       slin_artefact **artefact,
                                       slin_error *error);

/** The same of bytes in memory, which must live until they are closed; messages
 * call them `name`. */
SLIN_RUNTIME_API slin_status slin_open_memory(const void *data, size_t size,
                                              const char *name,
                                              slin_artefact **artefact,
                                              slin_error *error);

/** Programs keep what they need of an artefact: it may be closed before they
 * are unloaded. Null is nothing. */
SLIN_RUNTIME_API void slin_close(slin_artefact *artefact);

/** Everything that the file says, as JSON in UTF-8: `metadata`, `targets`,
 * `kernels`, `entries` (with their plans), `weights`. Writes as much as
 * `capacity` holds, ended by a zero byte, and answers the length of the whole
 * text. */
SLIN_RUNTIME_API size_t slin_describe(const slin_artefact *artefact, char *text,
                                      size_t capacity);

SLIN_RUNTIME_API unsigned slin_entry_count(const slin_artefact *artefact);
SLIN_RUNTIME_API const char *slin_entry_name(const slin_artefact *artefact,
                                             unsigned entry);
/** The place of a name among the entries. */
SLIN_RUNTIME_API slin_status slin_find_entry(const slin_artefact *artefact,
                                             const char *name, unsigned *entry,
                                             slin_error *error);
SLIN_RUNTIME_API unsigned slin_input_count(const slin_artefact *artefact,
                                           unsigned entry);
SLIN_RUNTIME_API unsigned slin_output_count(const slin_artefact *artefact,
                                            unsigned entry);
/** Inputs come first, then outputs; false where there is none. */
SLIN_RUNTIME_API int slin_entry_value(const slin_artefact *artefact,
                                      unsigned entry, unsigned index,
                                      slin_value *value);

/*===-- Programs ----------------------------------------------------------===*/

/** Instead of a device: the calling thread's current context, which must
 * outlive the program. */
#define SLIN_CURRENT_CONTEXT (-1)

/** Loads code and weights on a device, in its primary context (which frameworks
 * use too). With `max_tokens`, also allocates the workspace that any entry
 * needs for so many tokens. Not to be called while a stream of this thread is
 * captured.
 */
SLIN_RUNTIME_API slin_status slin_load(slin_artefact *artefact, int device,
                                       unsigned max_tokens,
                                       slin_program **program,
                                       slin_error *error);

/** Frees everything, also where a call of the driver fails; what ran must have
 * ended. Null is nothing. */
SLIN_RUNTIME_API slin_status slin_unload(slin_program *program,
                                         slin_error *error);

/** What was chosen, for people: "sm_90a, cubin, on NVIDIA H100". */
SLIN_RUNTIME_API const char *slin_program_target(const slin_program *program);

SLIN_RUNTIME_API slin_status slin_workspace_size(const slin_program *program,
                                                 unsigned entry,
                                                 unsigned tokens,
                                                 uint64_t *bytes,
                                                 slin_error *error);

/** Puts the kernels of an entry on a stream. Inputs and outputs are device
 * memory of `tokens` rows each, in the order of the signature; inputs and
 * outputs do not overlap. Nothing is allocated, nothing waits; the stream may
 * be captured. With no tokens there is nothing to do.
 *
 * The workspace is the caller's, aligned to 256, and in use until the kernels
 * have ended. Where it is 0, the program's own is used; it belongs to the first
 * stream that runs with it, since runs on two streams would write into each
 * other's.
 *
 * After an error, what the outputs hold is unspecified. */
SLIN_RUNTIME_API slin_status slin_run(
    slin_program *program, unsigned entry, unsigned tokens,
    const slin_pointer *inputs, const slin_pointer *outputs, slin_stream stream,
    slin_pointer workspace, uint64_t workspace_size, slin_error *error);

/*===-- Graphs ------------------------------------------------------------===*/

/** Records a run. Without a workspace, the graph allocates its own, once. */
SLIN_RUNTIME_API slin_status
slin_graph_create(slin_program *program, unsigned entry, unsigned tokens,
                  const slin_pointer *inputs, const slin_pointer *outputs,
                  slin_pointer workspace, uint64_t workspace_size,
                  slin_graph **graph, slin_error *error);

/** Other memory or another number of tokens. The graph is changed in place
 * where its kernels stay the same ones, otherwise made anew; launches of it
 * must have ended. After an error the graph still runs what it ran before. */
SLIN_RUNTIME_API slin_status slin_graph_update(slin_graph *graph,
                                               unsigned tokens,
                                               const slin_pointer *inputs,
                                               const slin_pointer *outputs,
                                               slin_error *error);

SLIN_RUNTIME_API slin_status slin_graph_launch(slin_graph *graph,
                                               slin_stream stream,
                                               slin_error *error);

/** Before its program is unloaded. Null is nothing. */
SLIN_RUNTIME_API slin_status slin_graph_destroy(slin_graph *graph,
                                                slin_error *error);

/*===-- Memory ------------------------------------------------------------===*/

/* For callers without a framework. Copies wait until they are done. */
SLIN_RUNTIME_API slin_status slin_allocate(slin_program *program,
                                           uint64_t bytes,
                                           slin_pointer *pointer,
                                           slin_error *error);
SLIN_RUNTIME_API slin_status slin_free(slin_program *program,
                                       slin_pointer pointer, slin_error *error);
SLIN_RUNTIME_API slin_status slin_copy_to_device(slin_program *program,
                                                 slin_pointer to,
                                                 const void *from,
                                                 uint64_t bytes,
                                                 slin_error *error);
/** What `stream` still has to do is done first. */
SLIN_RUNTIME_API slin_status slin_copy_to_host(slin_program *program, void *to,
                                               slin_pointer from,
                                               uint64_t bytes,
                                               slin_stream stream,
                                               slin_error *error);
SLIN_RUNTIME_API slin_status slin_synchronize(slin_program *program,
                                              slin_stream stream,
                                              slin_error *error);

#ifdef __cplusplus
}
#endif
#endif
