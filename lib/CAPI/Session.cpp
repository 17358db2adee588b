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

#include "slin/Dialect/Slin/Transforms/Passes.h"
#include "slin/Pipelines/Registration.h"
#include "slin/Target/ONNX/ONNXFiles.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

#include "llvm/ADT/StringExtras.h"

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

/// Whether an error is about include or exclude: passes only have diagnostics
/// to say so.
static bool isAboutPatterns(StringRef text) {
  if (llvm::none_of(ArrayRef<StringRef>{"slin-factorize: ", "slin-select: ",
                                        "slin-densify: ", "slin-premerge: ",
                                        "slin-to-slingpu: "},
                    [&](StringRef pass) { return text.consume_front(pass); }))
    return false;
  return text.starts_with("expected a target of ") ||
         text.starts_with("include: ") || text.starts_with("exclude: ") ||
         text.contains("' of include to match ") ||
         text.contains("' of exclude to match ");
}

void Session::note(Diagnostic &diagnostic) {
  if (diagnostic.getSeverity() == DiagnosticSeverity::Warning)
    warnings.push_back(textOf(diagnostic.getLocation()) + ": " +
                       diagnostic.str());
  if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
    return;
  if (isAboutPatterns(diagnostic.str()))
    status = SLIN_USAGE_ERROR;
  errors.push_back(textOf(diagnostic.getLocation()) +
                   ": error: " + diagnostic.str());
  for (Diagnostic &extra : diagnostic.getNotes())
    errors.push_back(textOf(extra.getLocation()) + ": note: " + extra.str());
}

namespace {
/// Keeps the remarks of passes: at the place, or with the name that they give.
class RemarkCollector final : public remark::detail::MLIRRemarkStreamerBase {
public:
  RemarkCollector(std::vector<Session::Done> &remarks, bool isNamed)
      : remarks(remarks), isNamed(isNamed) {}
  void streamOptimizationRemark(const remark::detail::Remark &remark) override {
    std::string text;
    for (const auto &argument : remark.getArgs())
      text += argument.val;
    remarks.push_back(
        {remark.getCategoryName().str(),
         isNamed ? remark.getFunction().str() : textOf(remark.getLocation()),
         std::move(text)});
  }

private:
  std::vector<Session::Done> &remarks;
  bool isNamed;
};
} // namespace

void Session::collectRemarks() {
  remark::RemarkCategories categories;
  categories.passed = "onnx-.*|slin-merge|slin-stack";
  (void)remark::enableOptimizationRemarks(
      context, std::make_unique<RemarkCollector>(done, false),
      std::make_unique<remark::RemarkEmittingPolicyAll>(), categories);
}

void Session::collectReasons(StringRef category) {
  remark::RemarkCategories categories;
  categories.missed = category.str();
  (void)remark::enableOptimizationRemarks(
      context, std::make_unique<RemarkCollector>(notDone, true),
      std::make_unique<remark::RemarkEmittingPolicyAll>(), categories);
}

OwningOpRef<ModuleOp>
Session::import(StringRef path, const std::vector<std::string> &dataFolders) {
  onnx::ImportOptions options;
  options.dataFolders = dataFolders;
  return onnx::importFile(path, &context, options);
}

LogicalResult Session::run(ModuleOp module, StringRef pipeline) {
  PassManager manager(&context, ModuleOp::getOperationName());
  std::string reason;
  llvm::raw_string_ostream os(reason);
  if (succeeded(parsePassPipeline(pipeline, manager, os)))
    return manager.run(module);
  fail(SLIN_USAGE_ERROR, reason);
  return mlir::failure();
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

ProgressReporter::ProgressReporter(MLIRContext &context, SlinProgress progress,
                                   void *user)
    : progress(progress), user(user) {
  if (progress)
    context.registerActionHandler(
        [this](function_ref<void()> perform, const tracing::Action &action) {
          execute(perform, action);
        });
}

SlinResult *ProgressReporter::end(Session &session) const {
  if (cancelled)
    session.fail(SLIN_CANCELLED, "the work was ended");
  return session.failure();
}

void ProgressReporter::tell(StringRef stage, uint64_t done, uint64_t total) {
  if (progress && !cancelled)
    cancelled = !progress(stage.str().c_str(), done, total, user);
}

void ProgressReporter::execute(function_ref<void()> perform,
                               const tracing::Action &action) {
  static constexpr llvm::StringLiteral factorize = "slin-factorize";
  StringRef stage;
  uint64_t done = 0, total = 1;
  if (auto weight = dyn_cast<FactorizeAction>(&action)) {
    stage = factorize;
    done = weight->number;
    total = weight->total;
  } else if (auto pass = dyn_cast<PassExecutionAction>(&action)) {
    // Passes without a name are the pass manager's own, and slin-factorize is
    // told of weight by weight.
    stage = pass->getPass().getArgument();
    stage = stage == factorize ? StringRef() : stage;
  }
  if (!stage.empty())
    tell(stage, done, total);
  if (cancelled)
    return;
  perform();
  if (!stage.empty() && done + 1 == total)
    tell(stage, total, total);
}
