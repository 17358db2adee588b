//===- TileDescriptor.cpp - Tiles as tensor cores find them ---------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Source: PTX ISA, "Shared Memory Matrix Layout" and "Matrix Descriptor".
//
//===----------------------------------------------------------------------===//

#include "TileDescriptor.h"

using namespace mlir;
using namespace slin::slingpu;

Value slin::slingpu::describeTile(KernelBuilder &build, Value address) {
  // Swizzled by 128 bytes; groups of 8 rows are 1024 bytes apart; the distance
  // within a row does not count.
  constexpr int64_t layout =
      (int64_t(1) << 62) | (int64_t(1024 >> 4) << 32) | (1 << 16);
  Value start = build.bitAnd(build.shr(address, 4), 0x3FFF);
  return build.bitOr(build.extend(start), layout);
}

Value StagedTile::at(KernelBuilder &build, Value stage) const {
  return build.add(first,
                   build.mul(build.extend(stage), descriptorOffset(bytes)));
}
