//===- slin-translate.cpp - Between MLIR and files, without passes --------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// mlir-translate for models: `--onnx-to-mlir` and `--mlir-to-onnx`. Weights
// stay where they are when a model is read from a file. For kernels:
// `--slingpu-to-ptx` and `--slingpu-to-artefact`.
//
//===----------------------------------------------------------------------===//

#include "slin/Pipelines/Registration.h"
#include "slin/Target/Artefact/Artefact.h"
#include "slin/Target/ONNX/ONNXFiles.h"
#include "slin/Target/PTX/PTX.h"

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

static llvm::cl::opt<std::string>
    target("target",
           llvm::cl::desc("The architecture that kernels are for, as sm_90a"),
           llvm::cl::value_desc("name"), llvm::cl::init("sm_80"));
static llvm::cl::opt<std::string>
    assembler("ptxas",
              llvm::cl::desc("Put machine code of this ptxas into artefacts "
                             "too; without it, they have PTX only"),
              llvm::cl::value_desc("path"));

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

/// Runs `write` for the module and the chip that are asked for.
static LogicalResult
withChip(Operation *op,
         function_ref<LogicalResult(ModuleOp, slin::ptx::Chip)> write) {
  auto module = dyn_cast<ModuleOp>(op);
  if (!module)
    return op->emitError() << "expected a module, found '" << op->getName()
                           << "'";
  std::string reason;
  auto chip = slin::ptx::findChip(target, reason);
  if (failed(chip))
    return emitError(module.getLoc()) << reason;
  return write(module, *chip);
}

static LogicalResult writePTX(Operation *op, llvm::raw_ostream &os) {
  return withChip(op, [&](ModuleOp module, slin::ptx::Chip chip) {
    auto code = slin::artefact::makeCode(module, chip, /*assembler=*/"");
    if (failed(code))
      return failure();
    if (code->code.empty())
      return LogicalResult(emitError(module.getLoc())
                           << "expected a gpu.module, found none");
    for (const slin::artefact::Code &kernels : code->code)
      os << kernels.ptx;
    return success();
  });
}

static LogicalResult writeArtefact(Operation *op, llvm::raw_ostream &os) {
  return withChip(op, [&](ModuleOp module, slin::ptx::Chip chip) {
    auto code = slin::artefact::makeCode(module, chip, assembler);
    if (failed(code))
      return failure();
    auto artefact = slin::artefact::Artefact::build(*code, {});
    if (failed(artefact))
      return failure();
    artefact->write(os);
    return success();
  });
}

int main(int argc, char **argv) {
  TranslateToMLIRRegistration toMLIR(
      "onnx-to-mlir", "read an ONNX model", importModel,
      [](DialectRegistry &registry) { slin::registerDialects(registry); },
      std::nullopt);
  TranslateFromMLIRRegistration fromMLIR(
      "mlir-to-onnx", "write an ONNX model", exportModel,
      [](DialectRegistry &registry) { slin::registerDialects(registry); });
  TranslateFromMLIRRegistration toPTX(
      "slingpu-to-ptx", "write the kernels of --target as PTX", writePTX,
      [](DialectRegistry &registry) { slin::registerDialects(registry); });
  TranslateFromMLIRRegistration toArtefact(
      "slingpu-to-artefact", "write a .slingpu file for --target",
      writeArtefact,
      [](DialectRegistry &registry) { slin::registerDialects(registry); });
  return failed(mlirTranslateMain(argc, argv, "slin's translation tool"));
}
