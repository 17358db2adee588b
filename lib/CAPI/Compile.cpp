//===- Compile.cpp - Models as files that a GPU runs ----------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Recognition and packing once, then kernels for one target after the other,
// then one file.
//
//===----------------------------------------------------------------------===//

#include "Options.h"
#include "Session.h"

#include "slin/Dialect/ONNX/Analysis/FFNAnalysis.h"
#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.h"
#include "slin/Report/Report.h"
#include "slin/Target/Artefact/Artefact.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace slin;
using namespace slin::capi;
using artefact::Artefact;
using artefact::TargetCode;
using llvm::json::OStream;
using slingpu::EntryOp;

/// The passes for one target: to entries, which are the same for all, and to
/// kernels. The error is in `session`.
static FailureOr<std::pair<std::string, std::string>>
passesFor(Session &session, Options &options, StringRef target) {
  std::string reason;
  llvm::raw_string_ostream errors(reason);
  options.compile.target = target.str();
  auto entries = entryPipeline(options.compile, errors);
  auto kernels = kernelPipeline(options.compile, errors);
  if (succeeded(entries) && succeeded(kernels))
    return std::make_pair(*entries, *kernels);
  session.fail(SLIN_USAGE_ERROR, reason);
  return failure();
}

static LogicalResult readCompile(Session &session, const char *json,
                                 Options &options) {
  std::string reason;
  if (succeeded(options.read(json, reason)) &&
      succeeded(options.checkCompile(reason)))
    return success();
  session.fail(SLIN_USAGE_ERROR, reason);
  return failure();
}

SlinResult *slinCompilePipeline(const char *json) {
  Session session;
  Options options;
  if (failed(readCompile(session, json, options)))
    return session.failure();
  std::string text;
  for (const std::string &target : options.targets) {
    auto passes = passesFor(session, options, target);
    if (failed(passes))
      return session.failure();
    text += (text.empty() ? "" : "\n") +
            ("builtin.module(" + passes->first + "," + passes->second + ")");
  }
  return session.success(std::move(text));
}

//===----------------------------------------------------------------------===//
// Answers
//===----------------------------------------------------------------------===//

/// Names come from models and may hold any bytes.
static llvm::json::Value textValue(StringRef string) {
  return llvm::json::isUTF8(string) ? string.str()
                                    : llvm::json::fixUTF8(string);
}

namespace {
/// One job, and what its answer tells.
struct Compilation {
  std::string model, output, assembler;
  report::Report found;
  /// What became entries, with their structure and type.
  struct Entry {
    std::string path, structure, type;
  };
  std::vector<Entry> entries;
  std::vector<report::DeclinedReport> notTaken;
  std::vector<OwningOpRef<ModuleOp>> modules;
  std::vector<TargetCode> targets;
  uint64_t bytes = 0, weightBytes = 0;
};
} // namespace

static void writeKernel(OStream &json, LLVM::LLVMFuncOp kernel,
                        const artefact::Code &code, StringRef target) {
  auto numberAt = [&](StringRef name) {
    auto number = kernel->getAttrOfType<IntegerAttr>(name);
    return number ? number.getInt() : 0;
  };
  const ptx::KernelResources *known = nullptr;
  if (code.assembly)
    for (const ptx::KernelResources &one : code.assembly->kernels)
      if (one.kernel == kernel.getName())
        known = &one;
  auto orNull = [&](StringRef key, uint64_t value) {
    if (known)
      json.attribute(key, value);
    else
      json.attribute(key, nullptr);
  };
  json.object([&] {
    json.attribute("kernel", kernel.getName());
    json.attribute("target", target);
    orNull("registers", known ? known->registers : 0);
    orNull("spill_bytes", known ? known->spillBytes : 0);
    json.attribute("shared_bytes", numberAt("slingpu.shared") +
                                       int64_t(known ? known->sharedBytes : 0));
    orNull("code_bytes", known ? known->codeBytes : 0);
    json.attribute("assembled_only", kernel->hasAttr("slingpu.assembled_only"));
  });
}

static void writeTargets(OStream &json, const Compilation &work) {
  json.attributeArray("targets", [&] {
    for (const TargetCode &target : work.targets) {
      uint64_t ptxBytes = 0, cubinBytes = 0;
      for (const artefact::Code &code : target.code) {
        ptxBytes += code.ptx.size();
        cubinBytes += code.assembly ? code.assembly->cubin.size() : 0;
      }
      json.object([&] {
        json.attribute("target", target.chip.name);
        json.attribute("ptx_bytes", ptxBytes);
        json.attribute("cubin_bytes", cubinBytes);
      });
    }
  });
  json.attributeArray("kernels", [&] {
    for (const TargetCode &target : work.targets)
      for (const artefact::Code &code : target.code) {
        mlir::gpu::GPUModuleOp module = code.module;
        for (auto kernel : module.getOps<LLVM::LLVMFuncOp>())
          if (kernel->hasAttr("nvvm.kernel"))
            writeKernel(json, kernel, code, target.chip.name);
      }
  });
}

static SlinResult *answer(Session &session, const Compilation &work) {
  std::string text;
  llvm::raw_string_ostream os(text);
  OStream json(os, /*IndentSize=*/2);
  json.object([&] {
    json.attributeObject("model", [&] {
      json.attribute("path", textValue(work.model));
      json.attribute("sha256", work.found.sha256);
    });
    if (work.entries.empty())
      json.attribute("output", nullptr);
    else
      json.attribute("output", textValue(work.output));
    json.attribute("bytes", work.bytes);
    json.attribute("weight_bytes", work.weightBytes);
    if (work.assembler.empty())
      json.attribute("ptxas", nullptr);
    else
      json.attribute("ptxas", textValue(work.assembler));
    json.attributeArray("entries", [&] {
      for (const Compilation::Entry &entry : work.entries)
        json.object([&] {
          json.attribute("path", textValue(entry.path));
          json.attribute("structure", textValue(entry.structure));
          json.attribute("type", entry.type);
        });
    });
    json.attributeArray("not_taken", [&] {
      for (const report::DeclinedReport &one : work.notTaken)
        json.object([&] {
          json.attribute("node", textValue(one.node));
          json.attribute("reason", textValue(one.reason));
          json.attribute("hint", textValue(one.hint));
        });
    });
    writeTargets(json, work);
    json.attributeArray("warnings", [&] {
      for (const std::string &warning : session.warnings)
        json.value(textValue(warning));
    });
  });
  return session.success(std::move(text));
}

//===----------------------------------------------------------------------===//
// The work
//===----------------------------------------------------------------------===//

/// What became entries; why other networks and linears did not.
static void collectEntries(Session &session, ModuleOp module,
                           Compilation &work) {
  llvm::StringSet<> taken;
  for (auto entry : module.getOps<EntryOp>()) {
    std::string type;
    llvm::raw_string_ostream(type)
        << cast<RankedTensorType>(
               cast<TypeAttr>(entry.getInputTypes()[0]).getValue())
               .getElementType();
    taken.insert(entry.getPath());
    // A sum of experts is all of them.
    if (std::optional<ArrayAttr> networks = entry.getNetworks())
      for (auto path : networks->getAsRange<StringAttr>())
        taken.insert(path.getValue());
    work.entries.push_back(
        {entry.getPath().str(), entry.getStructure().str(), type});
  }
  llvm::StringMap<std::string> reasons;
  for (const Session::Done &one : session.notDone) {
    StringRef text = one.text;
    text.consume_front("'" + one.node + "': ");
    reasons.try_emplace(one.node, text);
  }
  for (const report::FFNReport &network : work.found.ffns) {
    if (taken.contains(network.path))
      continue;
    auto reason = reasons.find(network.path);
    work.notTaken.push_back(
        {network.path,
         reason == reasons.end() ? network.reason : reason->second, ""});
  }
  llvm::append_range(work.notTaken, work.found.declined);
  // The others are of parts of networks, or of several.
  for (const Session::Done &one : session.notDone)
    if (llvm::none_of(work.found.ffns, [&](const report::FFNReport &network) {
          return network.path == one.node;
        }))
      session.warnings.push_back(one.text);
}

/// Kernels for one target, from a copy of `entries`.
static LogicalResult addTarget(Session &session, ModuleOp entries,
                               StringRef name, StringRef pipeline,
                               Compilation &work) {
  std::string reason;
  auto chip = ptx::findChip(name, reason);
  if (failed(chip)) {
    session.fail(SLIN_USAGE_ERROR, reason);
    return failure();
  }
  work.modules.emplace_back(entries.clone());
  if (failed(session.run(*work.modules.back(), pipeline)))
    return failure();
  if (work.modules.back()->getOps<EntryOp>().empty()) {
    session.fail(SLIN_ERROR,
                 "there is nothing to measure in these networks: products of "
                 "experts have no candidates, as their time depends on gates");
    return failure();
  }
  auto code = artefact::makeCode(*work.modules.back(), *chip, work.assembler);
  if (failed(code))
    return failure();
  work.targets.push_back(std::move(*code));
  return success();
}

static LogicalResult writeArtefact(Session &session, Compilation &work) {
  auto built = Artefact::build(
      work.targets, {{"model", llvm::sys::path::filename(work.model).str()},
                     {"model_sha256", work.found.sha256},
                     {"slin_version", SLIN_VERSION}});
  if (failed(built))
    return failure();
  std::string reason;
  if (failed(built->writeFile(work.output, reason))) {
    session.fail(SLIN_ERROR, reason);
    return failure();
  }
  work.bytes = built->getSize();
  work.weightBytes = built->getWeightBytes();
  return success();
}

/// Where ptxas is, or a warning that there is none.
static LogicalResult findAssembler(Session &session, const Options &options,
                                   Compilation &work) {
  std::string reason;
  auto found =
      ptx::findAssembler(options.assembler, options.assemblerFolders, reason);
  if (failed(found)) {
    session.fail(SLIN_USAGE_ERROR, "option 'ptxas': " + reason);
    return failure();
  }
  work.assembler = found->value_or("");
  if (work.assembler.empty())
    session.warnings.push_back(
        "ptxas was found neither in $CUDA_HOME/bin, on the PATH, in the Python "
        "package nvidia-cuda-nvcc, nor in /usr/local/cuda/bin: the file has "
        "PTX only, which the driver compiles when it is loaded, and nobody "
        "looked whether kernels spill registers");
  return success();
}

SlinResult *slinCompile(const char *model, const char *output, const char *json,
                        SlinProgress callback, void *user) {
  Session session(/*threads=*/true);
  Options options;
  Compilation work;
  work.model = model;
  work.output = output;
  if (failed(readCompile(session, json, options)) ||
      failed(findAssembler(session, options, work)))
    return session.failure();
  ProgressReporter progress(session.context, callback, user);
  auto end = [&] { return progress.end(session); };
  progress.tell("import", 0, 1);
  OwningOpRef<ModuleOp> module = session.import(model, options.dataFolders);
  auto passes = passesFor(session, options, options.targets.front());
  if (!module || failed(passes) || progress.isCancelled())
    return end();
  work.found = report::Report::collect(*module, onnx::FFNAnalysis(*module),
                                       model, options.compile.mlpLike);
  work.found.setHash(report::hashOfFile(model));
  progress.tell("import", 1, 1);
  session.collectReasons("slin-to-slingpu");
  if (progress.isCancelled() || failed(session.run(*module, passes->first)) ||
      progress.isCancelled())
    return end();
  collectEntries(session, *module, work);
  if (work.entries.empty())
    return answer(session, work);
  for (auto [index, target] : llvm::enumerate(options.targets)) {
    progress.tell("targets", index, options.targets.size());
    passes = passesFor(session, options, target);
    if (progress.isCancelled() || failed(passes) ||
        failed(addTarget(session, *module, target, passes->second, work)) ||
        progress.isCancelled())
      return end();
  }
  progress.tell("targets", options.targets.size(), options.targets.size());
  if (progress.isCancelled() || failed(writeArtefact(session, work)))
    return end();
  return answer(session, work);
}
