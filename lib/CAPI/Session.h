//===- Session.h - One job on one model -------------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every call of the C API gets a context of its own and frees it: attributes
// and mapped files of one model do not outlive the call, however many models a
// process sees.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CAPI_SESSION_H
#define SLIN_LIB_CAPI_SESSION_H

#include "slin/CAPI/Slin.h"

#include "mlir/IR/Action.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"

#include <string>
#include <vector>

struct SlinResult {
  SlinStatus status = SLIN_SUCCESS;
  std::string data, folder, message;
};

namespace slin::capi {

/// A context, and what it says.
class Session {
public:
  explicit Session(bool threads = false);

  mlir::MLIRContext context;

  /// Reads a model; null after an error.
  mlir::OwningOpRef<mlir::ModuleOp>
  import(llvm::StringRef path, const std::vector<std::string> &dataFolders);

  /// Runs passes, given as text, on `module`. The errors are in the session.
  mlir::LogicalResult run(mlir::ModuleOp module, llvm::StringRef pipeline);

  /// Notes an error that is no diagnostic.
  void fail(SlinStatus status, const llvm::Twine &message);

  /// The result of a job that failed: all errors and notes, in order.
  SlinResult *failure() const;
  SlinResult *success(std::string data, std::string folder = "") const;

  std::vector<std::string> warnings;

  /// What a pass says that it did.
  struct Done {
    std::string pass, node, text;
  };
  /// Collects what passes say that they did, in order, from now on.
  void collectRemarks();
  std::vector<Done> done;

  /// Collects, from now on, why passes of `category` did not do something;
  /// `node` is the name of what they mean then.
  void collectReasons(llvm::StringRef category);
  std::vector<Done> notDone;

private:
  void note(mlir::Diagnostic &diagnostic);

  std::vector<std::string> errors;
  SlinStatus status = SLIN_ERROR;
};

/// Tells of each step of the work: the import, the passes, the weights within
/// slin-factorize, the export. Passes and weights are told of by the context's
/// actions. Once `progress` has given false, actions are skipped: what comes
/// out is worth nothing then.
class ProgressReporter {
public:
  ProgressReporter(mlir::MLIRContext &context, SlinProgress progress,
                   void *user);

  /// `done` of `total` parts of `stage` lie behind.
  void tell(llvm::StringRef stage, uint64_t done, uint64_t total);
  bool isCancelled() const { return cancelled; }
  /// The failure of `session`, whose work is over: what went wrong, or that it
  /// was ended.
  SlinResult *end(Session &session) const;

private:
  void execute(llvm::function_ref<void()> perform,
               const mlir::tracing::Action &action);

  SlinProgress progress;
  void *user;
  bool cancelled = false;
};

} // namespace slin::capi

#endif // SLIN_LIB_CAPI_SESSION_H
