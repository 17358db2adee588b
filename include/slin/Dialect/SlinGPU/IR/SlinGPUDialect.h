//===- SlinGPUDialect.h - The slingpu dialect -------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The dialect; its ops are in SlinGPUOps.h.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLINGPU_IR_SLINGPUDIALECT_H
#define SLIN_DIALECT_SLINGPU_IR_SLINGPUDIALECT_H

#include "mlir/IR/Dialect.h"

#include "slin/Dialect/SlinGPU/IR/SlinGPUDialect.h.inc"

#endif // SLIN_DIALECT_SLINGPU_IR_SLINGPUDIALECT_H
