//===- slin-reduce.cpp - Smaller inputs that still fail ---===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// mlir-reduce with slin's dialects and passes: shrinks a dump while a script
// still finds it interesting. A model is first made text with slin-opt.
//
//===----------------------------------------------------------------------===//

#include "slin/Pipelines/Registration.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Tools/mlir-reduce/MlirReduceMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  slin::registerDialects(registry);
  slin::registerPasses();
  mlir::MLIRContext context(registry);
  return failed(mlir::mlirReduceMain(argc, argv, context));
}
