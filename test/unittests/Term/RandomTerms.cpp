//===- RandomTerms.cpp - Random terms and a naive reading of them ---------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sizes are small and rich in divisors, so that blocks and digits of many
// kinds occur.
//
//===----------------------------------------------------------------------===//

#include "RandomTerms.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <numeric>

using namespace slin::term;

int64_t RandomTerms::integer(int64_t low, int64_t high) {
  return std::uniform_int_distribution<int64_t>(low, high)(engine);
}

Leaf RandomTerms::leaf(llvm::ArrayRef<int64_t> shape, bool transposed) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  std::normal_distribution<double> normal;
  std::vector<double> numbers(count);
  for (double &number : numbers)
    number = normal(engine);
  stored.push_back(std::move(numbers));
  return Leaf::whole(stored.size() - 1, shape, transposed);
}

Leaf RandomTerms::box(int64_t rows, int64_t columns) {
  bool transposed = integer(0, 1);
  if (transposed)
    std::swap(rows, columns);
  Leaf whole =
      leaf({rows + integer(0, 3), columns + integer(0, 3)}, transposed);
  for (unsigned axis : {0u, 1u}) {
    int64_t size = axis == 0 ? rows : columns;
    whole.offsets[axis] = integer(0, whole.shape[axis] - size);
    whole.sizes[axis] = size;
  }
  return whole;
}

Matrix RandomTerms::matrix(int64_t rows, int64_t columns) {
  std::normal_distribution<double> normal;
  return Matrix::NullaryExpr(rows, columns, [&] { return normal(engine); });
}

Permutation RandomTerms::permutation(int64_t size) {
  std::string reason;
  if (integer(0, 3) == 0) {
    std::vector<int64_t> indices(size);
    std::iota(indices.begin(), indices.end(), 0);
    std::shuffle(indices.begin(), indices.end(), engine);
    return *Permutation::fromIndices(indices, reason);
  }
  std::vector<int64_t> radices;
  for (int64_t rest = size; rest > 1;) {
    int64_t radix = integer(2, rest);
    while (rest % radix != 0)
      radix = integer(2, rest);
    radices.push_back(radix);
    rest /= radix;
  }
  std::vector<int64_t> order(radices.size());
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), engine);
  return *Permutation::fromDigits(radices, order, reason);
}

Term RandomTerms::leafTerm(int64_t rows, int64_t columns) {
  int64_t choice = integer(0, 5);
  if (rows == columns) {
    if (choice == 0)
      return *Term::diagonal(leaf({rows}));
    if (choice == 1)
      return Term::splat(rows, 1.5);
    if (choice <= 3)
      return Term::permutation(permutation(rows));
  }
  int64_t blocks = integer(2, 6);
  if (choice != 4 && rows % blocks == 0 && columns % blocks == 0) {
    bool transposed = integer(0, 1);
    int64_t height = rows / blocks, width = columns / blocks;
    if (transposed)
      std::swap(height, width);
    return *Term::blockDiagonal(leaf({blocks, height, width}, transposed));
  }
  if (choice == 5 && integer(0, 3) == 0)
    return Term::zero(rows, columns);
  return *Term::dense(box(rows, columns));
}

Term RandomTerms::term(int64_t rows, int64_t columns, int depth) {
  if (depth <= 1)
    return leafTerm(rows, columns);
  switch (integer(0, 5)) {
  case 0:
  case 1: {
    static const int64_t sizes[] = {4, 6, 8, 12};
    std::vector<Term> factors;
    int64_t left = rows;
    for (int64_t more = integer(1, 3); more > 0; --more) {
      int64_t right = integer(0, 1) ? left : sizes[integer(0, 3)];
      factors.push_back(term(left, right, depth - 1));
      left = right;
    }
    factors.push_back(term(left, columns, depth - 1));
    return *Term::compose(factors);
  }
  case 2:
    return *Term::sum(
        {term(rows, columns, depth - 1), term(rows, columns, depth - 1)});
  case 3:
    if (rows > 1) {
      int64_t cut = integer(1, rows - 1);
      return *Term::stackRows({term(cut, columns, depth - 1),
                               term(rows - cut, columns, depth - 1)});
    }
    break;
  case 4:
    if (columns > 1) {
      int64_t cut = integer(1, columns - 1);
      return *Term::stackColumns(
          {term(rows, cut, depth - 1), term(rows, columns - cut, depth - 1)});
    }
    break;
  default:
    break;
  }
  return leafTerm(rows, columns);
}

//===----------------------------------------------------------------------===//
// The naive reading
//===----------------------------------------------------------------------===//

/// Entry (row, column) of matrix `block` of a leaf's box, as used.
static double leafEntry(const Leaf &leaf, int64_t block, int64_t row,
                        int64_t column, llvm::ArrayRef<double> numbers) {
  std::vector<int64_t> index;
  if (leaf.shape.size() == 1)
    index = {row};
  else if (leaf.transposed)
    index = {column, row};
  else
    index = {row, column};
  if (leaf.shape.size() == 3)
    index.insert(index.begin(), block);
  int64_t position = 0;
  for (size_t axis = 0; axis < index.size(); ++axis)
    position = position * leaf.shape[axis] + leaf.offsets[axis] + index[axis];
  return numbers[position];
}

static Matrix naiveProduct(const Matrix &a, const Matrix &b) {
  Matrix result = Matrix::Zero(a.rows(), b.cols());
  for (int64_t i = 0; i < a.rows(); ++i)
    for (int64_t j = 0; j < b.cols(); ++j)
      for (int64_t k = 0; k < a.cols(); ++k)
        result(i, j) += a(i, k) * b(k, j);
  return result;
}

static double leafNodeEntry(const Term &term, int64_t row, int64_t column,
                            const RandomTerms &source) {
  switch (term.kind()) {
  case NodeKind::Dense:
    return leafEntry(*term.leaf(), 0, row, column,
                     source.numbers(term.leaf()->id));
  case NodeKind::BlockDiagonal: {
    int64_t height = term.rows() / term.leaf()->sizes[0];
    int64_t width = term.columns() / term.leaf()->sizes[0];
    if (row / height != column / width)
      return 0;
    return leafEntry(*term.leaf(), row / height, row % height, column % width,
                     source.numbers(term.leaf()->id));
  }
  case NodeKind::Diagonal:
    if (row != column)
      return 0;
    return term.factor() ? *term.factor()
                         : leafEntry(*term.leaf(), 0, row, 0,
                                     source.numbers(term.leaf()->id));
  default:
    return term.permutation()->source(row) == column ? 1 : 0;
  }
}

Matrix slin::term::naiveMatrix(const Term &term, const RandomTerms &source) {
  Matrix result = Matrix::Zero(term.rows(), term.columns());
  switch (term.kind()) {
  case NodeKind::Compose: {
    Matrix product = naiveMatrix(term.operands().front(), source);
    for (const Term &factor : term.operands().drop_front())
      product = naiveProduct(product, naiveMatrix(factor, source));
    return product;
  }
  case NodeKind::Sum:
    for (const Term &summand : term.operands())
      result += naiveMatrix(summand, source);
    return result;
  case NodeKind::StackRows:
  case NodeKind::StackColumns: {
    bool rowwise = term.kind() == NodeKind::StackRows;
    int64_t offset = 0;
    for (const Term &part : term.operands()) {
      Matrix block = naiveMatrix(part, source);
      result.block(rowwise ? offset : 0, rowwise ? 0 : offset, block.rows(),
                   block.cols()) = block;
      offset += rowwise ? block.rows() : block.cols();
    }
    return result;
  }
  default:
    for (int64_t row = 0; row < term.rows(); ++row)
      for (int64_t column = 0; column < term.columns(); ++column)
        result(row, column) = leafNodeEntry(term, row, column, source);
    return result;
  }
}

Matrix slin::term::naiveApply(const Matrix &weight, const Matrix &batch) {
  return naiveProduct(batch, weight.transpose());
}
