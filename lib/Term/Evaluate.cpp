//===- Evaluate.cpp - Terms as numbers ------------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `densify` multiplies matrices, `apply` never forms one: the two share only
// the reading of leaves, so that each checks the other.
//
//===----------------------------------------------------------------------===//

#include "slin/Term/Evaluate.h"

#include "llvm/ADT/STLExtras.h"

using namespace slin::term;

using ConstMap =
    Eigen::Map<const Matrix, Eigen::Unaligned, Eigen::OuterStride<>>;

/// Matrix `block` of a leaf's box as it is stored, without a copy.
static ConstMap storedMatrix(const Leaf &leaf, int64_t block,
                             llvm::ArrayRef<double> numbers) {
  unsigned last = leaf.rank() - 1;
  int64_t start = leaf.position(block, 0, 0);
  return ConstMap(numbers.data() + start, leaf.sizes[last - 1],
                  leaf.sizes[last], Eigen::OuterStride<>(leaf.shape[last]));
}

static Eigen::Map<const Eigen::VectorXd>
storedVector(const Leaf &leaf, llvm::ArrayRef<double> numbers) {
  return {numbers.data() + leaf.offsets[0], leaf.sizes[0]};
}

/// `batch · matrixᵀ` for matrix `block` of the leaf as used.
static void applyLeaf(const Leaf &leaf, int64_t block,
                      llvm::ArrayRef<double> numbers,
                      Eigen::Ref<const Matrix> batch,
                      Eigen::Ref<Matrix> result) {
  ConstMap stored = storedMatrix(leaf, block, numbers);
  if (leaf.transposed)
    result.noalias() = batch * stored;
  else
    result.noalias() = batch * stored.transpose();
}

Matrix slin::term::apply(const Term &term, const Matrix &batch,
                         LeafNumbers numbers) {
  int64_t tokens = batch.rows();
  Matrix result = Matrix::Zero(tokens, term.rows());
  switch (term.kind()) {
  case NodeKind::Dense:
  case NodeKind::BlockDiagonal: {
    const Leaf &leaf = *term.leaf();
    llvm::ArrayRef<double> stored = numbers(leaf.id);
    for (int64_t block = 0; block < leaf.blocks(); ++block)
      applyLeaf(leaf, block, stored,
                batch.middleCols(block * leaf.columns(), leaf.columns()),
                result.middleCols(block * leaf.rows(), leaf.rows()));
    return result;
  }
  case NodeKind::Diagonal:
    if (term.factor())
      return batch * *term.factor();
    return batch *
           storedVector(*term.leaf(), numbers(term.leaf()->id)).asDiagonal();
  case NodeKind::Permutation: {
    std::vector<int64_t> indices = term.permutation()->indices();
    for (auto [feature, source] : llvm::enumerate(indices))
      result.col(feature) = batch.col(source);
    return result;
  }
  case NodeKind::Compose:
    result = batch;
    for (const Term &factor : llvm::reverse(term.operands()))
      result = apply(factor, result, numbers);
    return result;
  case NodeKind::Sum:
    for (const Term &summand : term.operands())
      result += apply(summand, batch, numbers);
    return result;
  case NodeKind::StackRows: {
    int64_t offset = 0;
    for (const Term &part : term.operands()) {
      result.middleCols(offset, part.rows()) = apply(part, batch, numbers);
      offset += part.rows();
    }
    return result;
  }
  case NodeKind::StackColumns: {
    int64_t offset = 0;
    for (const Term &part : term.operands()) {
      result += apply(part, batch.middleCols(offset, part.columns()), numbers);
      offset += part.columns();
    }
    return result;
  }
  }
  return result;
}

/// The product of the factors' matrices, each taken apart as little as needed:
/// permutations and diagonals act on rows, the others are multiplied densely.
static Matrix densifyCompose(const Term &term, LeafNumbers numbers) {
  Matrix result = densify(term.operands().back(), numbers);
  for (const Term &factor : llvm::reverse(term.operands().drop_back())) {
    if (const Permutation *permutation = factor.permutation()) {
      Matrix permuted(result.rows(), result.cols());
      std::vector<int64_t> indices = permutation->indices();
      for (auto [row, source] : llvm::enumerate(indices))
        permuted.row(row) = result.row(source);
      result.swap(permuted);
    } else if (factor.factor()) {
      result *= *factor.factor();
    } else if (factor.kind() == NodeKind::BlockDiagonal) {
      // Block times its rows; the zeros between blocks are never multiplied.
      const Leaf &leaf = *factor.leaf();
      Matrix product(factor.rows(), result.cols());
      for (int64_t block = 0; block < leaf.blocks(); ++block) {
        Matrix matrix =
            densify(*Term::dense(leaf.sliceBlocks(block, 1)), numbers);
        product.middleRows(block * leaf.rows(), leaf.rows()).noalias() =
            matrix * result.middleRows(block * leaf.columns(), leaf.columns());
      }
      result.swap(product);
    } else {
      result = densify(factor, numbers) * result;
    }
  }
  return result;
}

Matrix slin::term::densify(const Term &term, LeafNumbers numbers) {
  Matrix result = Matrix::Zero(term.rows(), term.columns());
  int64_t offset = 0;
  switch (term.kind()) {
  case NodeKind::Dense:
  case NodeKind::BlockDiagonal: {
    const Leaf &leaf = *term.leaf();
    llvm::ArrayRef<double> stored = numbers(leaf.id);
    for (int64_t block = 0; block < leaf.blocks(); ++block) {
      auto target = result.block(block * leaf.rows(), block * leaf.columns(),
                                 leaf.rows(), leaf.columns());
      if (leaf.transposed)
        target = storedMatrix(leaf, block, stored).transpose();
      else
        target = storedMatrix(leaf, block, stored);
    }
    return result;
  }
  case NodeKind::Diagonal:
    if (term.factor())
      result.diagonal().setConstant(*term.factor());
    else
      result.diagonal() = storedVector(*term.leaf(), numbers(term.leaf()->id));
    return result;
  case NodeKind::Permutation:
    for (int64_t row = 0; row < term.rows(); ++row)
      result(row, term.permutation()->source(row)) = 1.0;
    return result;
  case NodeKind::Compose:
    return densifyCompose(term, numbers);
  case NodeKind::Sum:
    for (const Term &summand : term.operands())
      result += densify(summand, numbers);
    return result;
  case NodeKind::StackRows:
    for (const Term &part : term.operands()) {
      result.middleRows(offset, part.rows()) = densify(part, numbers);
      offset += part.rows();
    }
    return result;
  case NodeKind::StackColumns:
    for (const Term &part : term.operands()) {
      result.middleCols(offset, part.columns()) = densify(part, numbers);
      offset += part.columns();
    }
    return result;
  }
  return result;
}
