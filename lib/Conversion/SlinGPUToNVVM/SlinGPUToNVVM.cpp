//===- SlinGPUToNVVM.cpp - Products become kernels and launches -----------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sizes other than the number of tokens are constants of a kernel, so kernels
// are made op by op; ops that differ only in their buffers share one.
//
//===----------------------------------------------------------------------===//

#include "Epilogue.h"
#include "KernelEmitter.h"

#include "slin/Conversion/Passes.h"
#include "slin/Term/Activation.h"

#include "mlir/IR/SymbolTable.h"

namespace slin {
#define GEN_PASS_DEF_SLINGPUTONVVM
#include "slin/Conversion/Passes.h.inc"
} // namespace slin

using namespace mlir;
using namespace slin;
using namespace slin::slingpu;

namespace {
struct SlinGPUToNVVMPass final
    : slin::impl::SlinGPUToNVVMBase<SlinGPUToNVVMPass> {
  using SlinGPUToNVVMBase::SlinGPUToNVVMBase;
  void runOnOperation() override;

private:
  LogicalResult lower(ScheduledOpInterface op, mlir::gpu::GPUModuleOp module);
  struct Kernel {
    SymbolRefAttr symbol;
    LaunchShape shape;
  };
  /// By types and attributes of the ops that they are for.
  llvm::DenseMap<Attribute, Kernel> kernels;
};
} // namespace

static InFlightDiagnostic emitError(ScheduledOpInterface op) {
  InFlightDiagnostic diagnostic = op.emitError();
  if (auto entry = op->getParentOfType<EntryOp>())
    diagnostic << "entry '" << entry.getPath() << "': ";
  return diagnostic;
}

static LogicalResult checkActivation(ScheduledOpInterface op) {
  StringRef name = op.getActivationName();
  if (name.empty())
    return success();
  auto *known = term::findActivation<double>(name);
  if (!known) {
    InFlightDiagnostic diagnostic = emitError(op);
    diagnostic << "expected an activation out of {";
    llvm::interleaveComma(term::activationFormulas<double>(), diagnostic,
                          [&](auto &other) { diagnostic << other.name; });
    return diagnostic << "}, found '" << name << "'";
  }
  if (known->hasParameter == op.getActivationParameter().has_value())
    return success();
  return emitError(op) << "expected " << (known->hasParameter ? "a" : "no")
                       << " parameter of '" << name << "', found "
                       << (known->hasParameter ? "none" : "one");
}

/// What makes two kernels equal: everything but who gives the buffers.
static Attribute keyOf(ScheduledOpInterface op) {
  MLIRContext *context = op.getContext();
  SmallVector<Attribute> types;
  for (Type type : llvm::concat<Type>(llvm::to_vector(op->getOperandTypes()),
                                      llvm::to_vector(op->getResultTypes())))
    types.push_back(TypeAttr::get(type));
  return ArrayAttr::get(
      context, {ArrayAttr::get(context, types), op->getAttrDictionary()});
}

static std::string nameOf(ScheduledOpInterface op,
                          mlir::gpu::GPUModuleOp module) {
  std::string name =
      (op.getScheduleAttr().getEmitter() + "_" + op.getKernelName()).str();
  std::string unique = name;
  for (int64_t i = 1; module.lookupSymbol(unique); ++i)
    unique = (name + "_" + Twine(i)).str();
  return unique;
}

LogicalResult SlinGPUToNVVMPass::lower(ScheduledOpInterface op,
                                       mlir::gpu::GPUModuleOp module) {
  ScheduleAttr schedule = op.getScheduleAttr();
  if (!schedule)
    return ::emitError(op) << "expected a schedule, found none";
  const KernelEmitter *emitter = findEmitter(schedule.getEmitter());
  if (!emitter) {
    InFlightDiagnostic diagnostic = ::emitError(op);
    diagnostic << "expected a schedule with an emitter out of {";
    llvm::interleaveComma(getEmitters(), diagnostic,
                          [&](auto *known) { diagnostic << known->getName(); });
    return diagnostic << "}, found '" << schedule.getEmitter() << "'";
  }
  if (failed(checkActivation(op)))
    return failure();
  std::string reason = emitter->reasonAgainst(op, sharedBytes);
  if (!reason.empty())
    return ::emitError(op) << "no kernel by " << emitter->getName() << ": "
                           << reason;
  auto [place, isNew] = kernels.try_emplace(keyOf(op));
  Kernel &kernel = place->second;
  if (isNew) {
    std::string name = nameOf(op, module);
    kernel.shape = emitter->emit(op, name, module);
    if (emitter->isAssembledOnly())
      module.lookupSymbol(name)->setAttr("slingpu.assembled_only",
                                         UnitAttr::get(op.getContext()));
    kernel.symbol =
        SymbolRefAttr::get(module.getSymNameAttr(),
                           {FlatSymbolRefAttr::get(op.getContext(), name)});
  }
  const LaunchShape &shape = kernel.shape;
  OpBuilder builder(op);
  IntegerAttr blocksPerSM;
  if (shape.blocksPerSM)
    blocksPerSM = builder.getI64IntegerAttr(*shape.blocksPerSM);
  auto launch = LaunchOp::create(
      builder, op.getLoc(), op->getResultTypes(), kernel.symbol,
      op->getOperands(), shape.gridX, shape.gridY,
      builder.getArrayAttr(shape.parameters), blocksPerSM,
      shape.programmatic ? builder.getUnitAttr() : UnitAttr());
  op->replaceAllUsesWith(launch);
  op->erase();
  return success();
}

/// `@kernels`, new or as an earlier run left it.
static FailureOr<mlir::gpu::GPUModuleOp> moduleOfKernels(ModuleOp module) {
  Operation *known = SymbolTable::lookupSymbolIn(module, "kernels");
  if (auto kernels = dyn_cast_or_null<mlir::gpu::GPUModuleOp>(known))
    return kernels;
  if (known)
    return known->emitError() << "expected 'kernels' to be a gpu.module, found "
                              << known->getName();
  auto builder = OpBuilder::atBlockEnd(module.getBody());
  return mlir::gpu::GPUModuleOp::create(builder, module.getLoc(), "kernels");
}

void SlinGPUToNVVMPass::runOnOperation() {
  kernels.clear();
  SmallVector<ScheduledOpInterface> ops;
  getOperation().walk([&](ScheduledOpInterface op) { ops.push_back(op); });
  if (ops.empty())
    return;
  FailureOr<mlir::gpu::GPUModuleOp> module = moduleOfKernels(getOperation());
  if (failed(module))
    return signalPassFailure();
  bool allLowered = true;
  for (ScheduledOpInterface op : ops)
    allLowered &= succeeded(lower(op, *module));
  if (!allLowered)
    signalPassFailure();
}
