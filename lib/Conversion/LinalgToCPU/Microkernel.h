//===- Microkernel.h - Products in registers --------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The loops of one contraction: blocks of tokens and groups of panels in
// parallel, then blocks of the sum, tiles of tokens, panels, and a tile of the
// result in registers while the sum runs.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_LINALGTOCPU_MICROKERNEL_H
#define SLIN_LIB_CONVERSION_LINALGTOCPU_MICROKERNEL_H

#include "PackedWeight.h"

namespace slin {

/// Sizes of the loops.
struct Tiling {
  /// Tokens that are held in registers at once, a power of two.
  int64_t tileTokens;
  /// Tokens of one parallel iteration.
  int64_t blockTokens = 128;
  /// Steps of the sum between two visits of the result.
  int64_t blockDepth = 384;
  /// Panels of one parallel iteration.
  int64_t groupPanels = 4;
};

/// Writes the loops at `builder`. With `overwrite` the result's old values do
/// not count.
void writeContraction(mlir::OpBuilder &builder, mlir::Location location,
                      const Contraction &contraction, const Panels &panels,
                      mlir::memref::GlobalOp packed, const Tiling &tiling,
                      bool overwrite);

} // namespace slin

#endif // SLIN_LIB_CONVERSION_LINALGTOCPU_MICROKERNEL_H
