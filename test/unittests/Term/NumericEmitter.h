//===- NumericEmitter.h - A backend that computes ---------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The emitter's primitives on plain arrays of any rank. Layouts are taken
// literally: a rearrangement is a reshape, a transpose and a reshape, and
// every primitive checks the shape it is given.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TEST_UNITTESTS_TERM_NUMERICEMITTER_H
#define SLIN_TEST_UNITTESTS_TERM_NUMERICEMITTER_H

#include "slin/Term/Emit.h"
#include "slin/Term/Evaluate.h"

#include <gtest/gtest.h>
#include <numeric>

namespace slin::term {

/// A row-major array.
struct Array {
  std::vector<int64_t> shape;
  std::vector<double> data;

  static Array of(const Matrix &matrix) {
    return {{matrix.rows(), matrix.cols()},
            {matrix.data(), matrix.data() + matrix.size()}};
  }
  Matrix matrix() const {
    return Eigen::Map<const Matrix>(data.data(), shape[0], shape[1]);
  }
};

inline Array reshape(Array array, std::vector<int64_t> shape) {
  int64_t count = std::accumulate(shape.begin(), shape.end(), int64_t(1),
                                  std::multiplies<int64_t>());
  EXPECT_EQ(count, int64_t(array.data.size()));
  array.shape = std::move(shape);
  return array;
}

/// Result axis a is axis `axes[a]`, as numpy and ONNX have it.
inline Array transpose(const Array &array, llvm::ArrayRef<int64_t> axes) {
  size_t rank = array.shape.size();
  EXPECT_EQ(axes.size(), rank);
  Array result;
  for (int64_t axis : axes)
    result.shape.push_back(array.shape[axis]);
  std::vector<int64_t> strides(rank, 1);
  for (size_t axis = rank - 1; axis-- > 0;)
    strides[axis] = strides[axis + 1] * array.shape[axis + 1];
  std::vector<int64_t> index(rank, 0);
  for (size_t count = 0; count < array.data.size(); ++count) {
    int64_t position = 0;
    for (size_t axis = 0; axis < rank; ++axis)
      position += index[axis] * strides[axes[axis]];
    result.data.push_back(array.data[position]);
    for (size_t axis = rank; axis-- > 0;) {
      if (++index[axis] < result.shape[axis])
        break;
      index[axis] = 0;
    }
  }
  return result;
}

class NumericEmitter : public Emitter<Array> {
public:
  explicit NumericEmitter(LeafNumbers numbers, bool reorders = false)
      : numbers(numbers), reorders(reorders) {}

  /// The primitives that were called, in order.
  std::vector<std::string> log;

  Array product(Array x, const Leaf &matrix) override {
    log.push_back("product");
    EXPECT_EQ(x.shape.size(), 2u);
    EXPECT_EQ(x.shape[1], matrix.columns());
    return multiplyBlocks(x, matrix);
  }
  Array groupedProduct(Array x, const Leaf &blocks) override {
    log.push_back("groupedProduct");
    EXPECT_EQ(x.shape.size(), 3u);
    EXPECT_EQ(x.shape[0], blocks.blocks());
    EXPECT_EQ(x.shape[2], blocks.columns());
    return multiplyBlocks(x, blocks);
  }
  bool reordersRows() const override { return reorders; }
  Array reorderedProduct(Array x, const Leaf &blocks,
                         const Permutation &rows) override {
    log.push_back("reorderedProduct");
    Array stored = multiplyBlocks(x, blocks), result = stored;
    int64_t size = blocks.rows();
    EXPECT_EQ(rows.size(), size);
    for (size_t i = 0; i < result.data.size(); ++i)
      result.data[i] = stored.data[i - i % size + rows.source(i % size)];
    return result;
  }
  Array rearrange(Array x, const Rearrangement &step) override {
    log.push_back("rearrange");
    bool grouped = step.groupsBefore != 1;
    EXPECT_EQ(x.shape.size(), grouped ? 3u : 2u);
    if (grouped)
      EXPECT_EQ(x.shape[0], step.groupsBefore);
    int64_t tokens = x.shape[grouped ? 1 : 0];
    return reshape(
        transpose(reshape(x, step.expandedShape(tokens)), step.transposition()),
        step.resultShape(tokens));
  }
  Array gather(Array x, llvm::ArrayRef<int64_t> indices) override {
    log.push_back("gather");
    return features(x, indices);
  }
  Array multiply(Array x, const Leaf &vector) override {
    log.push_back("multiply");
    EXPECT_EQ(x.shape.size(), 2u);
    EXPECT_EQ(x.shape[1], vector.rows());
    for (size_t i = 0; i < x.data.size(); ++i)
      x.data[i] *= numbers(vector.id)[vector.position(0, i % x.shape[1], 0)];
    return x;
  }
  Array scale(Array x, double factor) override {
    log.push_back("scale");
    for (double &number : x.data)
      number *= factor;
    return x;
  }
  Array add(Array a, Array b) override {
    log.push_back("add");
    EXPECT_EQ(a.shape, b.shape);
    for (size_t i = 0; i < a.data.size(); ++i)
      a.data[i] += b.data[i];
    return a;
  }
  Array concat(llvm::ArrayRef<Array> parts) override {
    log.push_back("concat");
    Matrix result(parts.front().shape[0], 0);
    for (const Array &part : parts) {
      Matrix wider(result.rows(), result.cols() + part.shape[1]);
      wider << result, part.matrix();
      result = wider;
    }
    return Array::of(result);
  }
  Array slice(Array x, int64_t offset, int64_t size) override {
    log.push_back("slice");
    std::vector<int64_t> indices(size);
    std::iota(indices.begin(), indices.end(), offset);
    return features(x, indices);
  }
  Array zeros(Array x, int64_t size) override {
    log.push_back("zeros");
    return Array::of(Matrix::Zero(x.shape[0], size));
  }

private:
  Array features(const Array &x, llvm::ArrayRef<int64_t> indices) {
    EXPECT_EQ(x.shape.size(), 2u);
    Array result{{x.shape[0], int64_t(indices.size())}, {}};
    for (int64_t token = 0; token < x.shape[0]; ++token)
      for (int64_t index : indices)
        result.data.push_back(x.data[token * x.shape[1] + index]);
    return result;
  }

  Array multiplyBlocks(const Array &x, const Leaf &leaf) {
    int64_t tokens = x.shape[x.shape.size() - 2];
    Array result{x.shape, {}};
    result.shape.back() = leaf.rows();
    for (int64_t block = 0; block < leaf.blocks(); ++block)
      for (int64_t token = 0; token < tokens; ++token)
        for (int64_t row = 0; row < leaf.rows(); ++row) {
          double total = 0;
          for (int64_t column = 0; column < leaf.columns(); ++column)
            total +=
                x.data[(block * tokens + token) * leaf.columns() + column] *
                numbers(leaf.id)[leaf.position(block, row, column)];
          result.data.push_back(total);
        }
    return result;
  }

  LeafNumbers numbers;
  bool reorders;
};

} // namespace slin::term

#endif // SLIN_TEST_UNITTESTS_TERM_NUMERICEMITTER_H
