//===- TokenFlow.h - Which values are not per token -------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Heads, poolers and squeeze-and-excitation blocks look like feed-forward
// networks, but read one vector per sequence. One pass in the order of the
// block marks the values that come from a pooled or picked token only.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_ONNX_ANALYSIS_TOKENFLOW_H
#define SLIN_LIB_DIALECT_ONNX_ANALYSIS_TOKENFLOW_H

#include "mlir/IR/Operation.h"

#include "llvm/ADT/DenseMap.h"

#include <string>

namespace slin::onnx {

class TokenFlow {
public:
  explicit TokenFlow(mlir::Operation *root);

  /// The node that pools or picks the only tokens `value` depends on; null if
  /// it is per token.
  mlir::Operation *getOrigin(mlir::Value value) const {
    return origins.lookup(value);
  }

  /// What an origin does, as a clause: "'Gather' picks one token".
  static std::string describe(mlir::Operation *origin);

private:
  void visit(mlir::Operation *node);
  llvm::DenseMap<mlir::Value, mlir::Operation *> origins;
};

} // namespace slin::onnx

#endif // SLIN_LIB_DIALECT_ONNX_ANALYSIS_TOKENFLOW_H
