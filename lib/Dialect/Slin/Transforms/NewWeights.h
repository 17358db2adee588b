//===- NewWeights.h - Weights that factorising makes and replaces -*- C++
//-*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// New weights become initializers of the same name, so names are made unique in
// the module.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_SLIN_TRANSFORMS_NEWWEIGHTS_H
#define SLIN_LIB_DIALECT_SLIN_TRANSFORMS_NEWWEIGHTS_H

#include "slin/Dialect/Slin/IR/SlinOps.h"

#include "mlir/IR/BuiltinOps.h"

#include "llvm/ADT/StringSet.h"

namespace slin {

/// Makes weights, each under a name of its own.
class NewWeights {
public:
  explicit NewWeights(mlir::ModuleOp module);

  /// What the names of the weights that belong to `apply` start with: its path,
  /// or "linear" where it has none.
  static std::string baseNameOf(ApplyOp apply);

  /// A `slin.weight` that holds `bytes`, called `name` or, if there is such a
  /// weight already, `name_1` and so on.
  mlir::Value make(mlir::OpBuilder &builder, mlir::Location location,
                   const std::string &name, mlir::ShapedType type,
                   llvm::ArrayRef<char> bytes);

  /// Marks what may be dead now; a weight that a pass made and that nobody
  /// reads is erased, and its name is free.
  void markReplaced(mlir::Operation *op);

  /// Marks what the model's own nodes of a linear or sum read and nobody else
  /// may read any more: weights, and nodes that brought the input into another
  /// shape or computed the weight.
  void markSources(mlir::Operation *linear);

private:
  llvm::StringSet<> names;
};

} // namespace slin

#endif // SLIN_LIB_DIALECT_SLIN_TRANSFORMS_NEWWEIGHTS_H
