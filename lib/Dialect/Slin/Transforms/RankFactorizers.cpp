//===- RankFactorizers.cpp - Structures with a rank -----------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Low rank, and BlockDense, which is low rank with a block diagonal as second
// factor. One budget rule serves both: low rank has one block.
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
class RankFactorizer : public Factorizer {
public:
  LogicalResult check(const Request &request,
                      std::string &reason) const override;
  std::string reasonAgainst(WeightShape shape,
                            const Request &request) const override;
  std::vector<Size> chooseSizes(ArrayRef<WeightShape> shapes,
                                const Request &request) const override;

protected:
  /// The number of blocks of the second factor.
  virtual int64_t blocksOf(const Request &request) const = 0;
  virtual Size sizeOf(int64_t rank, int64_t blocks) const = 0;
};

class LowRankFactorizer final : public RankFactorizer {
public:
  StringRef getName() const override { return "low_rank"; }

  LogicalResult check(const Request &request,
                      std::string &reason) const override {
    if (request.blocks == 0)
      return RankFactorizer::check(request, reason);
    reason = llvm::formatv("expected no blocks with low_rank, found {0}",
                           request.blocks);
    return failure();
  }

  Factors factorize(const Matrix &W, const Size &size,
                    const Matrix *moment) const override {
    auto outcome = factorization::factorizeLowRank(W, size.rank, moment);
    if (!outcome)
      return {{}, {}, outcome.reason};
    return {
        {Factor("u", outcome->U), Factor("v", outcome->V)}, outcome.errors, {}};
  }

  Value build(OpBuilder &builder, Location location, LinopType type,
              ValueRange factors) const override {
    return LowRankOp::create(builder, location, type, factors[0], factors[1]);
  }

protected:
  int64_t blocksOf(const Request &) const override { return 1; }
  Size sizeOf(int64_t rank, int64_t) const override { return {rank, 0, {}}; }
};

class BlockDenseFactorizer final : public RankFactorizer {
public:
  StringRef getName() const override { return "block_dense"; }

  Factors factorize(const Matrix &W, const Size &size,
                    const Matrix *moment) const override {
    auto outcome =
        factorization::factorizeBlockDense(W, size.blocks, size.rank, moment);
    if (!outcome)
      return {{}, {}, outcome.reason};
    return {{Factor("left", outcome->L), Factor("blocks", outcome->D)},
            outcome.errors,
            {}};
  }

  Value build(OpBuilder &builder, Location location, LinopType type,
              ValueRange factors) const override {
    return BlockDenseOp::create(builder, location, type, factors[0],
                                factors[1]);
  }

protected:
  int64_t blocksOf(const Request &request) const override {
    return request.blocks == 0 ? 2 : request.blocks;
  }
  Size sizeOf(int64_t rank, int64_t blocks) const override {
    return {rank, blocks, {}};
  }
};
} // namespace

LogicalResult RankFactorizer::check(const Request &request,
                                    std::string &reason) const {
  if ((request.ratio != 0) != (request.rank != 0))
    return success();
  reason = llvm::formatv("expected exactly one of ratio and rank with {0}, "
                         "found {1}",
                         getName(), request.rank == 0 ? "neither" : "both");
  return failure();
}

std::string RankFactorizer::reasonAgainst(WeightShape shape,
                                          const Request &request) const {
  int64_t blocks = blocksOf(request);
  if (shape.inputs % blocks != 0)
    return llvm::formatv("expected inputs that {0} blocks divide, found {1}",
                         blocks, shape.inputs);
  if (request.rank == 0)
    return {};
  if (request.rank % blocks != 0)
    return llvm::formatv("expected a rank that {0} blocks divide, found {1}",
                         blocks, request.rank);
  int64_t usable = blocks * std::min(shape.outputs, shape.inputs / blocks);
  int64_t breakEven =
      factorization::breakEvenRank(shape.outputs, shape.inputs, blocks);
  if (request.rank > std::min(usable, breakEven))
    return llvm::formatv("expected a rank of at most {0}, above which the "
                         "factors are larger than the weight, found {1}",
                         std::min(usable, breakEven), request.rank);
  return {};
}

std::vector<Size> RankFactorizer::chooseSizes(ArrayRef<WeightShape> shapes,
                                              const Request &request) const {
  int64_t blocks = blocksOf(request);
  if (request.rank != 0)
    return std::vector<Size>(shapes.size(), sizeOf(request.rank, blocks));
  std::vector<factorization::BudgetEntry> entries;
  for (WeightShape shape : shapes)
    entries.push_back({shape.outputs, shape.inputs, blocks, 1});
  factorization::Allocation allocation =
      factorization::allocateRanks(entries, request.ratio);
  std::vector<Size> sizes;
  for (auto [shape, rank] : llvm::zip(shapes, allocation.ranks)) {
    sizes.push_back(sizeOf(rank, blocks));
    if (rank == 0)
      sizes.back().reason = llvm::formatv(
          "expected room for rank {0}, found factors larger than the weight "
          "above rank {1}",
          factorization::rankAlignment * blocks,
          factorization::breakEvenRank(shape.outputs, shape.inputs, blocks));
  }
  return sizes;
}

const Factorizer &slin::getLowRankFactorizer() {
  static const LowRankFactorizer factorizer;
  return factorizer;
}

const Factorizer &slin::getBlockDenseFactorizer() {
  static const BlockDenseFactorizer factorizer;
  return factorizer;
}
