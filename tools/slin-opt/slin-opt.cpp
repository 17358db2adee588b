//===- slin-opt.cpp - The opt tool ----------------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// mlir-opt for ONNX models: reads .onnx, .mlir and .mlirbc, writes the same by
// extension. A model is imported in a context of its own and handed to
// upstream's driver as bytecode, so that every habit of mlir-opt works on it;
// output goes the same way back.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/ONNX/IR/ONNXDialect.h"
#include "slin/Dialect/ONNX/Transforms/Passes.h"
#include "slin/Pipelines/ExactnessCheck.h"
#include "slin/Pipelines/Registration.h"
#include "slin/Target/ONNX/ONNXFiles.h"
#include "slin/Weights/PendingFile.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/AsmState.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;

static llvm::cl::OptionCategory category("slin-opt options");
static llvm::cl::list<std::string>
    dataFolders("data-dir",
                llvm::cl::desc("Look for weight files in this folder too"),
                llvm::cl::value_desc("folder"), llvm::cl::cat(category));
static llvm::cl::opt<std::string> dataFile(
    "data-file",
    llvm::cl::desc("Write new weights of text or bytecode output to this file"),
    llvm::cl::value_desc("file"), llvm::cl::cat(category));
static llvm::cl::opt<bool> verifyExact(
    "slin-verify-exact",
    llvm::cl::desc("Evaluate all functions in f64 around exact rewrites, and "
                   "fail where they change"),
    llvm::cl::cat(category));
enum class Format { Automatic, Text, Bytecode, ONNX };
static llvm::cl::opt<Format> emitFormat(
    "emit",
    llvm::cl::desc("Output format; by default the extension of -o decides"),
    llvm::cl::values(clEnumValN(Format::Text, "mlir", "MLIR text"),
                     clEnumValN(Format::Bytecode, "mlirbc", "MLIR bytecode"),
                     clEnumValN(Format::ONNX, "onnx", "an ONNX model")),
    llvm::cl::init(Format::Automatic), llvm::cl::cat(category));

static Format outputFormat(StringRef output) {
  if (emitFormat != Format::Automatic)
    return emitFormat;
  return llvm::StringSwitch<Format>(llvm::sys::path::extension(output))
      .Case(".onnx", Format::ONNX)
      .Case(".mlirbc", Format::Bytecode)
      .Default(Format::Text);
}

/// Reads the input; a model becomes bytecode.
static std::unique_ptr<llvm::MemoryBuffer>
readInput(StringRef input, const DialectRegistry &registry) {
  std::string error;
  bool isPipe = input == "-";
  bool isModel = llvm::sys::path::extension(input) == ".onnx";
  std::unique_ptr<llvm::MemoryBuffer> buffer;
  if (!isModel) {
    buffer = openInputFile(input, &error);
    if (!buffer) {
      llvm::errs() << error << "\n";
      return nullptr;
    }
    if (!slin::onnx::looksLikeModel(buffer->getBuffer()))
      return buffer;
  }
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler(sources, &context);
  slin::onnx::ImportOptions options;
  options.dataFolders.assign(dataFolders.begin(), dataFolders.end());
  OwningOpRef<ModuleOp> module =
      isPipe ? slin::onnx::importBytes(buffer->getBuffer(), "<stdin>", &context,
                                       options)
             : slin::onnx::importFile(input, &context, options);
  if (!module)
    return nullptr;
  std::string bytecode;
  llvm::raw_string_ostream os(bytecode);
  if (failed(writeBytecodeToFile(*module, os)))
    return nullptr;
  return llvm::MemoryBuffer::getMemBufferCopy(bytecode, input);
}

/// Writes the driver's bytecode as a model.
static LogicalResult writeModel(StringRef bytecode, StringRef output,
                                const DialectRegistry &registry) {
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  auto sources = std::make_shared<llvm::SourceMgr>();
  SourceMgrDiagnosticHandler handler(*sources, &context);
  sources->AddNewSourceBuffer(
      llvm::MemoryBuffer::getMemBuffer(bytecode, "output", false),
      llvm::SMLoc());
  OwningOpRef<ModuleOp> module =
      parseSourceFile<ModuleOp>(*sources, ParserConfig(&context));
  if (!module)
    return failure();
  if (output != "-")
    return slin::onnx::exportFile(*module, output);
  return slin::onnx::exportStream(*module, llvm::outs());
}

/// The user's passes, then the one that saves new weights.
static void saveWeightsAtEnd(MlirOptMainConfig &config, StringRef output) {
  std::string file = dataFile;
  if (file.empty() && output == "/dev/null")
    file = output.str();
  if (file.empty() && output != "-" &&
      !slin::weights::PendingFile::isDevice(output))
    file = (output + ".data").str();
  MlirOptMainConfig user = config;
  config.setPassPipelineSetupFn([user, file](PassManager &pm) {
    if (failed(user.setupPassPipeline(pm)))
      return failure();
    if (pm.getOpName() && *pm.getOpName() != ModuleOp::getOperationName())
      return success();
    slin::onnx::SaveWeightsOptions options;
    options.file = file;
    pm.addPass(slin::onnx::createSaveWeights(options));
    return success();
  });
}

/// The user's passes, each checked if it claims to be exact.
static std::shared_ptr<slin::ExactnessResult>
checkExactness(MlirOptMainConfig &config) {
  auto result = std::make_shared<slin::ExactnessResult>();
  MlirOptMainConfig user = config;
  config.setPassPipelineSetupFn([user, result](PassManager &pm) {
    pm.addInstrumentation(slin::createExactnessCheck(result));
    return user.setupPassPipeline(pm);
  });
  return result;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  DialectRegistry registry;
  slin::registerDialects(registry);
  slin::registerPasses();
  auto [input, output] =
      registerAndParseCLIOptions(argc, argv, "slin's opt tool\n", registry);
  auto store = std::make_shared<slin::weights::WeightStore>();
  for (const std::string &folder : dataFolders)
    store->addFolder(folder);
  slin::shareWeights(registry, store);

  MlirOptMainConfig config = MlirOptMainConfig::createFromCLOptions();
  auto exactness = std::make_shared<slin::ExactnessResult>();
  if (verifyExact) {
    slin::verifyMerges(registry);
    exactness = checkExactness(config);
  }
  Format format = outputFormat(output);
  std::unique_ptr<llvm::MemoryBuffer> buffer = readInput(input, registry);
  if (!buffer)
    return 1;
  if (format != Format::Text)
    config.emitBytecode(true);
  if (format != Format::ONNX && !config.shouldVerifyDiagnostics())
    saveWeightsAtEnd(config, output);
  if (format == Format::ONNX) {
    std::string bytecode;
    llvm::raw_string_ostream os(bytecode);
    if (failed(MlirOptMain(os, std::move(buffer), registry, config)) ||
        exactness->failed)
      return 1;
    return failed(writeModel(bytecode, output, registry));
  }
  std::string error;
  auto file = openOutputFile(output, &error);
  if (!file) {
    llvm::errs() << error << "\n";
    return 1;
  }
  if (failed(MlirOptMain(file->os(), std::move(buffer), registry, config)) ||
      exactness->failed)
    return 1;
  file->keep();
  return 0;
}
