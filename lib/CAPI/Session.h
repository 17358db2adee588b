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

  /// Notes an error that is no diagnostic.
  void fail(SlinStatus status, const llvm::Twine &message);

  /// The result of a job that failed: all errors and notes, in order.
  SlinResult *failure() const;
  SlinResult *success(std::string data, std::string folder = "") const;

  std::vector<std::string> warnings;

private:
  void note(mlir::Diagnostic &diagnostic);

  std::vector<std::string> errors;
  SlinStatus status = SLIN_ERROR;
};

/// Tells `progress` which step begins. Steps are the import, each pass of the
/// managers it is added to, and the export.
class ProgressReporter {
public:
  ProgressReporter(SlinProgress progress, void *user, uint64_t total)
      : progress(progress), user(user), total(total) {}
  /// Step `stage` begins.
  void begin(llvm::StringRef stage);
  /// All steps are done.
  void finish();
  /// Reports each pass of `manager`.
  void watch(mlir::PassManager &manager);
  bool isCancelled() const { return cancelled; }

private:
  void tell(const std::string &stage);

  SlinProgress progress;
  void *user;
  uint64_t done = 0, total;
  bool cancelled = false;
};

} // namespace slin::capi

#endif // SLIN_LIB_CAPI_SESSION_H
