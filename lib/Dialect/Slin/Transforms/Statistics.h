//===- Statistics.h - What is known of the inputs of linears ----*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Calibration statistics, read one linear at a time.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_SLIN_TRANSFORMS_STATISTICS_H
#define SLIN_LIB_DIALECT_SLIN_TRANSFORMS_STATISTICS_H

#include "slin/Factorization/Structures.h"
#include "slin/Weights/Safetensors.h"

#include "mlir/Support/LLVM.h"

namespace slin {

/// Statistics of the inputs of the linears that share a weight.
struct Moments {
  /// The mean [in] of each linear's input.
  std::vector<factorization::Vector> means;
  /// Σ nᵢCᵢ / Σ nᵢ over the linears, Cᵢ [in, in] the second moments or the
  /// covariances and nᵢ the numbers of tokens.
  factorization::Matrix moment;
};

/// A file of statistics by the names of tensors.
class Statistics {
public:
  static mlir::FailureOr<Statistics> open(llvm::StringRef path,
                                          std::string &reason);

  /// The first key that `input` lacks; empty where it lacks none.
  std::string findMissing(llvm::StringRef input) const;

  /// The moments of `inputs` features of the named tensors; of covariances
  /// where `centred`. Fails, with a reason, on tensors of another shape or type
  /// and on counts that are not positive.
  mlir::FailureOr<Moments> read(llvm::ArrayRef<llvm::StringRef> names,
                                int64_t inputs, bool centred,
                                std::string &reason) const;

private:
  explicit Statistics(weights::SafetensorsFile file) : file(std::move(file)) {}
  mlir::FailureOr<double> readCount(llvm::StringRef name,
                                    std::string &reason) const;

  weights::SafetensorsFile file;
};

} // namespace slin

#endif // SLIN_LIB_DIALECT_SLIN_TRANSFORMS_STATISTICS_H
