//===- Architecture.h - What GPUs have for kernels --------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What decides which kernels run on a GPU, and how many of their blocks at
// once. How fast it is says the target of the cost model of the same number.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLINGPU_IR_ARCHITECTURE_H
#define SLIN_DIALECT_SLINGPU_IR_ARCHITECTURE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace slin::slingpu {

struct Architecture {
  /// `sm_80`, or `sm_90a` where kernels may use what no later GPU has.
  llvm::StringLiteral name;
  int64_t number;
  bool isAccelerated;
  /// The first version of PTX that knows it and all that its kernels always
  /// use, as 80 for 8.0.
  unsigned ptxVersion;
  /// The target of the cost model.
  llvm::StringLiteral costs;
  /// Bytes of shared memory that a block may have, and that an SM has.
  int64_t sharedBytes, sharedBytesOfSM;
  /// Threads of an SM.
  int64_t threadsOfSM;
  /// SMs of the GPU that the cost model's target is.
  int64_t multiprocessors;
};

/// All that kernels are made for.
llvm::ArrayRef<Architecture> getArchitectures();

/// The one of that name; null where there is none.
const Architecture *findArchitecture(llvm::StringRef name);

} // namespace slin::slingpu

#endif // SLIN_DIALECT_SLINGPU_IR_ARCHITECTURE_H
