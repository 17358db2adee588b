//===- Tensor.h - Tensors in memory -----------------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What goes into a function and comes out of it.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TOOLS_SLIN_RUN_TENSOR_H
#define SLIN_TOOLS_SLIN_RUN_TENSOR_H

#include "mlir/IR/BuiltinTypes.h"

#include <vector>

namespace slin {

/// A tensor of static shape and its elements, row-major.
struct Tensor {
  mlir::RankedTensorType type;
  std::vector<char> bytes;
};

} // namespace slin

#endif // SLIN_TOOLS_SLIN_RUN_TENSOR_H
