//===- onnx-import-fuzzer.cpp - Any bytes into the importer ---------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the importer accepts must verify, print, parse again and be written as a
// model that is accepted once more. Anything else is a crash. At the end it
// says how many inputs were accepted: a fuzzer that is always turned away at
// the door proves nothing.
//
//===----------------------------------------------------------------------===//

#include "slin/Target/ONNX/ONNXFiles.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"

#include <cstdio>
#include <cstdlib>
#include <memory>

using namespace mlir;

static uint64_t executed = 0, accepted = 0;

static void report() {
  std::fprintf(stderr, "inputs: %llu, accepted: %llu (%.1f %%)\n",
               (unsigned long long)executed, (unsigned long long)accepted,
               executed ? 100.0 * accepted / executed : 0.0);
}

/// Attributes live as long as their context: a new one now and then.
static MLIRContext &context() {
  static std::unique_ptr<MLIRContext> current;
  static unsigned uses = 0;
  if (!current || ++uses == 500) {
    current = std::make_unique<MLIRContext>(MLIRContext::Threading::DISABLED);
    uses = 0;
  }
  return *current;
}

[[noreturn]] static void fail(const char *what) {
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

extern "C" int LLVMFuzzerInitialize(int *, char ***) {
  std::atexit(report);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  ++executed;
  llvm::StringRef bytes(reinterpret_cast<const char *>(data), size);
  // One context for all that is done with the input.
  MLIRContext *mlir = &context();
  ScopedDiagnosticHandler silent(mlir, [](Diagnostic &) { return success(); });
  OwningOpRef<ModuleOp> module =
      slin::onnx::importBytes(bytes, "<fuzzer>", mlir);
  if (!module)
    return 0;
  ++accepted;
  if (failed(verify(*module)))
    fail("an imported model does not verify");
  std::string text, model;
  llvm::raw_string_ostream textStream(text), modelStream(model);
  module->print(textStream);
  if (!parseSourceString<ModuleOp>(text, mlir))
    fail("an imported model does not parse again");
  if (failed(slin::onnx::exportStream(*module, modelStream)))
    return 0; // e.g. two outputs of one name; the diagnostic says so
  if (!slin::onnx::importBytes(model, "<again>", mlir))
    fail("an exported model is not accepted");
  return 0;
}
