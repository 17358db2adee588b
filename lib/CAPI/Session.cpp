//===- Session.cpp - One job on one model ---------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Diagnostics become the text of an answer instead of going to standard error.
//
//===----------------------------------------------------------------------===//

#include "Session.h"

#include "slin/Pipelines/Registration.h"
#include "slin/Target/ONNX/ONNXFiles.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/PassInstrumentation.h"

#include "llvm/ADT/StringExtras.h"

#include <mutex>

using namespace mlir;
using namespace slin::capi;

static const DialectRegistry &dialects() {
  static const DialectRegistry *registry = [] {
    slin::registerPasses();
    auto *made = new DialectRegistry();
    slin::registerDialects(*made);
    return made;
  }();
  return *registry;
}

Session::Session(bool threads)
    : context(dialects(), threads ? MLIRContext::Threading::ENABLED
                                  : MLIRContext::Threading::DISABLED) {
  context.getDiagEngine().registerHandler(
      [this](Diagnostic &diagnostic) { note(diagnostic); });
}

/// `file:line:column`, or the node that an imported op's location names.
static std::string textOf(Location location) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (auto file = location->findInstanceOf<FileLineColLoc>()) {
    os << file.getFilename().getValue();
    if (file.getLine())
      os << ":" << file.getLine() << ":" << file.getColumn();
  } else if (auto name = location->findInstanceOf<NameLoc>()) {
    os << name.getName().getValue();
  } else {
    os << "slin";
  }
  return text;
}

void Session::note(Diagnostic &diagnostic) {
  if (diagnostic.getSeverity() == DiagnosticSeverity::Warning)
    warnings.push_back(textOf(diagnostic.getLocation()) + ": " +
                       diagnostic.str());
  if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
    return;
  errors.push_back(textOf(diagnostic.getLocation()) +
                   ": error: " + diagnostic.str());
  for (Diagnostic &extra : diagnostic.getNotes())
    errors.push_back(textOf(extra.getLocation()) + ": note: " + extra.str());
}

OwningOpRef<ModuleOp>
Session::import(StringRef path, const std::vector<std::string> &dataFolders) {
  onnx::ImportOptions options;
  options.dataFolders = dataFolders;
  return onnx::importFile(path, &context, options);
}

void Session::fail(SlinStatus failure, const Twine &message) {
  status = failure;
  errors.push_back("slin: error: " + StringRef(message.str()).rtrim().str());
}

SlinResult *Session::failure() const {
  auto *result = new SlinResult;
  result->status = status;
  result->message = errors.empty()
                        ? "slin: error: the work failed without a reason"
                        : llvm::join(errors, "\n");
  return result;
}

SlinResult *Session::success(std::string data, std::string folder) const {
  auto *result = new SlinResult;
  result->data = std::move(data);
  result->folder = std::move(folder);
  return result;
}

//===----------------------------------------------------------------------===//
// Progress
//===----------------------------------------------------------------------===//

namespace {
/// Reports the passes that run on the module itself.
class ReportPasses final : public PassInstrumentation {
public:
  explicit ReportPasses(ProgressReporter &reporter) : reporter(reporter) {}
  void runBeforePass(Pass *pass, Operation *op) override {
    if (isa<ModuleOp>(op) && !pass->getArgument().empty())
      reporter.begin(pass->getArgument());
  }

private:
  ProgressReporter &reporter;
};
} // namespace

void ProgressReporter::tell(const std::string &stage) {
  if (progress && !cancelled)
    cancelled = !progress(stage.c_str(), done, total, user);
}

void ProgressReporter::begin(StringRef stage) {
  tell(stage.str());
  ++done;
}

void ProgressReporter::finish() {
  done = total;
  tell("done");
}

void ProgressReporter::watch(PassManager &manager) {
  manager.addInstrumentation(std::make_unique<ReportPasses>(*this));
}
