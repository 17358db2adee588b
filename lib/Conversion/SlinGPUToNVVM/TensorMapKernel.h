//===- TensorMapKernel.h - Functions with tensor maps -----------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the kernels that copy by TMA (sm_90a, sm_100a) have in common:
// parameters (tensor maps of input and weight, then pointers, then the number
// of tokens) with what a launch passes for them, shared memory, and the place
// of a thread in its block.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_TENSORMAPKERNEL_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_TENSORMAPKERNEL_H

#include "Epilogue.h"
#include "KernelEmitter.h"
#include "KernelFunction.h"
#include "TileDescriptor.h"

namespace slin::slingpu {

/// Bytes of shared memory that each of two blocks of an SM can have: half of
/// 228 KiB, of which 1 KiB is the system's.
inline constexpr int64_t halfSharedBytes = 113 * 1024;

/// Bytes of an element of `op`, and how many of them a swizzled row has.
int64_t getElementBytes(BlockGemmOp op);
inline int64_t getSwizzledColumns(BlockGemmOp op) {
  return swizzleBytes / getElementBytes(op);
}

/// Why TMA cannot read the input of `op`; empty where it can. (It can read the
/// weight: rows are whole 16 bytes.)
std::string reasonAgainstTensorMaps(BlockGemmOp op);

/// Describes [tokens, block, columns] of the input to TMA, or [block, rows,
/// columns] of the weight, read `rows` by one swizzled row at a time.
TensorMapAttr getInputMap(BlockGemmOp op, int64_t rows);
TensorMapAttr getWeightMap(BlockGemmOp op, int64_t rows);
/// Rows of a block that are stored one after the other.
int64_t getRunLength(BlockGemmOp op);
/// Describes [runs, tokens, rows of a run] of the result; run `i` of block `b`
/// is number `i B + b`. Its rows are whole 16 bytes.
TensorMapAttr getOutputMap(BlockGemmOp op, int64_t rows);

/// Whether TMA can write the result: runs and rows are whole 16 bytes.
bool canStoreRuns(BlockGemmOp op);

/// Where a tile or a part of it starts: a token, a block, and a row of it.
struct TilePlace {
  mlir::Value token, block, row;
};

/// By one thread: stores a box of tokens times `rows` rows, which are at
/// `source` in shared memory, to `place` by the output map.
void storeRuns(KernelBuilder &build, BlockGemmOp op, mlir::Value map,
               mlir::Value source, const TilePlace &place, int64_t rows);

/// What a kernel is made for.
struct TensorMapShape {
  KernelSize size;
  TensorMapAttr input, weight;
  /// Null where the result is stored through a pointer.
  TensorMapAttr output;
};

/// A function under construction; the builder stands in its body.
struct TensorMapKernel {
  TensorMapKernel(BlockGemmOp op, const TensorMapShape &shape,
                  llvm::StringRef name, mlir::gpu::GPUModuleOp module);

  /// Ends the function.
  void finish();

  KernelBuilder build;
  mlir::Value input, weight, output; ///< Tensor maps.
  EpilogueArguments arguments;
  llvm::SmallVector<mlir::Attribute> parameters;

  mlir::Value shared;             ///< Dynamic shared memory, 1024-aligned.
  mlir::Value thread, warp, lane; ///< `warp` is the same in a whole warp.
  mlir::Value rank;               ///< In the cluster.
};

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_TENSORMAPKERNEL_H
