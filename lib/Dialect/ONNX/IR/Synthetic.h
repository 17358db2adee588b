//===- Synthetic.h - Numbers made by a formula ------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The generator behind #onnx.synthetic.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_ONNX_IR_SYNTHETIC_H
#define SLIN_LIB_DIALECT_ONNX_IR_SYNTHETIC_H

#include "slin/Dialect/ONNX/IR/ONNXDialect.h"

namespace slin::onnx {

/// The elements of `attribute`; the same on every machine.
weights::Elements generateSynthetic(SyntheticAttr attribute);

} // namespace slin::onnx

#endif // SLIN_LIB_DIALECT_ONNX_IR_SYNTHETIC_H
