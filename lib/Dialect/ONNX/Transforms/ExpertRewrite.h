//===- ExpertRewrite.h - What rewrites of experts share ---------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The order in which sums are rewritten, and what is said of each of them.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_ONNX_TRANSFORMS_EXPERTREWRITE_H
#define SLIN_LIB_DIALECT_ONNX_TRANSFORMS_EXPERTREWRITE_H

#include "slin/Dialect/ONNX/Analysis/ExpertAnalysis.h"

#include "mlir/IR/Location.h"

namespace slin::onnx {

/// Remarks of one pass.
class ExpertRemarks {
public:
  ExpertRemarks(llvm::StringRef category, llvm::StringRef passedName,
                llvm::StringRef missedName)
      : category(category), passedName(passedName), missedName(missedName) {}
  void passed(mlir::Location location, llvm::StringRef path,
              const llvm::Twine &text) const;
  void missed(mlir::Location location, llvm::StringRef path,
              const llvm::Twine &reason) const;
  void missed(mlir::Operation *node, llvm::StringRef path,
              const llvm::Twine &reason) const {
    missed(node->getLoc(), path, reason);
  }

private:
  llvm::StringRef category, passedName, missedName;
};

/// Rewrites every sum and gives a remark for each, and for what is declined, in
/// the order of the model. `rewrite` answers why it did not, `describe` says
/// what came of a sum. Returns whether anything was rewritten.
bool rewriteSums(const ExpertAnalysis &analysis, const ExpertRemarks &remarks,
                 llvm::function_ref<std::string(const ExpertSum &)> rewrite,
                 llvm::function_ref<std::string(const ExpertSum &)> describe);

} // namespace slin::onnx

#endif // SLIN_LIB_DIALECT_ONNX_TRANSFORMS_EXPERTREWRITE_H
