//===- MmaSyncCoreKernel.h - The core of an FFN by mma.sync -----*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The dataflow is that of attention, with an activation in place of softmax. A
// block of threads keeps a tile of tokens in shared memory, and its sums, all
// features of the result, in registers. Hidden features pass by in steps of 128
// bytes. A step has two or three parts, each of which takes one stage of a
// ring:
//
//   gate   [64, Rg]  g = gate_up · s + bias, rounded, in registers
//   up     [64, R1]  h = act(up · t + bias) · g, rounded, in registers
//   down   [R2, 64]  sums += down · h
//
// The sums of one instruction lie as the left factor of the next one does, so
// that h never leaves its thread. Warps along tokens have tokens of their own;
// warps along rows have hidden features of their own within each step, and add
// up their sums through shared memory in the end.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_MMASYNCCOREKERNEL_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_MMASYNCCOREKERNEL_H

#include "KernelBuilder.h"

#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace slin::slingpu {

/// Sizes of a kernel, all of them known when it is made. Those of one warp's
/// products count 16 tokens, 8 hidden features and 8 features of the result.
struct MmaSyncCoreSizes {
  /// A row of shared memory, and the hidden features of a step that it holds.
  static constexpr int64_t rowBytes = 128, step = 64;
  static constexpr int64_t elementBytes = 2;

  explicit MmaSyncCoreSizes(FFNCoreOp op);

  int64_t stages, tileTokens, warpsAlongTokens, warpsAlongHidden, threads;
  int64_t tokenParts, hiddenParts, outputParts;
  /// Rows of shared memory that one token of the inputs takes.
  int64_t inputRows, gateRows;
  /// Whether there is a bias, of the gate or else.
  bool hasBias;
  /// Steps of hidden features, and parts of one.
  int64_t steps, partsOfStep;

  int64_t inputBytes() const { return tileTokens * inputRows * rowBytes; }
  int64_t gateBytes() const { return tileTokens * gateRows * rowBytes; }
  /// Where a stage has biases: behind the rows of hidden features.
  int64_t biasPlace() const {
    return step * std::max(inputRows, gateRows) * rowBytes;
  }
  /// A multiple of 1024, which swizzles need.
  int64_t stageBytes() const {
    return std::max(biasPlace() + (hasBias ? 1024 : 0),
                    8 * outputParts * rowBytes);
  }
  int64_t sums() const { return 4 * tokenParts * outputParts; }
  /// The sums of all warps, where some share hidden features.
  int64_t sharedSumBytes() const {
    return warpsAlongHidden == 1 ? 0 : threads * sums() * 4;
  }
  int64_t sharedBytes() const {
    return std::max(inputBytes() + gateBytes() + stages * stageBytes(),
                    sharedSumBytes());
  }
  /// Registers of a thread: sums, hidden features before they are rounded, the
  /// tokens of one product; then addresses and the weight's parts of a product,
  /// or a gate and what multiplies by it, as ptxas 13 takes them without
  /// spills.
  int64_t registers() const {
    int64_t hidden = 4 * tokenParts * hiddenParts;
    int64_t others = gateRows ? std::max<int64_t>(56, 2 * hidden + 24) : 56;
    return sums() + hidden + 4 * tokenParts + others;
  }
};

/// Writes the function `name` at the end of `module`. Its parameters are
/// pointers to the operands of `op` in order and to its result, then the number
/// of tokens.
void emitMmaSyncCoreKernel(FFNCoreOp op, llvm::StringRef name,
                           mlir::gpu::GPUModuleOp module);

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_MMASYNCCOREKERNEL_H
