//===- Chips.cpp - Architectures that kernels are compiled for ------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Finds an architecture for people, who may have mistyped it.
//
//===----------------------------------------------------------------------===//

#include "slin/Target/PTX/PTX.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace slin;
using namespace slin::ptx;

FailureOr<Chip> slin::ptx::findChip(StringRef name, std::string &reason) {
  if (const Chip *chip = slingpu::findArchitecture(name))
    return *chip;
  llvm::raw_string_ostream os(reason);
  os << "expected a target out of {";
  llvm::interleaveComma(slingpu::getArchitectures(), os,
                        [&](const Chip &chip) { os << chip.name; });
  os << "}, found '" << name << "'";
  return failure();
}
