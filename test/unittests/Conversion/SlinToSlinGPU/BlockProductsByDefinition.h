//===- BlockProductsByDefinition.h - Products with loops --------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is compared with is the text of slingpu.block_gemm, word for word.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TEST_UNITTESTS_CONVERSION_SLINTOSLINGPU_BLOCKPRODUCTSBYDEFINITION_H
#define SLIN_TEST_UNITTESTS_CONVERSION_SLINTOSLINGPU_BLOCKPRODUCTSBYDEFINITION_H

#include "BlockProducts.h"

namespace slin {

/// What slingpu.block_gemm says, with three loops.
inline term::Matrix
computeByDefinition(const std::vector<BlockProduct> &products,
                    term::Matrix batch) {
  for (const BlockProduct &product : products) {
    term::Matrix next =
        term::Matrix::Zero(batch.rows(), product.blocks * product.rows);
    for (int64_t t = 0; t < batch.rows(); ++t)
      for (int64_t b = 0; b < product.blocks; ++b)
        for (int64_t r = 0; r < product.rows; ++r) {
          double sum = 0;
          for (int64_t k = 0; k < product.columns; ++k)
            sum += product.weights[b](r, k) * batch(t, b * product.columns + k);
          next(t, r / product.run * product.blocks * product.run +
                      b * product.run + r % product.run) = sum;
        }
    batch = std::move(next);
  }
  return batch;
}

} // namespace slin

#endif
