//===- TileCopy.cpp - Tiles into shared memory by cp.async ----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Pieces are as wide as the rows' alignment allows, 16 bytes at most. Those of
// one thread are a fixed number of rows apart where the threads fill whole
// rows, so that their addresses differ by constants; not so where rows are
// gathered, whose numbers are read once, before the first step.
//
//===----------------------------------------------------------------------===//

#include "TileCopy.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace slin::slingpu;

static constexpr int64_t rowBytes = 128;

TileCopy::TileCopy(KernelBuilder &build, Tile given, Value thread,
                   int64_t threads)
    : tile(given), width(std::min<int64_t>(16, given.alignment)) {
  int64_t perRow = rowBytes / width, total = tile.rows * perRow;
  int64_t rowsApart = threads / perRow;
  bool constant = threads % perRow == 0 && rowsApart % 8 == 0 && !tile.gathered;
  for (int64_t first = 0; first < total; first += threads) {
    if (!constant || first == 0) {
      pieces.push_back(makePiece(build, build.add(thread, first)));
      continue;
    }
    int64_t rows = first / threads * rowsApart;
    Piece piece = pieces.front();
    piece.row = build.add(piece.row, rows);
    piece.source = build.at(
        piece.source, build.number(rows * tile.pitch, build.getI64Type()));
    piece.target = build.add(piece.target, rows * rowBytes);
    pieces.push_back(piece);
  }
  if (total % threads != 0)
    hasLast = build.less(thread, total % threads);
}

/// Rows that do not exist are taken for the last one that does: their pieces
/// are zeros, but addresses of what exists.
Value TileCopy::sourceRow(KernelBuilder &build, Value row) const {
  if (!tile.gathered)
    return row;
  Value known = build.min(row, build.sub(tile.existing, 1));
  Value place =
      build.at(tile.gathered, build.mul(build.extend(known),
                                        build.number(4, build.getI64Type())));
  return LLVM::LoadOp::create(build, build.getI32Type(), place, 4u);
}

TileCopy::Piece TileCopy::makePiece(KernelBuilder &build, Value index) const {
  int64_t perRow = rowBytes / width;
  Value row = build.shr(index, int64_t(llvm::Log2_64(perRow)));
  Value byte = build.mul(build.bitAnd(index, perRow - 1), width);
  Value offset =
      build.add(build.mul(build.extend(sourceRow(build, row)),
                          build.number(tile.pitch, build.getI64Type())),
                build.extend(byte));
  Value chunk = build.bitXor(build.shr(byte, 4), build.bitAnd(row, 7));
  Value target =
      build.add(build.mul(row, rowBytes),
                build.add(build.shl(chunk, 4), build.bitAnd(byte, 15)));
  return {row, byte, build.at(tile.start, offset), target};
}

Value TileCopy::exists(KernelBuilder &build, const Piece &piece,
                       Value stepStart) const {
  Value row, column;
  if (tile.existing)
    row = build.less(piece.row, tile.existing);
  if (tile.columns % rowBytes != 0)
    column = build.less(build.add(stepStart, piece.byte), tile.columns);
  return row && column ? build.bitAnd(row, column) : row ? row : column;
}

void TileCopy::emit(KernelBuilder &build, Value step, Value shared) const {
  Value stepStart = build.mul(step, rowBytes);
  SmallVector<Value> sources, targets, exist;
  auto copy = [&](Value source, Value target, Value exists) {
    Value size = exists ? build.select(exists, width, 0) : Value();
    auto cache = width == 16 ? NVVM::LoadCacheModifierKind::CG
                             : NVVM::LoadCacheModifierKind::CA;
    NVVM::CpAsyncOp::create(build, target, source, uint32_t(width), cache,
                            size);
  };
  for (const Piece &piece : pieces) {
    Value source = build.at(piece.source, stepStart);
    Value target = build.at(shared, piece.target);
    bool isLast = hasLast && &piece == &pieces.back();
    if (width < 4) {
      sources.push_back(source), targets.push_back(target);
      Value there = exists(build, piece, stepStart);
      exist.push_back(!isLast ? there
                      : there ? build.bitAnd(there, hasLast)
                              : hasLast);
    } else if (isLast) {
      build.ifThen(hasLast, [&] {
        copy(source, target, exists(build, piece, stepStart));
      });
    } else {
      copy(source, target, exists(build, piece, stepStart));
    }
  }
  if (width < 4)
    copyAtOnce(build, sources, targets, exist);
}

/// All loads before the first store, so that they are under way together. What
/// does not exist is read at the start of the tile, which does.
void TileCopy::copyAtOnce(KernelBuilder &build, ArrayRef<Value> sources,
                          ArrayRef<Value> targets,
                          ArrayRef<Value> exist) const {
  Type type = build.getIntegerType(8 * width);
  SmallVector<Value> loaded;
  for (auto [source, exists] : llvm::zip_equal(sources, exist)) {
    Value place = exists ? build.select(exists, source, tile.start) : source;
    Value value = LLVM::LoadOp::create(build, type, place, unsigned(width));
    loaded.push_back(exists ? build.select(exists, value, 0) : value);
  }
  for (auto [value, target] : llvm::zip_equal(loaded, targets)) {
    auto store = [&, value = value, target = target] {
      LLVM::StoreOp::create(build, value, target, unsigned(width));
    };
    if (hasLast && target == targets.back())
      build.ifThen(hasLast, store);
    else
      store();
  }
}
