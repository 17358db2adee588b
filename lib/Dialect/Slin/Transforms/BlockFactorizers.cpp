//===- BlockFactorizers.cpp - Structures with blocks only -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Block diagonal and BlockShuffle. Their one number is the number of blocks,
// which divides both sides; each weight gets the smallest that reaches the
// ratio.
//
//===----------------------------------------------------------------------===//

#include "Factorizer.h"

#include "slin/Factorization/RankRules.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace slin;
using factorization::Matrix;

namespace {
/// What the two structures share.
class BlockFactorizer : public Factorizer {
public:
  LogicalResult check(const Request &request,
                      std::string &reason) const override;
  std::string reasonAgainst(WeightShape shape,
                            const Request &request) const override;
  std::vector<Size> chooseSizes(ArrayRef<WeightShape> shapes,
                                const Request &request) const override;

protected:
  /// Stored numbers with `blocks` blocks, which divide both sides.
  virtual int64_t parametersOf(WeightShape shape, int64_t blocks) const = 0;
  /// The smallest number of blocks that removes `ratio`.
  virtual std::optional<int64_t> smallestBlocks(WeightShape shape,
                                                double ratio) const = 0;
};

class BlockDiagonalFactorizer final : public BlockFactorizer {
public:
  StringRef getName() const override { return "block_diagonal"; }

  Factors factorize(const Matrix &W, const Size &size,
                    const Matrix *moment) const override {
    auto outcome =
        factorization::factorizeBlockDiagonal(W, size.blocks, moment);
    if (!outcome)
      return {{}, {}, outcome.reason};
    return {{Factor("blocks", outcome->D)}, outcome.errors, {}};
  }

  Value build(OpBuilder &builder, Location location, LinopType type,
              ValueRange factors) const override {
    return BlockDiagonalOp::create(builder, location, type, factors[0]);
  }

protected:
  int64_t parametersOf(WeightShape shape, int64_t blocks) const override {
    return shape.parameters() / blocks;
  }
  std::optional<int64_t> smallestBlocks(WeightShape shape,
                                        double ratio) const override {
    return factorization::blockDiagonalBlocks(shape.outputs, shape.inputs,
                                              ratio);
  }
};

class BlockShuffleFactorizer final : public BlockFactorizer {
public:
  StringRef getName() const override { return "block_shuffle"; }

  Factors factorize(const Matrix &W, const Size &size,
                    const Matrix *moment) const override {
    auto outcome = factorization::factorizeBlockShuffle(W, size.blocks, moment);
    if (!outcome)
      return {{}, {}, outcome.reason};
    return {{Factor("first", outcome->D1), Factor("second", outcome->D2)},
            outcome.errors,
            {}};
  }

  Value build(OpBuilder &builder, Location location, LinopType type,
              ValueRange factors) const override {
    return BlockShuffleOp::create(builder, location, type, factors[0],
                                  factors[1]);
  }

protected:
  int64_t parametersOf(WeightShape shape, int64_t blocks) const override {
    return factorization::ShuffleShape::get(shape.outputs, shape.inputs, blocks)
        .parameters();
  }
  std::optional<int64_t> smallestBlocks(WeightShape shape,
                                        double ratio) const override {
    return factorization::blockShuffleBlocks(shape.outputs, shape.inputs,
                                             ratio);
  }
};
} // namespace

LogicalResult BlockFactorizer::check(const Request &request,
                                     std::string &reason) const {
  if (request.rank != 0) {
    reason = llvm::formatv("expected no rank with {0}, found {1}", getName(),
                           request.rank);
    return failure();
  }
  if (request.ratio != 0 || request.blocks != 0)
    return success();
  reason = llvm::formatv("expected ratio or blocks with {0}, found neither",
                         getName());
  return failure();
}

std::string BlockFactorizer::reasonAgainst(WeightShape shape,
                                           const Request &request) const {
  int64_t blocks = request.blocks;
  if (blocks == 0)
    return {};
  if (shape.outputs % blocks != 0 || shape.inputs % blocks != 0)
    return llvm::formatv(
        "expected sides that {0} blocks divide, found a weight of {1} x {2}",
        blocks, shape.outputs, shape.inputs);
  int64_t parameters = parametersOf(shape, blocks);
  if (parameters > shape.parameters())
    return llvm::formatv("expected at most the {0} parameters of the weight, "
                         "found {1} with blocks = {2}",
                         shape.parameters(), parameters, blocks);
  return {};
}

std::vector<Size> BlockFactorizer::chooseSizes(ArrayRef<WeightShape> shapes,
                                               const Request &request) const {
  std::vector<Size> sizes;
  for (WeightShape shape : shapes) {
    std::optional<int64_t> blocks = request.blocks;
    if (request.blocks == 0)
      blocks = smallestBlocks(shape, request.ratio);
    sizes.push_back({0, blocks.value_or(0), {}});
    if (!blocks)
      sizes.back().reason = llvm::formatv(
          "expected a number of blocks that divides both sides of {0} x {1} "
          "and removes {2:f4} of the parameters, found none",
          shape.outputs, shape.inputs, request.ratio);
  }
  return sizes;
}

const Factorizer &slin::getBlockDiagonalFactorizer() {
  static const BlockDiagonalFactorizer factorizer;
  return factorizer;
}

const Factorizer &slin::getBlockShuffleFactorizer() {
  static const BlockShuffleFactorizer factorizer;
  return factorizer;
}
