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
      &getMmaSyncEmitter(), &getMmaSyncCoreEmitter(), &getWgmmaEmitter(),
      &getWgmmaCoreEmitter(), &getSkinnyEmitter()};
  return emitters;
}

const KernelEmitter *slin::slingpu::findEmitter(llvm::StringRef name) {
  for (const KernelEmitter *emitter : getEmitters())
    if (emitter->getName() == name)
      return emitter;
  return nullptr;
}
