//===- TileLoader.h - Keeps a ring full, tile after tile --------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What kernels of sm_90a and sm_100a for many tokens have in common: a block
// takes tile after tile, and one thread of it loads inputs and weights of all
// of them into a ring of stages, while others multiply what is there. Weights
// do not depend on the kernel before, so the first ones are loaded before it
// has ended.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_TILELOADER_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_TILELOADER_H

#include "TensorMapKernel.h"
#include "TensorMemory.h"

namespace slin::slingpu {

/// What follows from the sizes and the schedule of an op.
struct TileSizes {
  explicit TileSizes(BlockGemmOp op);

  int64_t tokens, rows; ///< Of a tile.
  int64_t stages, cluster;
  int64_t steps;       ///< Rows of a tile in shared memory over all columns.
  int64_t tilesOfRows; ///< Of a block.

  int64_t inputBytes, weightBytes; ///< Of a stage.
  int64_t weights, stagesEnd; ///< Offsets in shared memory; inputs are at 0.
};

class TileLoader {
public:
  TileLoader(BlockGemmOp op, const TileSizes &sizes, TensorMapKernel &kernel,
             Ring ring)
      : op(op), sizes(sizes), kernel(kernel), build(kernel.build), ring(ring) {}

  /// By all threads: which tiles the block takes. Before anything else.
  void prepare();

  /// Fetches the tensor maps.
  void prefetchMaps();

  /// The tiles of the block, one after the other.
  llvm::SmallVector<mlir::Value>
  overTiles(mlir::ValueRange carried,
            llvm::function_ref<llvm::SmallVector<mlir::Value>(const TilePlace &,
                                                              mlir::ValueRange)>
                body);

  /// By one thread: loads all tiles. Gives the stage and parity behind them.
  llvm::SmallVector<mlir::Value> load();

private:
  TilePlace getTile(mlir::Value index);
  llvm::SmallVector<mlir::Value> coordinates(Operand step, mlir::Value row,
                                             mlir::Value block);
  void loadInput(const TilePlace &tile, Operand step, mlir::Value stage);
  void loadWeight(const TilePlace &tile, Operand step, mlir::Value stage);

  mutable BlockGemmOp op;
  const TileSizes &sizes;
  TensorMapKernel &kernel;
  KernelBuilder &build;
  Ring ring;
  mlir::Value firstTile, tileStep, tilesOfTokens, tiles;
};

/// How `kernel` is launched, one whose blocks take tile after tile.
LaunchShape launchTiles(BlockGemmOp op, const TileSizes &sizes,
                        int64_t blocksPerSM, TensorMapKernel &kernel);

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_TILELOADER_H
