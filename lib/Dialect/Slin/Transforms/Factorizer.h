//===- Factorizer.h - What a structure brings to slin-factorize -*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A structure is added by one Factorizer in the registry: which options it
// takes, which size fits a budget, its factors, its operator. Nothing else
// looks at the structure's name.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_SLIN_TRANSFORMS_FACTORIZER_H
#define SLIN_LIB_DIALECT_SLIN_TRANSFORMS_FACTORIZER_H

#include "slin/Dialect/Slin/IR/SlinOps.h"
#include "slin/Factorization/Factorize.h"

#include <string>
#include <vector>

namespace slin {

/// What was asked for; 0 where it was not.
struct Request {
  double ratio = 0;
  int64_t rank = 0;
  int64_t blocks = 0;
};

/// The weight [outputs, inputs] to be factorised.
struct WeightShape {
  int64_t outputs = 0;
  int64_t inputs = 0;
  int64_t parameters() const { return outputs * inputs; }
};

/// How large the factors are; 0 where the structure has no such number. With a
/// reason the weight stays dense.
struct Size {
  int64_t rank = 0;
  int64_t blocks = 0;
  std::string reason;
};

/// One stored factor: row-major numbers of a tensor of this shape.
struct Factor {
  llvm::StringRef name;
  llvm::SmallVector<int64_t, 3> shape;
  std::vector<double> values;

  Factor(llvm::StringRef name, const factorization::Matrix &matrix);
  Factor(llvm::StringRef name,
         const std::vector<factorization::Matrix> &blocks);
};

/// The factors of a weight and their errors, or the reason why there are none.
struct Factors {
  std::vector<Factor> factors;
  factorization::ErrorFigures errors;
  std::string reason;
};

class Factorizer {
public:
  virtual ~Factorizer() = default;

  /// The structure's word on command lines and in reports.
  virtual llvm::StringRef getName() const = 0;

  /// That the structure has the numbers that are asked for, and enough of them;
  /// fails with a reason.
  virtual mlir::LogicalResult check(const Request &request,
                                    std::string &reason) const = 0;

  /// Why a weight of this shape cannot have the structure as asked for,
  /// whatever the ratio; empty where it can.
  virtual std::string reasonAgainst(WeightShape shape,
                                    const Request &request) const = 0;

  /// A size for each weight, such that together they remove `request.ratio`, if
  /// given. The weights have passed `reasonAgainst`.
  virtual std::vector<Size> chooseSizes(llvm::ArrayRef<WeightShape> shapes,
                                        const Request &request) const = 0;

  /// The best factors of W, under `moment` if it is given.
  virtual Factors factorize(const factorization::Matrix &W, const Size &size,
                            const factorization::Matrix *moment) const = 0;

  /// The operator made of the stored factors, in the order of `Factors`.
  virtual mlir::Value build(mlir::OpBuilder &builder, mlir::Location location,
                            LinopType type, mlir::ValueRange factors) const = 0;
};

/// Low rank and BlockDense: a budget is met by ranks.
const Factorizer &getLowRankFactorizer();
const Factorizer &getBlockDenseFactorizer();
/// Block diagonal and BlockShuffle: a budget is met by numbers of blocks.
const Factorizer &getBlockDiagonalFactorizer();
const Factorizer &getBlockShuffleFactorizer();

/// The factorizer of a structure by its name or alias; fails with a reason that
/// lists the names.
mlir::FailureOr<const Factorizer *> getFactorizer(llvm::StringRef name,
                                                  std::string &reason);

} // namespace slin

#endif // SLIN_LIB_DIALECT_SLIN_TRANSFORMS_FACTORIZER_H
