//===- Budget.cpp - How large the factors may be --------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The arithmetic of ranks is lib/Factorization's; here weights that stay dense
// are taken into account.
//
//===----------------------------------------------------------------------===//

#include "Budget.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace mlir;
using namespace slin;

double slin::ratioOfFree(int64_t total, int64_t fixed, double ratio) {
  if (fixed == 0 || fixed == total)
    return ratio;
  double raised = ratio * double(total) / double(total - fixed);
  return raised < 1 ? raised : ratio;
}

bool slin::isFloorMet(int64_t before, int64_t after, double ratio) {
  // As in RankRules: a ratio like 0.3 is not met one parameter later because of
  // its binary rounding.
  return double(before - after) >= std::ceil(double(before) * (ratio - 1e-12));
}

std::vector<Size> slin::allocate(MutableArrayRef<Candidate> candidates,
                                 const Factorizer &factorizer,
                                 const Request &request) {
  int64_t total = 0, fixed = 0;
  std::vector<size_t> free;
  std::vector<WeightShape> shapes;
  for (auto [index, candidate] : llvm::enumerate(candidates)) {
    WeightShape shape{candidate.outputs(), candidate.inputs()};
    if (!candidate.isDeclined())
      candidate.reason = factorizer.reasonAgainst(shape, request);
    total += shape.parameters();
    if (candidate.isDeclined()) {
      fixed += shape.parameters();
      continue;
    }
    free.push_back(index);
    shapes.push_back(shape);
  }
  Request ofFree = request;
  ofFree.ratio = ratioOfFree(total, fixed, request.ratio);
  std::vector<Size> sizes(candidates.size());
  for (auto [index, size] :
       llvm::zip(free, factorizer.chooseSizes(shapes, ofFree))) {
    candidates[index].reason = size.reason;
    sizes[index] = std::move(size);
  }
  return sizes;
}
