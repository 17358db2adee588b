//===- SlinDialect.cpp - The slin dialect ---------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Registration only; types and ops have files of their own.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/Slin/IR/SlinDialect.h"

#include "slin/Dialect/Slin/IR/SlinOps.h"
#include "slin/Dialect/Slin/IR/SlinTypes.h"

using namespace slin;

#include "slin/Dialect/Slin/IR/SlinDialect.cpp.inc"

void SlinDialect::initialize() {
  registerTypes();
  addOperations<
#define GET_OP_LIST
#include "slin/Dialect/Slin/IR/SlinOps.cpp.inc"
      >();
}
