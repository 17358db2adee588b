//===- KernelFunction.cpp - The function that is a kernel -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The size of dynamic shared memory is given at launch, so its symbol has none.
//
//===----------------------------------------------------------------------===//

#include "KernelFunction.h"

using namespace mlir;
using namespace slin::slingpu;

LLVM::LLVMFuncOp slin::slingpu::createKernel(mlir::gpu::GPUModuleOp module,
                                             Location location, StringRef name,
                                             ArrayRef<Type> parameters,
                                             KernelSize size) {
  auto builder = OpBuilder::atBlockEnd(module.getBody());
  MLIRContext *context = builder.getContext();
  auto type =
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context), parameters);
  auto kernel = LLVM::LLVMFuncOp::create(builder, location, name, type);
  kernel->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(),
                  builder.getUnitAttr());
  kernel->setAttr(NVVM::NVVMDialect::getReqntidAttrName(),
                  builder.getDenseI32ArrayAttr({int32_t(size.threads)}));
  if (size.blocksPerSM)
    kernel->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(),
                    builder.getI32IntegerAttr(*size.blocksPerSM));
  if (size.cluster > 1)
    kernel->setAttr(
        NVVM::NVVMDialect::getClusterDimAttrName(),
        builder.getDenseI32ArrayAttr({int32_t(size.cluster), 1, 1}));
  kernel->setAttr("slingpu.shared",
                  builder.getI64IntegerAttr(size.sharedBytes));
  kernel->setAttr("slingpu.cluster", builder.getI64IntegerAttr(size.cluster));
  kernel.addEntryBlock(builder);
  return kernel;
}

LLVM::LLVMFuncOp
slin::slingpu::createPointerKernel(Operation *op, StringRef name,
                                   mlir::gpu::GPUModuleOp module,
                                   KernelSize size) {
  MLIRContext *context = op->getContext();
  SmallVector<Type> parameters(
      op->getNumOperands() + op->getNumResults(),
      LLVM::LLVMPointerType::get(context, unsigned(Space::Global)));
  parameters.push_back(IntegerType::get(context, 32));
  return createKernel(module, op->getLoc(), name, parameters, size);
}

void slin::slingpu::markConstant(LLVM::LLVMFuncOp kernel, unsigned index) {
  auto unit = UnitAttr::get(kernel.getContext());
  kernel.setArgAttr(index, LLVM::LLVMDialect::getNoAliasAttrName(), unit);
  kernel.setArgAttr(index, LLVM::LLVMDialect::getReadonlyAttrName(), unit);
}

void slin::slingpu::markTensorMap(LLVM::LLVMFuncOp kernel, unsigned index) {
  Builder builder(kernel.getContext());
  auto bytes = LLVM::LLVMArrayType::get(builder.getI8Type(), 128);
  kernel.setArgAttr(index, LLVM::LLVMDialect::getByValAttrName(),
                    TypeAttr::get(bytes));
  kernel.setArgAttr(index, LLVM::LLVMDialect::getAlignAttrName(),
                    builder.getI64IntegerAttr(64));
  kernel.setArgAttr(index, NVVM::NVVMDialect::getGridConstantAttrName(),
                    builder.getUnitAttr());
}

Value slin::slingpu::getDynamicShared(KernelBuilder &build,
                                      mlir::gpu::GPUModuleOp module) {
  constexpr StringLiteral name = "dynamic_shared";
  if (!module.lookupSymbol(name)) {
    OpBuilder::InsertionGuard guard(build);
    build.setInsertionPointToStart(module.getBody());
    LLVM::GlobalOp::create(
        build, LLVM::LLVMArrayType::get(build.getI8Type(), 0),
        /*isConstant=*/false, LLVM::Linkage::External, name, Attribute(),
        /*alignment=*/1024, /*addrSpace=*/unsigned(Space::Shared));
  }
  return LLVM::AddressOfOp::create(build, build.pointer(Space::Shared), name);
}
