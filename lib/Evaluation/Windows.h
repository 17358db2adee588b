//===- Windows.h - Windows that move over spatial axes ----------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The geometry that convolutions and pooling share: strides, dilations, pads,
// and the place of every element of every window.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_EVALUATION_WINDOWS_H
#define SLIN_LIB_EVALUATION_WINDOWS_H

#include "NodeCall.h"

namespace slin::evaluation {

/// Windows of `kernel` over spatial axes of sizes `input`.
struct Windows {
  Shape input, kernel, strides, dilations, begins, output;

  /// From the attributes of `call`, for an input `[batch, channels, …]`; fails
  /// with a reason.
  static mlir::FailureOr<Windows> of(NodeCall &call,
                                     llvm::ArrayRef<int64_t> shape,
                                     llvm::ArrayRef<int64_t> kernel);

  /// For window `window`, in order, the place of each of its elements within
  /// one channel, -1 where it lies outside.
  std::vector<int64_t> places(int64_t window) const;
  int64_t elements() const;
  int64_t count() const;
};

} // namespace slin::evaluation

#endif // SLIN_LIB_EVALUATION_WINDOWS_H
