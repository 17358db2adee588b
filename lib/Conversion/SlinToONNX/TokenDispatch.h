//===- TokenDispatch.h - Forms chosen while a model runs --------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operators that have several forms, by token count.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINTOONNX_TOKENDISPATCH_H
#define SLIN_LIB_CONVERSION_SLINTOONNX_TOKENDISPATCH_H

#include "slin/Dialect/Slin/IR/SlinOps.h"

namespace slin {

/// The term of an operator in each range of token counts: range i begins at
/// `bounds[i - 1]`, the first one at 1.
struct TermsByTokens {
  llvm::SmallVector<TermWithLeaves> terms;
  llvm::SmallVector<int64_t> bounds;
};

/// All choices within the operator `linop`, its own and its operands', as one.
mlir::FailureOr<TermsByTokens> termsByTokens(mlir::Value linop,
                                             std::string &reason);

/// The number of tokens in activations of known shape, at least 1.
std::optional<int64_t> staticTokens(mlir::Value x);

} // namespace slin

#endif // SLIN_LIB_CONVERSION_SLINTOONNX_TOKENDISPATCH_H
