//===- TranslateToPTX.cpp - From nvvm to PTX, in process ------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Upstream's passes on a copy, then LLVM's optimiser and NVPTX backend. What
// upstream's gpu-module-to-binary does, without its search for a toolkit.
//
//===----------------------------------------------------------------------===//

#include "slin/Target/PTX/PTX.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/NVVMToLLVM/NVVMToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/GPU/GPUToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "mlir/Transforms/Passes.h"

#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Target/TargetMachine.h"

#include <mutex>

extern "C" {
void LLVMInitializeNVPTXTargetInfo();
void LLVMInitializeNVPTXTarget();
void LLVMInitializeNVPTXTargetMC();
void LLVMInitializeNVPTXAsmPrinter();
}

using namespace mlir;
using namespace slin::ptx;

void slin::ptx::registerTranslation(DialectRegistry &registry) {
  registerBuiltinDialectTranslation(registry);
  registerGPUDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  registerNVVMDialectTranslation(registry);
  registerConvertNVVMToLLVMInterface(registry);
}

/// Everything in the copy becomes llvm and nvvm.
static LogicalResult lowerToLLVM(ModuleOp module) {
  PassManager manager(module.getContext(), ModuleOp::getOperationName());
  manager.addPass(createConvertNVVMToLLVMPass());
  manager.addPass(createSCFToControlFlowPass());
  manager.addPass(createArithToLLVMConversionPass());
  manager.addPass(createConvertControlFlowToLLVMPass());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createReconcileUnrealizedCastsPass());
  return manager.run(module);
}

/// The version of PTX that has all that is in `module`: copies by TMA into the
/// shared memory of a block, rather than of a cluster, are of 8.6.
static unsigned versionFor(mlir::gpu::GPUModuleOp module, const Chip &chip) {
  unsigned version = chip.ptxVersion;
  module.walk([&](NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp copy) {
    if (copy.getIsCTAOnly())
      version = std::max(version, 86u);
  });
  return version;
}

static std::unique_ptr<llvm::TargetMachine>
makeMachine(const Chip &chip, unsigned version, std::string &reason) {
  [[maybe_unused]] static const bool isReady = [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
    return true;
  }();
  llvm::Triple triple("nvptx64-nvidia-cuda");
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget("nvptx64", triple, reason);
  if (!target)
    return nullptr;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, chip.name, "+ptx" + std::to_string(version), {}, {}, {},
      llvm::CodeGenOptLevel::Aggressive));
}

static void optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3)
      .run(module, modules);
}

/// The text of `code`. LLVM ends the process where a chip lacks an instruction;
/// here that is a failure with a reason.
static LogicalResult writeText(llvm::Module &code, llvm::TargetMachine &machine,
                               std::string &text, std::string &reason) {
  llvm::SmallString<0> buffer;
  llvm::raw_svector_ostream os(buffer);
  bool isWritten = false;
  // Handlers belong to the whole process.
  static std::mutex mutex;
  std::lock_guard<std::mutex> guard(mutex);
  llvm::ScopedFatalErrorHandler handler(
      [](void *user, const char *message, bool) {
        *static_cast<std::string *>(user) = message;
      },
      &reason);
  llvm::CrashRecoveryContext::Enable();
  llvm::CrashRecoveryContext recovery;
  bool isAlive = recovery.RunSafely([&] {
    optimize(code, machine);
    llvm::legacy::PassManager writer;
    isWritten = !machine.addPassesToEmitFile(
        writer, os, nullptr, llvm::CodeGenFileType::AssemblyFile);
    if (isWritten)
      writer.run(code);
  });
  llvm::CrashRecoveryContext::Disable();
  if (isAlive && isWritten) {
    text = buffer.str().str();
    return success();
  }
  reason = StringRef(reason).split('\n').first.str();
  if (reason.empty())
    reason = "this build of LLVM does not";
  return failure();
}

FailureOr<std::string> slin::ptx::translateToPTX(mlir::gpu::GPUModuleOp module,
                                                 const Chip &chip) {
  DialectRegistry registry;
  registerTranslation(registry);
  MLIRContext *context = module.getContext();
  context->appendDialectRegistry(registry);
  context->loadDialect<LLVM::LLVMDialect>();

  OwningOpRef<ModuleOp> copy(ModuleOp::create(module.getLoc()));
  auto kernels = cast<mlir::gpu::GPUModuleOp>(module->clone());
  copy->push_back(kernels);
  if (failed(lowerToLLVM(*copy)))
    return failure();
  std::string reason;
  std::unique_ptr<llvm::TargetMachine> machine =
      makeMachine(chip, versionFor(module, chip), reason);
  if (!machine)
    return module.emitError() << "this build of LLVM writes no PTX: " << reason;
  llvm::LLVMContext llvmContext;
  std::unique_ptr<llvm::Module> code =
      translateModuleToLLVMIR(kernels, llvmContext, module.getName());
  if (!code)
    return failure();
  code->setTargetTriple(machine->getTargetTriple());
  code->setDataLayout(machine->createDataLayout());
  std::string text;
  if (failed(writeText(*code, *machine, text, reason)))
    return module.emitError() << "its kernels cannot be written as PTX for "
                              << chip.name << ": " << reason;
  return text;
}
