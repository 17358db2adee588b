//===- Movement.h - Cutting and joining tensors -----------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What operators on tensors and those on sequences have in common.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_EVALUATION_MOVEMENT_H
#define SLIN_LIB_EVALUATION_MOVEMENT_H

#include "NodeCall.h"

namespace slin::evaluation {

/// Gives one result for each of `sizes`, which make the whole axis.
mlir::LogicalResult splitInto(NodeCall &call, const Tensor &data, int64_t axis,
                              llvm::ArrayRef<int64_t> sizes);

/// Gives the tensors side by side along `axis`.
mlir::LogicalResult join(NodeCall &call, llvm::ArrayRef<const Tensor *> parts,
                         int64_t axis);

} // namespace slin::evaluation

#endif // SLIN_LIB_EVALUATION_MOVEMENT_H
