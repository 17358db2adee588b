//===- Chips.cpp - Architectures that kernels are compiled for ------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// PTX 7.8 has all that kernels of sm_80 to sm_89 use; later chips are not known
// to PTX before the version that stands here.
//
//===----------------------------------------------------------------------===//

#include "slin/Target/PTX/PTX.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace slin::ptx;

static constexpr Chip kChips[] = {
    {"sm_80", 80, false, 78},   {"sm_86", 86, false, 78},
    {"sm_89", 89, false, 78},   {"sm_90a", 90, true, 80},
    {"sm_100a", 100, true, 86}, {"sm_120a", 120, true, 87},
};

ArrayRef<Chip> slin::ptx::getChips() { return kChips; }

FailureOr<Chip> slin::ptx::findChip(StringRef name, std::string &reason) {
  for (const Chip &chip : kChips)
    if (chip.name == name)
      return chip;
  llvm::raw_string_ostream os(reason);
  os << "expected a target out of {";
  llvm::interleaveComma(kChips, os, [&](const Chip &chip) { os << chip.name; });
  os << "}, found '" << name << "'";
  return failure();
}
