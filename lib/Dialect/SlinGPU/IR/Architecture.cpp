//===- Architecture.cpp - What GPUs have for kernels ----------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Source: CUDA C++ Programming Guide, "Technical specifications per compute
// capability"; SMs are those of the cards in lib/Cost/targets.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/SlinGPU/IR/Architecture.h"

#include "llvm/ADT/STLExtras.h"

using namespace slin::slingpu;

static constexpr int64_t KiB = 1024;

llvm::ArrayRef<Architecture> slin::slingpu::getArchitectures() {
  static constexpr Architecture all[] = {
      {"sm_80", 80, false, 78, "sm_80", 163 * KiB, 164 * KiB, 2048, 108},
      {"sm_86", 86, false, 78, "sm_86", 99 * KiB, 100 * KiB, 1536, 84},
      {"sm_89", 89, false, 78, "sm_89", 99 * KiB, 100 * KiB, 1536, 142},
      {"sm_90a", 90, true, 80, "sm_90", 227 * KiB, 228 * KiB, 2048, 132},
      {"sm_100a", 100, true, 86, "sm_100", 227 * KiB, 228 * KiB, 2048, 148},
      {"sm_120a", 120, true, 87, "sm_120", 99 * KiB, 100 * KiB, 1536, 170}};
  return all;
}

const Architecture *slin::slingpu::findArchitecture(llvm::StringRef name) {
  const auto *found =
      llvm::find_if(getArchitectures(),
                    [&](const Architecture &it) { return it.name == name; });
  return found == getArchitectures().end() ? nullptr : found;
}
