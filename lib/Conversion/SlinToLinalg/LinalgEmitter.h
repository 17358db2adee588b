//===- LinalgEmitter.h - Terms as linalg ops --------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The linalg backend of term::Emitter. Activations are always one tensor
// [tokens, features]; groupings and permutations are not written but kept
// beside it, and become indexing maps of the product that reads or writes the
// tensor. Only what has no product at either end is copied.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINTOLINALG_LINALGEMITTER_H
#define SLIN_LIB_CONVERSION_SLINTOLINALG_LINALGEMITTER_H

#include "slin/Term/Emit.h"

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace slin {

/// A product that is not written yet: which weight, and how the features of
/// `input` are its groups and columns.
struct PendingProduct {
  mlir::Value input;
  term::Rearrangement columns;
  term::Leaf leaf;
};

/// A tensor [tokens, features], or the product that will make it. `written` is
/// the order in which the features were written.
struct FeatureSource {
  std::optional<PendingProduct> product;
  mlir::Value tensor;
  term::Permutation written;
};

/// The value of a term so far: the features of `source`, in the order
/// `permutation`.
struct FeatureView {
  std::shared_ptr<FeatureSource> source;
  term::Permutation permutation;
};

/// Gives the tensor of a stored weight.
using LeafTensor = llvm::function_ref<mlir::Value(unsigned id)>;

class LinalgEmitter final : public term::Emitter<FeatureView> {
public:
  /// Intermediate results have the element type `accumulator`.
  LinalgEmitter(mlir::OpBuilder &builder, mlir::Location location,
                mlir::FloatType accumulator, LeafTensor leafTensor)
      : builder(builder), location(location), accumulator(accumulator),
        leafTensor(leafTensor) {}

  /// `term` on `x` [tokens, columns]: [tokens, rows]. The result has the
  /// accumulator's type, or is `x` itself.
  mlir::Value emitTerm(const term::Term &term, mlir::Value x);

  /// What one element of a result is made of: one element of each input, in the
  /// accumulator's type.
  using ElementFunction = llvm::function_ref<mlir::Value(
      mlir::OpBuilder &, mlir::Location, mlir::ValueRange)>;

  /// A result [tokens, features] of the element type `type`, element by element
  /// from inputs of that shape, or [features], or of rank 0.
  mlir::Value elementwise(mlir::ValueRange inputs, mlir::FloatType type,
                          ElementFunction function);

  FeatureView product(FeatureView x, const term::Leaf &matrix) override;
  FeatureView groupedProduct(FeatureView x, const term::Leaf &blocks) override;
  FeatureView rearrange(FeatureView x,
                        const term::Rearrangement &step) override;
  FeatureView gather(FeatureView x, llvm::ArrayRef<int64_t> indices) override;
  FeatureView multiply(FeatureView x, const term::Leaf &vector) override;
  FeatureView scale(FeatureView x, double factor) override;
  FeatureView add(FeatureView a, FeatureView b) override;
  FeatureView concat(llvm::ArrayRef<FeatureView> parts) override;
  FeatureView slice(FeatureView x, int64_t offset, int64_t size) override;
  FeatureView zeros(FeatureView x, int64_t size) override;

private:
  static FeatureView viewOf(mlir::Value tensor);
  FeatureView permuted(const FeatureView &x, const term::Permutation &then);
  /// The features in the order of the view, as a tensor.
  mlir::Value tensorOf(const FeatureView &x);
  /// Writes the pending product, rows in the order `rows` if its groups allow
  /// it; whether they did.
  bool writeProduct(FeatureSource &source, const term::Permutation &rows);
  mlir::Value permute(mlir::Value tensor, const term::Permutation &permutation);
  mlir::Value gatherFeatures(mlir::Value tensor,
                             llvm::ArrayRef<int64_t> indices);

  /// The box of a leaf, as stored.
  mlir::Value box(const term::Leaf &leaf);
  mlir::OpFoldResult tokensOf(mlir::Value tensor);
  /// [tokens, features] with the features split in digits, and back.
  mlir::Value expand(mlir::Value tensor, llvm::ArrayRef<int64_t> digits);
  mlir::Value collapse(mlir::Value tensor);
  /// [tokens of `like`, sizes…], not filled.
  mlir::Value empty(mlir::Value like, llvm::ArrayRef<int64_t> sizes,
                    mlir::Type type);
  mlir::Value zero(mlir::Value like, llvm::ArrayRef<int64_t> sizes);

  mlir::OpBuilder &builder;
  mlir::Location location;
  mlir::FloatType accumulator;
  LeafTensor leafTensor;
};

} // namespace slin

#endif // SLIN_LIB_CONVERSION_SLINTOLINALG_LINALGEMITTER_H
