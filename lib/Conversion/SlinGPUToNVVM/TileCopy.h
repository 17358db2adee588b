//===- TileCopy.h - Tiles into shared memory by cp.async --------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rows of 128 bytes of a matrix in global memory become rows of shared memory
// whose 16-byte chunks are swizzled. All threads of a block take part.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_TILECOPY_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_TILECOPY_H

#include "KernelBuilder.h"

namespace slin::slingpu {

class TileCopy {
public:
  /// A tile of a matrix; all sizes in bytes but those of rows.
  struct Tile {
    /// Its first byte, in step 0; of the whole matrix where rows are gathered.
    mlir::Value start;
    /// Rows from there on that exist; null where the whole tile does.
    mlir::Value existing;
    int64_t rows, pitch, columns;
    /// What each row starts at a multiple of.
    int64_t alignment;
    /// Where the numbers (i32) of the tile's rows in the matrix stand, of those
    /// that exist; null where its rows follow each other.
    mlir::Value gathered = {};
  };

  TileCopy(KernelBuilder &build, Tile tile, mlir::Value thread,
           int64_t threads);

  /// Copies the columns of step `step` to `shared`; zeros for those that do not
  /// exist. Rows that are not aligned to 4 bytes are copied at once, others by
  /// cp.async in the thread's current group.
  void emit(KernelBuilder &build, mlir::Value step, mlir::Value shared) const;

private:
  /// What one thread moves in one go: a row, a byte in it, and where in the
  /// tile of shared memory that is.
  struct Piece {
    mlir::Value row, byte, source, target;
  };
  Piece makePiece(KernelBuilder &build, mlir::Value index) const;
  /// The row of the matrix that row `row` of the tile is.
  mlir::Value sourceRow(KernelBuilder &build, mlir::Value row) const;
  /// Whether a piece exists; null: always.
  mlir::Value exists(KernelBuilder &build, const Piece &piece,
                     mlir::Value stepStart) const;
  void copyAtOnce(KernelBuilder &build, llvm::ArrayRef<mlir::Value> sources,
                  llvm::ArrayRef<mlir::Value> targets,
                  llvm::ArrayRef<mlir::Value> exist) const;

  Tile tile;
  int64_t width;
  llvm::SmallVector<Piece> pieces;
  /// Whether the last piece is one of this thread; null: yes.
  mlir::Value hasLast;
};

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_TILECOPY_H
