/*===- InterfaceTest.c - The C API from C --------------------------*- C -*-===*\
|*                                                                            *|
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.          *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
|*===----------------------------------------------------------------------===*|
|*                                                                            *|
|* The header is C, and failures are results. What the functions answer is    *|
|* tested through the Python module.                                          *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#include "slin/CAPI/Slin.h"

#include <stdio.h>
#include <string.h>

static int failures = 0;

/* Whether `result` has a status and a message that contains `text`; frees it. */
static void expect(const char *what, SlinResult *result, SlinStatus status,
                   const char *text) {
  size_t length = 1;
  const char *data = slinResultData(result, &length);
  const char *message = slinResultMessage(result);
  if (slinResultStatus(result) != status || !strstr(message, text) ||
      (status != SLIN_SUCCESS && length != 0) || !data) {
    fprintf(stderr, "%s: expected status %d and '%s', found %d and '%s'\n",
            what, (int)status, text, (int)slinResultStatus(result), message);
    ++failures;
  }
  slinResultDestroy(result);
}

static bool refuse(const char *stage, uint64_t done, uint64_t total,
                   void *user) {
  (void)stage, (void)done, (void)total;
  ++*(int *)user;
  return false;
}

/* Compresses a model with an empty graph, and ends the work at once. */
static void cancel(void) {
  const char model[] = {0x08, 0x08, 0x3a, 0x00};
  const char *path = "slin_interface_test.onnx";
  int calls = 0;
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(model, 1, sizeof(model), file) != sizeof(model) ||
      fclose(file) != 0) {
    fprintf(stderr, "cannot write '%s'\n", path);
    ++failures;
    return;
  }
  expect("compress that is ended",
         slinCompress(path, "out.onnx",
                      "{\"ratio\": 0.5, \"weight_only\": true}", refuse,
                      &calls),
         SLIN_CANCELLED, "slin: error: the work was ended");
  remove(path);
}

int main(void) {
  int calls = 0;
  expect("inspect", slinInspect("missing.onnx", ""), SLIN_ERROR,
         "missing.onnx: error: cannot read");
  expect("calibration inputs", slinCalibrationInputs("missing.onnx", "[1]"),
         SLIN_USAGE_ERROR, "no JSON object");
  expect("contents", slinContents("missing.onnx", "{}"), SLIN_ERROR,
         "cannot read");
  expect("instrument", slinInstrument("missing.onnx", NULL, 0, "{}"),
         SLIN_ERROR, "cannot read");
  expect("compress",
         slinCompress("missing.onnx", "out.onnx", "{\"ratio\": 2}", NULL, NULL),
         SLIN_USAGE_ERROR, "'ratio' must be a number between 0 and 1");
  expect("compress with progress",
         slinCompress("missing.onnx", "out.onnx",
                      "{\"ratio\": 0.5, \"weight_only\": true}", refuse,
                      &calls),
         SLIN_ERROR, "cannot read");
  expect("pass pipeline", slinPassPipeline("{\"ratio\": 0.5}"), SLIN_SUCCESS,
         "");
  expect("round trip", slinRoundTrip("missing.onnx", "direct"), SLIN_ERROR,
         "cannot read");
  expect("opaque count", slinOpaqueCount("missing.onnx"), SLIN_ERROR,
         "cannot read");
  if (calls != 1) {
    fprintf(stderr, "progress: expected 1 call, found %d\n", calls);
    ++failures;
  }
  cancel();
  return failures != 0;
}
