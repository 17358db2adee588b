//===- ExactnessCheck.h - Exact rewrites are exact --------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Behind `slin-opt --slin-verify-exact`: around every pass that claims to keep
// what is computed, operators, or whole functions with all of their ONNX nodes
// and slin ops, are evaluated in f64 on fixed random inputs, before and after.
// A difference beyond the rounding of new weights is an error that names the
// pass and the first value that changed. What cannot be evaluated is a remark.
// slin-merge and slin-stack, which replace linears by others, also check each
// value on inputs of its own before they change any.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_PIPELINES_EXACTNESSCHECK_H
#define SLIN_PIPELINES_EXACTNESSCHECK_H

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/PassInstrumentation.h"

#include <memory>

namespace slin {

/// Whether a check failed, shared with whoever runs the passes.
struct ExactnessResult {
  bool failed = false;
};

std::unique_ptr<mlir::PassInstrumentation>
createExactnessCheck(std::shared_ptr<ExactnessResult> result);

/// Makes slin-merge in every context of `registry` check what it does.
void verifyMerges(mlir::DialectRegistry &registry);

} // namespace slin

#endif // SLIN_PIPELINES_EXACTNESSCHECK_H
