//===- WeightNumbers.h - The numbers of weights -----------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Weights in f64, read when they are asked for and kept.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_SLIN_TRANSFORMS_WEIGHTNUMBERS_H
#define SLIN_LIB_DIALECT_SLIN_TRANSFORMS_WEIGHTNUMBERS_H

#include "mlir/IR/Value.h"
#include "mlir/Support/LLVM.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/DenseMap.h"

#include <string>
#include <vector>

namespace slin {

class WeightNumbers {
public:
  /// Whether `weight` is a constant of floating point whose bytes can be read
  /// as far as its op says.
  static bool isConstant(mlir::Value weight);

  /// All elements, row-major. Fails with the reason.
  mlir::FailureOr<llvm::ArrayRef<double>> get(mlir::Value weight,
                                              std::string &reason);

  /// Which elements are exactly zero; none where they cannot be read.
  llvm::BitVector zeros(mlir::Value weight);

  /// Forgets what was read.
  void clear() { known.clear(); }

private:
  llvm::DenseMap<mlir::Value, std::vector<double>> known;
};

} // namespace slin

#endif // SLIN_LIB_DIALECT_SLIN_TRANSFORMS_WEIGHTNUMBERS_H
