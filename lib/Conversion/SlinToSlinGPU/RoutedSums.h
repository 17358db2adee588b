//===- RoutedSums.h - Experts of which tokens take a few --------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `y[t] = Σ_e e(x[t])` over the experts that token t is given to, as
// onnx-sink-gates writes it, whatever the sum looked like before: each expert
// reads the rows of its tokens, which a NonZero finds, and its results are
// added to theirs, in a chain that starts with zeros.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINTOSLINGPU_ROUTEDSUMS_H
#define SLIN_LIB_CONVERSION_SLINTOSLINGPU_ROUTEDSUMS_H

#include "slin/Dialect/Slin/IR/SlinOps.h"

#include <optional>
#include <string>
#include <vector>

namespace slin {

struct RoutedSum {
  /// In the order in which they are added.
  llvm::SmallVector<FFNOp> experts;
  /// Experts of one token at most; nothing where that is not known.
  std::optional<int64_t> chosen;

  /// What their paths have in common.
  std::string getPath() const;
};

/// The sums of two experts or more among `networks`.
std::vector<RoutedSum> findRoutedSums(llvm::ArrayRef<FFNOp> networks);

} // namespace slin

#endif // SLIN_LIB_CONVERSION_SLINTOSLINGPU_ROUTEDSUMS_H
