//===- Slin.cpp - slin for other languages --------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The jobs behind the C API: each imports a model, does one thing, and answers.
//
//===----------------------------------------------------------------------===//

#include "Options.h"
#include "Session.h"

#include "slin/Dialect/ONNX/Analysis/FFNAnalysis.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"
#include "slin/Dialect/ONNX/Transforms/Passes.h"
#include "slin/Report/CalibrationInputs.h"
#include "slin/Report/Contents.h"
#include "slin/Report/Report.h"
#include "slin/Target/ONNX/ONNXFiles.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace slin;
using namespace slin::capi;

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

SlinStatus slinResultStatus(const SlinResult *result) { return result->status; }

const char *slinResultData(const SlinResult *result, size_t *length) {
  *length = result->data.size();
  return result->data.data();
}

const char *slinResultFolder(const SlinResult *result) {
  return result->folder.c_str();
}
const char *slinResultMessage(const SlinResult *result) {
  return result->message.c_str();
}
void slinResultDestroy(SlinResult *result) { delete result; }

/// Reads the options and the model; null after an error, which is in `session`.
static OwningOpRef<ModuleOp> begin(Session &session, const char *model,
                                   const char *json, Options &options) {
  std::string reason;
  if (failed(options.read(json, reason))) {
    session.fail(SLIN_USAGE_ERROR, reason);
    return nullptr;
  }
  return session.import(model, options.dataFolders);
}

//===----------------------------------------------------------------------===//
// Reports
//===----------------------------------------------------------------------===//

static SlinResult *answer(Session &session, report::Report &report) {
  for (const std::string &warning : session.warnings)
    report.addWarning(warning);
  std::string text;
  llvm::raw_string_ostream os(text);
  report.print(os);
  return session.success(std::move(text));
}

/// Marks in `report` which linears the patterns select. Takes the module apart.
static LogicalResult select(Session &session, ModuleOp module,
                            const CompressOptions &options,
                            report::Report &report) {
  if (options.include.empty() && options.exclude.empty())
    return success();
  std::string reason;
  llvm::raw_string_ostream errors(reason);
  FailureOr<std::string> passes = selectionPipeline(options, errors);
  if (failed(passes)) {
    session.fail(SLIN_USAGE_ERROR, reason);
    return failure();
  }
  if (failed(session.run(module, *passes)))
    return failure();
  report.addDecisions(module);
  return success();
}

SlinResult *slinInspect(const char *model, const char *json) {
  Session session;
  Options options;
  OwningOpRef<ModuleOp> module = begin(session, model, json, options);
  if (!module)
    return session.failure();
  auto report = report::Report::collect(*module, onnx::FFNAnalysis(*module),
                                        model, options.compress.mlpLike);
  report.setHash(report::hashOfFile(model));
  if (failed(select(session, *module, options.compress, report)))
    return session.failure();
  return answer(session, report);
}

SlinResult *slinCalibrationInputs(const char *model, const char *json) {
  Session session;
  Options options;
  OwningOpRef<ModuleOp> module = begin(session, model, json, options);
  if (!module)
    return session.failure();
  onnx::FFNAnalysis analysis(*module);
  auto report = report::Report::collect(*module, analysis, model,
                                        options.compress.mlpLike);
  auto inputs = report::calibrationInputs(analysis, options.compress.mlpLike);
  if (failed(select(session, *module, options.compress, report)))
    return session.failure();
  report::keepMatched(inputs, report);
  std::string text;
  llvm::raw_string_ostream os(text);
  report::printCalibrationInputs(inputs, os);
  return session.success(std::move(text));
}

SlinResult *slinContents(const char *model, const char *json) {
  Session session;
  Options options;
  OwningOpRef<ModuleOp> module = begin(session, model, json, options);
  std::string text;
  llvm::raw_string_ostream os(text);
  if (!module || failed(report::printContents(*module, os)))
    return session.failure();
  return session.success(std::move(text));
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

namespace {
/// What rewrites a model, before and after the point at which decisions are
/// read off the operators.
struct RewritePasses {
  std::string toOperators, toModel;
  /// Rewrites of the model before: empty for none.
  std::string ofModel;
};
} // namespace

/// Reads the options of `compress`. The error is in `session`.
static FailureOr<RewritePasses> readCompress(Session &session, const char *json,
                                             Options &options) {
  std::string reason;
  llvm::raw_string_ostream errors(reason);
  FailureOr<std::string> toOperators = failure();
  if (succeeded(options.read(json, reason)) &&
      succeeded(options.checkCompress(reason)) &&
      succeeded(options.checkForms(reason)))
    toOperators = operatorPipeline(options.compress, errors);
  if (succeeded(toOperators))
    return RewritePasses{*toOperators, modelPipeline(options.compress), ""};
  session.fail(SLIN_USAGE_ERROR, reason);
  return failure();
}

/// The same of `merge`.
static FailureOr<RewritePasses> readMerge(Session &session, const char *json,
                                          Options &options) {
  std::string reason;
  llvm::raw_string_ostream errors(reason);
  FailureOr<std::string> ofModel = failure(), toOperators = failure();
  if (succeeded(options.read(json, reason)) &&
      succeeded(options.checkForms(reason)))
    ofModel = rewritePipeline(options.merge, errors);
  if (succeeded(ofModel))
    toOperators = operatorPipeline(options.merge, errors);
  if (succeeded(toOperators))
    return RewritePasses{*toOperators, modelPipeline(options.merge), *ofModel};
  session.fail(SLIN_USAGE_ERROR, reason);
  return failure();
}

using ReadPasses = FailureOr<RewritePasses> (*)(Session &, const char *,
                                                Options &);

static SlinResult *textOfPasses(const char *json, ReadPasses read) {
  Session session;
  Options options;
  FailureOr<RewritePasses> passes = read(session, json, options);
  if (failed(passes))
    return session.failure();
  std::string first = passes->ofModel.empty() ? "" : passes->ofModel + ",";
  return session.success("builtin.module(" + first + passes->toOperators + "," +
                         passes->toModel + ")");
}

SlinResult *slinPassPipeline(const char *json) {
  return textOfPasses(json, readCompress);
}

SlinResult *slinMergePipeline(const char *json) {
  return textOfPasses(json, readMerge);
}

static SlinResult *rewrite(const char *model, const char *output,
                           const char *json, ReadPasses read,
                           SlinProgress callback, void *user) {
  Session session(/*threads=*/true);
  Options options;
  FailureOr<RewritePasses> passes = read(session, json, options);
  if (failed(passes))
    return session.failure();
  ProgressReporter progress(session.context, callback, user);
  auto end = [&] { return progress.end(session); };
  progress.tell("import", 0, 1);
  OwningOpRef<ModuleOp> module = session.import(model, options.dataFolders);
  if (!module)
    return session.failure();
  auto report = report::Report::collect(*module, onnx::FFNAnalysis(*module),
                                        model, options.compress.mlpLike);
  progress.tell("import", 1, 1);
  if (!passes->ofModel.empty()) {
    session.collectRemarks();
    if (progress.isCancelled() || failed(session.run(*module, passes->ofModel)))
      return end();
    // Networks are those of the model as it is now, costs those it had.
    auto rewritten = report::Report::collect(
        *module, onnx::FFNAnalysis(*module), model, options.compress.mlpLike);
    rewritten.modelBefore = report.modelBefore;
    report = std::move(rewritten);
    for (const Session::Done &done : session.done)
      report.addRewrite(done.pass, done.node, done.text);
  }
  report.setHash(report::hashOfFile(model));
  if (progress.isCancelled() ||
      failed(session.run(*module, passes->toOperators)) ||
      progress.isCancelled())
    return end();
  report.addDecisions(*module);
  if (failed(session.run(*module, passes->toModel)) || progress.isCancelled())
    return end();
  report.setAfter(report::costOfModel(*module));
  if (!options.dryRun) {
    progress.tell("export", 0, 1);
    if (progress.isCancelled() || failed(onnx::exportFile(*module, output)))
      return end();
    progress.tell("export", 1, 1);
  }
  return answer(session, report);
}

SlinResult *slinCompress(const char *model, const char *output,
                         const char *json, SlinProgress callback, void *user) {
  return rewrite(model, output, json, readCompress, callback, user);
}

SlinResult *slinMerge(const char *model, const char *output, const char *json,
                      SlinProgress callback, void *user) {
  return rewrite(model, output, json, readMerge, callback, user);
}

//===----------------------------------------------------------------------===//
// Instrumented models
//===----------------------------------------------------------------------===//

static LogicalResult
instrument(ModuleOp module, llvm::ArrayRef<std::string> outputs, bool widen) {
  PassManager manager(module.getContext(), ModuleOp::getOperationName());
  if (!outputs.empty()) {
    onnx::AddOutputsOptions options;
    options.values = SmallVector<std::string>(outputs);
    manager.addPass(onnx::createAddOutputs(options));
  }
  if (widen)
    manager.addPass(onnx::createWidenBFloat16());
  return manager.run(module);
}

/// Whether all external data lies in the model's own folder.
static bool isSelfContained(ModuleOp module, StringRef folder) {
  return !module
              .walk([&](onnx::InitializerOp initializer) {
                auto weight =
                    dyn_cast_or_null<onnx::WeightAttr>(initializer.getWeight());
                if (!weight || weights::WeightStore::isNew(weight.getFile()))
                  return WalkResult::advance();
                SmallString<256> path(folder);
                llvm::sys::path::append(path, weight.getFile().getValue());
                return llvm::sys::fs::exists(path) ? WalkResult::advance()
                                                   : WalkResult::interrupt();
              })
              .wasInterrupted();
}

/// Writes the model into `folder`, its weights beside it, and answers with it.
static SlinResult *writeInto(Session &session, ModuleOp module,
                             StringRef folder) {
  SmallString<256> path(folder);
  llvm::sys::path::append(path, "instrumented.onnx");
  onnx::ExportOptions options;
  options.externalData = onnx::ExportOptions::ExternalData::Always;
  if (failed(onnx::exportFile(module, path, options)))
    return session.failure();
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer) {
    session.fail(SLIN_ERROR,
                 "cannot read '" + path + "': " + buffer.getError().message());
    return session.failure();
  }
  return session.success((*buffer)->getBuffer().str(), folder.str());
}

SlinResult *slinInstrument(const char *model, const char *const *outputs,
                           size_t count, const char *json) {
  Session session;
  Options options;
  OwningOpRef<ModuleOp> module = begin(session, model, json, options);
  std::vector<std::string> names(outputs, outputs + count);
  if (!module || failed(instrument(*module, names, options.widen)))
    return session.failure();
  if (!options.folder.empty())
    return writeInto(session, *module, options.folder);
  std::string folder = llvm::sys::path::parent_path(model).str();
  onnx::ExportOptions exportOptions;
  exportOptions.keepExternal = isSelfContained(*module, folder);
  std::string bytes;
  llvm::raw_string_ostream os(bytes);
  if (failed(onnx::exportStream(*module, os, exportOptions)))
    return session.failure();
  return session.success(std::move(bytes), folder.empty() ? "." : folder);
}
