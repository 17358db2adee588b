/*===- Slin.h - slin for other languages ---------------------------*- C
-*-===*\
|*                                                                            *|
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.          *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
|*===----------------------------------------------------------------------===*|
|*                                                                            *|
|* Each function does one whole job on one model and answers with a result    *|
|* that the caller frees. Options and reports are JSON texts in UTF-8: the    *|
|* boundary stays narrow, and a new option is no new symbol. Nothing throws,  *|
|* nothing is written to standard output or error, and functions may be       *|
|* called from several threads.                                               *|
|*                                                                            *|
|* Options that all functions know:                                           *|
|*   data_dirs  list of folders searched for external data after the model's  *|
|*   mlp_like   true: cones that only resemble FFNs are taken too             *|
|* An unknown key, or a value of the wrong kind, is a usage error.            *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#ifndef SLIN_CAPI_SLIN_H
#define SLIN_CAPI_SLIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a function answers: data, or the reason why there is none. */
typedef struct SlinResult SlinResult;

typedef enum SlinStatus {
  SLIN_SUCCESS = 0,
  /** A model cannot be read, understood, rewritten or written. */
  SLIN_ERROR = 1,
  /** What was asked for makes no sense, as such or for this model. */
  SLIN_USAGE_ERROR = 2,
  /** The progress function ended the work. */
  SLIN_CANCELLED = 3
} SlinStatus;

SlinStatus slinResultStatus(const SlinResult *result);

/** The answer, `length` bytes, alive as long as the result; empty on failure.
 */
const char *slinResultData(const SlinResult *result, size_t *length);

/** The folder against which external data of an instrumented model resolves. */
const char *slinResultFolder(const SlinResult *result);

/** All diagnostics of a failure, one per line, `location: error: text`. */
const char *slinResultMessage(const SlinResult *result);

void slinResultDestroy(SlinResult *result);

/**
 * Called from the caller's thread when a step begins and when all are done:
 * `done` of `total` steps lie behind. Gives false to end the work; nothing is
 * written then.
 */
typedef bool (*SlinProgress)(const char *stage, uint64_t done, uint64_t total,
                             void *user);

/** The report of the model as it stands. */
SlinResult *slinInspect(const char *model, const char *options);

/**
 * Rewrites the FFNs of `model`, writes `output`, and answers with the report.
 * Further options: ratio | rank, structure, blocks, include, exclude (lists of
 * patterns), statistics (path or null), weight_only, add_bias, dry_run (nothing
 * is written, `output` may be empty), and those of slinMerge. `progress` may be
 * null.
 */
SlinResult *slinCompress(const char *model, const char *output,
                         const char *options, SlinProgress progress,
                         void *user);

/**
 * Makes structured operators of FFNs dense, writes `output`, and answers with
 * the report. Further options: include, exclude, dry_run; target (name or path
 * of a machine's constants: only what is faster dense there), tokens (a number
 * or a list), dispatch (`one` or `if`).
 */
SlinResult *slinMerge(const char *model, const char *output,
                      const char *options, SlinProgress progress, void *user);

/**
 * Makes GPU kernels of the FFNs of `model`, writes `output` as a .slingpu file,
 * and answers with what went into it; where no FFN was taken, nothing is
 * written. Further options: targets (list of names, as sm_90a), tokens (a
 * number or a list: what schedules are chosen for), element_type (`bf16`,
 * `f16`, `f32`), include, exclude; ptxas (its path), ptxas_folders (where else
 * to look for it).
 */
SlinResult *slinCompile(const char *model, const char *output,
                        const char *options, SlinProgress progress, void *user);

/** The passes that slinCompile runs, a line for each target. */
SlinResult *slinCompilePipeline(const char *options);

/** The passes that slinCompress runs for these options, as text. */
SlinResult *slinPassPipeline(const char *options);

/** The passes that slinMerge runs. */
SlinResult *slinMergePipeline(const char *options);

/**
 * The ONNX model that ops of slin's dialects say: `text` is a module, which is
 * converted by slin-to-onnx and serialized, weights included.
 */
SlinResult *slinTranslate(const char *text);

/** The tensors that calibration must see, as a JSON list. */
SlinResult *slinCalibrationInputs(const char *model, const char *options);

/**
 * The model, serialized, with the `count` named values as further outputs. Its
 * external data stays where it is, see slinResultFolder. Option widen: true
 * makes bf16 values, weights and casts f32. Option folder: the model and all
 * its weights are written there too, for models whose message would pass 2 GB.
 */
SlinResult *slinInstrument(const char *model, const char *const *outputs,
                           size_t count, const char *options);

/** Nodes and weights of the model with digests, as a JSON object. */
SlinResult *slinContents(const char *model, const char *options);

/**
 * The model after import and export. Routes: `direct`; `text` and `bytecode`,
 * through either; `canonicalize`, after --canonicalize --cse; `slin`, converted
 * to operators and back.
 */
SlinResult *slinRoundTrip(const char *model, const char *route);

/** How many parts of the model the import keeps as bytes, as a decimal number.
 */
SlinResult *slinOpaqueCount(const char *model);

#ifdef __cplusplus
}
#endif

#endif /* SLIN_CAPI_SLIN_H */
