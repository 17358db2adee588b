//===- ActivationView.h - What the nodes between linears compute -*- C++
//-*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Names the function that a piece of a graph computes by its numerical
// fingerprint: the nodes are evaluated in f64 on a fixed grid and compared with
// known functions. Operand order, the spelling of constants and their rounding
// to f16 then do not matter, which no set of patterns achieves.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_ANALYSIS_ACTIVATIONVIEW_H
#define SLIN_DIALECT_ONNX_ANALYSIS_ACTIVATIONVIEW_H

#include "mlir/IR/Value.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <string>

namespace slin::onnx {

/// The function of pointwise `nodes`, in the order of the block, from one or
/// two `inputs` to `output`.
class ActivationView {
public:
  ActivationView(llvm::ArrayRef<mlir::Operation *> nodes,
                 llvm::ArrayRef<mlir::Value> inputs, mlir::Value output);

  /// `relu`, `gelu`, `gelu_tanh`, …; `identity` if it is affine; `pointwise`
  /// for a function without a name or with different constants per feature. Of
  /// two inputs: the function of the gate.
  llvm::StringRef getName() const { return name; }
  /// The slope of `leaky_relu`, the scale of `elu`; 0 for other functions.
  double getParameter() const { return parameter; }
  /// Of `identity`: whether it is x itself, not another affine function.
  bool isExactIdentity() const { return exactIdentity; }
  /// Two inputs: whether the function is `f(gate) · up`.
  bool isProduct() const { return product; }
  /// Two inputs: which one is the gate.
  unsigned getGate() const { return gate; }

private:
  using Function = llvm::function_ref<double(double)>;
  void identify(Function function);

  std::string name = "pointwise";
  double parameter = 0.0;
  bool exactIdentity = false;
  bool product = false;
  unsigned gate = 0;
};

} // namespace slin::onnx

#endif // SLIN_DIALECT_ONNX_ANALYSIS_ACTIVATIONVIEW_H
