//===- Products.cpp - Products of matrices --------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Batched products by Eigen, in f64. Integers are computed as reals too, which
// is exact within 2^53.
//
//===----------------------------------------------------------------------===//

#include "NodeCall.h"
#include "Places.h"
#include "Products.h"

#include "slin/Term/Activation.h"

#include <Eigen/Core>

using namespace mlir;
using namespace slin;
using namespace slin::evaluation;

using Matrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using ConstMap = Eigen::Map<const Matrix>;

Reals evaluation::multiply(ArrayRef<double> a, ArrayRef<double> b,
                           int64_t batch, int64_t rows, int64_t inner,
                           int64_t columns) {
  Reals result(batch * rows * columns);
  for (int64_t i = 0; i < batch; ++i) {
    Eigen::Map<Matrix> product(result.data() + i * rows * columns, rows,
                               columns);
    product.noalias() =
        ConstMap(a.data() + i * rows * inner, rows, inner) *
        ConstMap(b.data() + i * inner * columns, inner, columns);
  }
  return result;
}

/// numpy.matmul: vectors are matrices of one row or column, batches broadcast.
static FailureOr<Tensor> matmul(NodeCall &call, Tensor a, Tensor b) {
  if (a.getRank() == 0 || b.getRank() == 0)
    return call.fail("expected operands of rank 1 or more");
  bool isRow = a.getRank() == 1, isColumn = b.getRank() == 1;
  if (isRow)
    a = a.reshaped({1, a.getShape()[0]});
  if (isColumn)
    b = b.reshaped({b.getShape()[0], 1});
  int64_t rows = a.getShape()[a.getRank() - 2], inner = a.getShape().back(),
          columns = b.getShape().back();
  auto batch = broadcast(a.getShape().drop_back(2), b.getShape().drop_back(2));
  if (!batch || b.getShape()[b.getRank() - 2] != inner)
    return call.fail("expected matrices that can be multiplied, found " +
                     shapeText(a.getShape()) + " and " +
                     shapeText(b.getShape()));
  Shape shape = *batch, left = *batch, right = *batch;
  shape.append({rows, columns});
  left.append({rows, inner});
  right.append({inner, columns});
  if (call.count(shape) < 0 || call.count(left) < 0 || call.count(right) < 0)
    return failure();
  // One right operand for all rows is one product.
  int64_t batches = countOf(*batch);
  Reals result;
  if (b.getRank() == 2)
    result = multiply(expanded(a, left).toReals(), b.toReals(), 1,
                      batches * rows, inner, columns);
  else
    result = multiply(expanded(a, left).toReals(), expanded(b, right).toReals(),
                      batches, rows, inner, columns);
  if (isRow)
    shape.erase(shape.end() - 2);
  if (isColumn)
    shape.pop_back();
  return makeTensor(a.getElementType(), shape, std::move(result));
}

static Tensor swapLastAxes(const Tensor &tensor) {
  Shape order = llvm::to_vector(llvm::seq<int64_t>(0, tensor.getRank()));
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  return transposed(tensor, order);
}

static Tensor scaled(const Tensor &tensor, double factor) {
  if (factor == 1.0)
    return tensor;
  Reals numbers = tensor.toReals();
  for (double &number : numbers)
    number *= factor;
  return makeTensor(tensor.getElementType(), tensor.getShape(),
                    std::move(numbers));
}

/// a + b, b broadcast to a.
static FailureOr<Tensor> plus(NodeCall &call, const Tensor &a,
                              const Tensor &b) {
  auto shape = broadcast(a.getShape(), b.getShape());
  if (!shape || ArrayRef<int64_t>(*shape) != a.getShape())
    return call.fail("expected a summand that broadcasts to " +
                     shapeText(a.getShape()) + ", found " +
                     shapeText(b.getShape()));
  Reals numbers = a.toReals();
  Tensor summand = expanded(b, *shape);
  for (size_t i = 0; i < numbers.size(); ++i)
    numbers[i] += summand.realAt(i);
  return makeTensor(a.getElementType(), *shape, std::move(numbers));
}

/// alpha A B + beta C, A and B transposed where asked for.
static FailureOr<Tensor> gemm(NodeCall &call) {
  Tensor a = call[0], b = call[1];
  if (a.getRank() != 2 || b.getRank() != 2)
    return call.fail("expected matrices, found shapes " +
                     shapeText(a.getShape()) + " and " +
                     shapeText(b.getShape()));
  if (call.integer("transA", 0))
    a = swapLastAxes(a);
  if (call.integer("transB", 0))
    b = swapLastAxes(b);
  FailureOr<Tensor> product = matmul(call, a, b);
  if (failed(product))
    return failure();
  Tensor result = scaled(*product, call.number("alpha", 1.0));
  if (const Tensor *c = call.find(2))
    return plus(call, result, scaled(*c, call.number("beta", 1.0)));
  return result;
}

static FailureOr<Tensor> activated(NodeCall &call, const Tensor &tensor,
                                   StringRef name, double parameter) {
  Reals numbers = tensor.toReals();
  for (double &number : numbers) {
    auto value = term::evaluateActivation(name, parameter, number);
    if (!value)
      return call.fail("the activation '" + name + "' is not known");
    number = *value;
  }
  return makeTensor(tensor.getElementType(), tensor.getShape(),
                    std::move(numbers));
}

static LogicalResult give(NodeCall &call, FailureOr<Tensor> result) {
  return failed(result) ? failure() : call.give(std::move(*result));
}

static LogicalResult fusedMatMul(NodeCall &call) {
  Tensor a = call[0], b = call[1];
  if (call.integer("transBatchA", 0) || call.integer("transBatchB", 0))
    return call.fail("transposed batches are not evaluated");
  if (call.integer("transA", 0) && a.getRank() >= 2)
    a = swapLastAxes(a);
  if (call.integer("transB", 0) && b.getRank() >= 2)
    b = swapLastAxes(b);
  FailureOr<Tensor> product = matmul(call, a, b);
  if (failed(product))
    return failure();
  return call.give(scaled(*product, call.number("alpha", 1.0)));
}

static LogicalResult fusedGemm(NodeCall &call) {
  FailureOr<Tensor> result = gemm(call);
  StringRef name = call.text("activation");
  if (failed(result) || name.empty())
    return give(call, std::move(result));
  static const llvm::StringMap<StringRef> names = {{"Relu", "relu"},
                                                   {"LeakyRelu", "leaky_relu"},
                                                   {"Sigmoid", "sigmoid"},
                                                   {"Tanh", "tanh"}};
  auto known = names.find(name);
  if (known == names.end())
    return call.fail("the activation '" + name + "' is not evaluated");
  double slope = call.number("activation_alpha", 0.01f);
  return give(call, activated(call, *result, known->second, slope));
}

static LogicalResult gemmFastGelu(NodeCall &call) {
  FailureOr<Tensor> result = matmul(call, call[0], call[1]);
  if (const Tensor *bias = call.find(2); bias && succeeded(result))
    result = plus(call, *result, *bias);
  if (failed(result))
    return failure();
  return give(call, activated(call, *result, "gelu_tanh", 0.0));
}

/// The first half of (x + bias) times the GELU of the second.
static LogicalResult biasSplitGelu(NodeCall &call) {
  FailureOr<Tensor> sum = plus(call, call[0], call[1]);
  if (failed(sum))
    return failure();
  Shape shape(sum->getShape());
  if (shape.empty() || shape.back() % 2)
    return call.fail("expected an even number of features");
  int64_t features = shape.back() /= 2;
  Reals result(countOf(shape));
  for (size_t i = 0; i < result.size(); ++i) {
    int64_t first = i / features * 2 * features + i % features;
    auto gate =
        term::evaluateActivation("gelu", 0.0, sum->realAt(first + features));
    result[i] = sum->realAt(first) * *gate;
  }
  return call.give(makeTensor(sum->getElementType(), shape, std::move(result)));
}

void evaluation::addProducts(NodeTable &table) {
  table.add("MatMul", 2, [](NodeCall &call) {
    return give(call, matmul(call, call[0], call[1]));
  });
  table.add("Gemm", 2, [](NodeCall &call) { return give(call, gemm(call)); });
  table.add("ms.FusedMatMul", 2, fusedMatMul);
  table.add("ms.FusedGemm", 2, fusedGemm);
  table.add("ms.GemmFastGelu", 2, gemmFastGelu);
  table.add("ms.BiasSplitGelu", 2, biasSplitGelu);
}
