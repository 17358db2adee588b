//===- PackedWeight.h - Weights as the kernel reads them --------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Panels [panels, depth, width]: the kernel reads a panel from one end to the
// other. Made once, when the code is.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_LINALGTOCPU_PACKEDWEIGHT_H
#define SLIN_LIB_CONVERSION_LINALGTOCPU_PACKEDWEIGHT_H

#include "Contraction.h"

namespace slin {

/// How the columns of a contraction are cut: each run in panels of `width`
/// columns, the last one filled up with zeros.
struct Panels {
  int64_t width;
  int64_t perRun;
  int64_t count;
  /// `vectors` of `lanes` elements are as wide as a panel.
  int64_t lanes;
  int64_t vectors;
  /// Whether every panel is full.
  bool isFull;
};

Panels panelsOf(const Contraction &contraction, int64_t lanes);

/// A new constant with the weight in panels; null, after an error, where its
/// bytes cannot be read.
mlir::memref::GlobalOp packWeight(const Contraction &contraction,
                                  const Panels &panels);

} // namespace slin

#endif // SLIN_LIB_CONVERSION_LINALGTOCPU_PACKEDWEIGHT_H
