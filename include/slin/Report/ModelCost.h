//===- ModelCost.h - What a model costs -------------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Parameters, bytes and multiplications of a whole model, counted on its nodes,
// so that the same count serves a model before and after it was rewritten.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_REPORT_MODELCOST_H
#define SLIN_REPORT_MODELCOST_H

#include "mlir/IR/BuiltinOps.h"

namespace slin::report {

/// What a matrix, a network or a model costs.
struct Cost {
  uint64_t parameters = 0;
  uint64_t macsPerToken = 0;
  uint64_t bytes = 0;
};

/// Parameters are the elements of constant tensors of floating-point or at most
/// 8-bit integer type (indices and shapes are none), bytes what these take;
/// tied tensors count once. MACs per token are those of MatMul and Gemm nodes
/// with a constant factor: one per element of it, at each use. Convolutions and
/// products of two activations are not counted.
Cost costOfModel(mlir::ModuleOp module);

} // namespace slin::report

#endif // SLIN_REPORT_MODELCOST_H
