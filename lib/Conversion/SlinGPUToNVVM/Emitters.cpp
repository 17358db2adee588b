//===- Emitters.cpp - All that make kernels -------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A new emitter is one entry here.
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"

using namespace slin::slingpu;

llvm::ArrayRef<const KernelEmitter *> slin::slingpu::getEmitters() {
  static const KernelEmitter *const emitters[] = {
      &getMmaSyncEmitter(),   &getMmaSyncCoreEmitter(), &getWgmmaEmitter(),
      &getWgmmaCoreEmitter(), &getSkinnyEmitter(),      &getTcgen05Emitter(),
      &getRouteEmitter(),     &getCombineEmitter()};
  return emitters;
}

const KernelEmitter *slin::slingpu::findEmitter(llvm::StringRef name) {
  for (const KernelEmitter *emitter : getEmitters())
    if (emitter->getName() == name)
      return emitter;
  return nullptr;
}

LaunchShape slin::slingpu::launchWithPointers(ScheduledOpInterface op,
                                              NumberAttr gridX) {
  mlir::MLIRContext *context = op.getContext();
  LaunchShape shape;
  shape.gridX = gridX;
  shape.gridY = NumberAttr::get(context, 1);
  int64_t buffers = op->getNumOperands() + op->getNumResults();
  for (int64_t buffer = 0; buffer < buffers; ++buffer)
    shape.parameters.push_back(PointerAttr::get(context, buffer, 0));
  shape.parameters.push_back(NumberAttr::ofTokens(context));
  return shape;
}
