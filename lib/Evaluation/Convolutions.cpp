//===- Convolutions.cpp - Convolutions ------------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Windows as rows of a matrix, times the kernels, group by group.
//
//===----------------------------------------------------------------------===//

#include "Places.h"
#include "Products.h"
#include "Windows.h"

using namespace mlir;
using namespace slin;
using namespace slin::evaluation;

static LogicalResult convolution(NodeCall &call) {
  const Tensor &x = call[0], &w = call[1];
  if (w.getRank() < 3 || w.getRank() != x.getRank())
    return call.fail("expected an input and kernels of one rank");
  auto windows = Windows::of(call, x.getShape(), w.getShape().drop_front(2));
  if (failed(windows))
    return failure();
  int64_t groups = call.integer("group", 1), batch = x.getShape()[0],
          channels = x.getShape()[1], kernels = w.getShape()[0],
          each = w.getShape()[1];
  if (groups < 1 || each * groups != channels || kernels % groups)
    return call.fail("expected kernels of channels / groups inputs, found " +
                     shapeText(w.getShape()) + " for " +
                     shapeText(x.getShape()));
  int64_t spatial = countOf(windows->input), count = windows->count(),
          elements = windows->elements(), columns = kernels / groups;
  Shape shape{batch, kernels};
  shape.append(windows->output);
  if (call.count(shape) < 0 || call.count({count, each, elements}) < 0)
    return failure();
  Reals data = x.toReals(), result(countOf(shape));
  // [group][channel, element][kernel of the group]
  Tensor matrices =
      transposed(w.reshaped({groups, columns, each * elements}), {0, 2, 1});
  Reals stored = matrices.toReals();
  Reals rows(count * each * elements);
  for (int64_t image = 0; image < batch; ++image)
    for (int64_t group = 0; group < groups; ++group) {
      int64_t first = (image * channels + group * each) * spatial;
      for (int64_t window = 0; window < count; ++window) {
        std::vector<int64_t> places = windows->places(window);
        for (int64_t channel = 0; channel < each; ++channel)
          for (int64_t i = 0; i < elements; ++i)
            rows[(window * each + channel) * elements + i] =
                places[i] < 0 ? 0.0
                              : data[first + channel * spatial + places[i]];
      }
      ArrayRef<double> kernel =
          ArrayRef(stored).slice(group * each * elements * columns);
      Reals product =
          multiply(rows, kernel, 1, count, each * elements, columns);
      int64_t target = (image * kernels + group * columns) * count;
      for (int64_t window = 0; window < count; ++window)
        for (int64_t column = 0; column < columns; ++column)
          result[target + column * count + window] =
              product[window * columns + column];
    }
  if (const Tensor *bias = call.find(2)) {
    if (bias->size() != kernels)
      return call.fail("expected a bias for each kernel");
    for (size_t i = 0; i < result.size(); ++i)
      result[i] += bias->realAt(i / count % kernels);
  }
  return call.give(makeTensor(x.getElementType(), shape, std::move(result)));
}

void evaluation::addConvolutions(NodeTable &table) {
  table.add("Conv", 2, convolution);
}
