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

void slin::slingpu::markConstant(LLVM::LLVMFuncOp kernel, unsigned index) {
  auto unit = UnitAttr::get(kernel.getContext());
  kernel.setArgAttr(index, LLVM::LLVMDialect::getNoAliasAttrName(), unit);
  kernel.setArgAttr(index, LLVM::LLVMDialect::getReadonlyAttrName(), unit);
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
