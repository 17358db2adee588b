//===- NetworkSelection.h - Which networks are meant ------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `include` and `exclude` for passes that take networks as a whole.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLIN_TRANSFORMS_NETWORKSELECTION_H
#define SLIN_DIALECT_SLIN_TRANSFORMS_NETWORKSELECTION_H

#include "slin/Dialect/Slin/IR/SlinOps.h"

#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace slin {

/// The networks of `module`, in its order, that a pattern of `include` names
/// (or all, where there is none) and none of `exclude`: by the network's path,
/// or the path, weight or bias of one of its linears. Fails with a reason where
/// a pattern is malformed or names nothing.
mlir::FailureOr<llvm::SmallVector<FFNOp>>
selectNetworks(mlir::ModuleOp module, llvm::ArrayRef<std::string> include,
               llvm::ArrayRef<std::string> exclude, std::string &reason);

} // namespace slin

#endif // SLIN_DIALECT_SLIN_TRANSFORMS_NETWORKSELECTION_H
