//===- Gathering.h - Places that indices name -------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What gathering and scattering have in common.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_EVALUATION_GATHERING_H
#define SLIN_LIB_EVALUATION_GATHERING_H

#include "NodeCall.h"

namespace slin::evaluation {

/// `index` counted from the front; -1, with a reason, where it is outside.
int64_t indexWithin(NodeCall &call, int64_t index, int64_t size);

/// The element of `data` for each of `indices`, which replace the own index
/// along `axis`.
mlir::FailureOr<std::vector<int64_t>> elementPlaces(NodeCall &call,
                                                    const Tensor &data,
                                                    const Tensor &indices,
                                                    int64_t axis);

/// The first element of the slice for each tuple of `indices`, behind
/// `batchAxes` axes that both have; slices have `slice` elements.
mlir::FailureOr<std::vector<int64_t>>
slicePlaces(NodeCall &call, const Tensor &data, const Tensor &indices,
            int64_t batchAxes, int64_t &slice);

} // namespace slin::evaluation

#endif // SLIN_LIB_EVALUATION_GATHERING_H
