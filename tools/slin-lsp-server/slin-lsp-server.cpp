//===- slin-lsp-server.cpp - Language server for MLIR files ---===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// mlir-lsp-server with slin's dialects, so that editors check dumps as they are
// typed and jump from a value to its op.
//
//===----------------------------------------------------------------------===//

#include "slin/Pipelines/Registration.h"

#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  slin::registerDialects(registry);
  return failed(mlir::MlirLspServerMain(argc, argv, registry));
}
