//===- slin-translate.cpp - Between ONNX and MLIR, without passes ---===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// mlir-translate for models: `--onnx-to-mlir` and `--mlir-to-onnx`. Weights
// stay where they are when a model is read from a file.
//
//===----------------------------------------------------------------------===//

#include "slin/Pipelines/Registration.h"
#include "slin/Target/ONNX/ONNXFiles.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"
#include "mlir/Tools/mlir-translate/Translation.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;

static llvm::cl::list<std::string>
    dataFolders("data-dir",
                llvm::cl::desc("Look for weight files in this folder too"),
                llvm::cl::value_desc("folder"));

static OwningOpRef<Operation *> importModel(llvm::SourceMgr &sources,
                                            MLIRContext *context) {
  const llvm::MemoryBuffer *buffer =
      sources.getMemoryBuffer(sources.getMainFileID());
  slin::onnx::ImportOptions options;
  options.dataFolders.assign(dataFolders.begin(), dataFolders.end());
  StringRef name = buffer->getBufferIdentifier();
  OwningOpRef<ModuleOp> module =
      name == "<stdin>" || name == "-"
          ? slin::onnx::importBytes(buffer->getBuffer(), "<stdin>", context,
                                    options)
          : slin::onnx::importFile(name, context, options);
  return module ? OwningOpRef<Operation *>(module.release().getOperation())
                : OwningOpRef<Operation *>();
}

static LogicalResult exportModel(Operation *op, llvm::raw_ostream &os) {
  auto module = dyn_cast<ModuleOp>(op);
  if (!module)
    return op->emitError() << "cannot be written as ONNX: expected a module, "
                           << "found '" << op->getName() << "'";
  return slin::onnx::exportStream(module, os);
}

int main(int argc, char **argv) {
  TranslateToMLIRRegistration toMLIR(
      "onnx-to-mlir", "read an ONNX model", importModel,
      [](DialectRegistry &registry) { slin::registerDialects(registry); },
      std::nullopt);
  TranslateFromMLIRRegistration fromMLIR(
      "mlir-to-onnx", "write an ONNX model", exportModel,
      [](DialectRegistry &registry) { slin::registerDialects(registry); });
  return failed(mlirTranslateMain(argc, argv, "slin's translation tool"));
}
