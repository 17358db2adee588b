//===- slin-run.cpp - Run a function --------------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiles a function of slin ops for this machine, calls it on generated
// or given inputs, and compares the results with those of the operators' terms
// in f64. Lit tests execute IR with it, without Python.
//
//===----------------------------------------------------------------------===//

#include "Arguments.h"
#include "Comparison.h"
#include "Execution.h"
#include "Threads.h"

#include "slin/Dialect/ONNX/IR/ONNXDialect.h"
#include "slin/Dialect/Slin/IR/SlinDialect.h"
#include "slin/Pipelines/Registration.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace slin;
namespace cl = llvm::cl;

namespace {
/// Of the command line. LLVM registers options of its own, some of the same
/// names; they are removed before these are made.
struct Flags {
  cl::OptionCategory category{"slin-run options"};
  cl::opt<std::string> inputFile{cl::Positional, cl::init("-"),
                                 cl::desc("<file.mlir>"), cl::cat(category)};
  cl::opt<std::string> entry{
      "entry", cl::desc("The function to run; by default each one"),
      cl::value_desc("name"), cl::cat(category)};
  cl::list<std::string> inputs{
      "input", cl::cat(category), cl::value_desc("random(SEED)|file.npz"),
      cl::desc("What arguments are: one for all, or one for each. Arrays of a "
               "file are called as the arguments in the model, or arg0, …, or "
               "arr_0, …")};
  cl::list<int64_t> dims{
      "dim", cl::CommaSeparated, cl::cat(category),
      cl::desc("Sizes of the unknown dimensions of each argument")};
  cl::opt<int64_t> tokens{
      "tokens", cl::init(0), cl::cat(category),
      cl::desc("Size of the last unknown dimension of each argument, the "
               "others being 1")};
  cl::opt<std::string> check{
      "check", cl::init(""), cl::cat(category),
      cl::value_desc("reference|file"),
      cl::desc("Compare the results with those of the operators' terms in f64, "
               "of the function itself or of the one of its name in a file")};
  cl::opt<double> tolerance{
      "tolerance", cl::init(0.0), cl::cat(category),
      cl::desc("Largest relative error; by default the type's")};
  cl::opt<bool> printResult{"print-result", cl::cat(category),
                            cl::desc("Print the results")};
  cl::opt<unsigned> repeat{
      "repeat", cl::init(0), cl::cat(category),
      cl::desc("Run so many times more and print how long it took")};
  cl::opt<unsigned> threads{"threads", cl::init(1), cl::cat(category),
                            cl::desc("Threads of parallel loops")};
  cl::opt<int64_t> vectorBits{
      "vector-bits", cl::init(-1), cl::cat(category),
      cl::desc("Width of vectors: 128, 256, 512, or 0 for none; by "
               "default the machine's")};
  cl::list<std::string> dataFolders{
      "data-dir", cl::cat(category), cl::value_desc("folder"),
      cl::desc("Look for weight files in this folder too")};
};
} // namespace

static const Flags *flags;

static constexpr int kFailed = 1, kUsage = 2;

/// The functions of `module` to run.
static SmallVector<func::FuncOp> findEntries(ModuleOp module) {
  SmallVector<func::FuncOp> functions;
  for (auto function : module.getOps<func::FuncOp>())
    if (!function.isDeclaration() &&
        (flags->entry.empty() || function.getName() == flags->entry))
      functions.push_back(function);
  return functions;
}

/// Tokens of the first argument.
static int64_t tokenCount(ArrayRef<Tensor> arguments) {
  int64_t count = 1;
  if (!arguments.empty() && arguments.front().type.getRank() > 0)
    for (int64_t size : arguments.front().type.getShape().drop_back())
      count *= size;
  return std::max<int64_t>(count, 1);
}

static void measure(CompiledFunction &function,
                    std::vector<Tensor> &arguments) {
  std::vector<double> times(flags->repeat);
  for (double &seconds : times)
    function.run(arguments, &seconds);
  llvm::sort(times);
  llvm::outs() << llvm::format(
      "time: median %.3f ms, best %.3f ms of %u runs, %u threads\n",
      times[times.size() / 2] * 1e3, times.front() * 1e3,
      unsigned(flags->repeat), unsigned(flags->threads));
}

/// The results that `function` should have; what `--check` says decides by
/// which definition.
static FailureOr<std::vector<Numbers>>
referencesFor(func::FuncOp function, ModuleOp other,
              const std::vector<Tensor> &arguments, int64_t tokens) {
  if (!other)
    return evaluate(function, arguments, tokens);
  auto definition = other.lookupSymbol<func::FuncOp>(function.getName());
  if (definition && definition.getFunctionType() == function.getFunctionType())
    return evaluate(definition, arguments, tokens);
  llvm::errs() << "expected a function '" << function.getName() << "' of type "
               << function.getFunctionType() << " in " << flags->check
               << ", found " << (definition ? "another type" : "none") << "\n";
  return failure();
}

/// Runs `name`, in a copy of `module`: compiling takes it apart.
static int run(ModuleOp module, StringRef name, ModuleOp other) {
  OwningOpRef<ModuleOp> copy = module.clone();
  auto function = copy->lookupSymbol<func::FuncOp>(name);
  ArgumentOptions options{{flags->inputs.begin(), flags->inputs.end()},
                          {flags->dims.begin(), flags->dims.end()},
                          flags->tokens};
  auto arguments = makeArguments(function, options, llvm::errs());
  if (failed(arguments))
    return kUsage;
  for (Type type : function.getResultTypes())
    if (!isa<RankedTensorType>(type)) {
      llvm::errs() << "expected results of tensors with known rank, found '"
                   << type << "'\n";
      return kFailed;
    }
  int64_t count = tokenCount(*arguments);
  std::vector<Numbers> references;
  if (!flags->check.empty()) {
    auto evaluated = referencesFor(function, other, *arguments, count);
    if (failed(evaluated))
      return kFailed;
    references = std::move(*evaluated);
  }
  CPUOptions pipeline;
  pipeline.tokens = count;
  pipeline.vectorBits =
      flags->vectorBits >= 0 ? int64_t(flags->vectorBits) : hostVectorBits();
  for (auto unused : llvm::make_early_inc_range(copy->getOps<func::FuncOp>()))
    if (unused != function)
      unused.erase();
  // Names in the model say nothing to LLVM.
  function.removeArgAttrsAttr();
  function.removeResAttrsAttr();
  auto compiled = CompiledFunction::compile(*copy, name, pipeline);
  if (!compiled)
    return kFailed;
  std::vector<Tensor> results = compiled->run(*arguments);
  if (flags->printResult)
    print(results, llvm::outs());
  if (!flags->check.empty() &&
      failed(compare(results, references, flags->tolerance, llvm::outs(),
                     llvm::errs())))
    return kFailed;
  if (flags->repeat)
    measure(*compiled, *arguments);
  return 0;
}

/// The module in `file`; null, with the exit code, after an error.
static OwningOpRef<ModuleOp> parse(StringRef file, llvm::SourceMgr &sources,
                                   MLIRContext &context, int &code) {
  std::string error;
  auto buffer = openInputFile(file, &error);
  if (!buffer) {
    llvm::errs() << error << "\n";
    code = kUsage;
    return {};
  }
  code = kFailed;
  sources.AddNewSourceBuffer(std::move(buffer), llvm::SMLoc());
  return parseSourceFile<ModuleOp>(sources, ParserConfig(&context));
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::ResetCommandLineParser();
  Flags parsed;
  flags = &parsed;
  cl::HideUnrelatedOptions(parsed.category);
  if (!cl::ParseCommandLineOptions(argc, argv, "Run a function of slin ops\n",
                                   &llvm::errs()))
    return kUsage;
  DialectRegistry registry;
  registerDialects(registry);
  registerExecution(registry);
  auto store = std::make_shared<weights::WeightStore>();
  for (const std::string &folder : flags->dataFolders)
    store->addFolder(folder);
  // A dump refers to files beside it.
  for (const std::string &file :
       {std::string(flags->inputFile), std::string(flags->check)})
    store->addFolder(llvm::sys::path::parent_path(file).str());
  shareWeights(registry, store);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  // New weights of the pipeline live in its store.
  context.loadDialect<onnx::ONNXDialect>();
  llvm::SourceMgr sources, otherSources;
  SourceMgrDiagnosticHandler handler(sources, &context);
  int code = 0;
  OwningOpRef<ModuleOp> other;
  if (!flags->check.empty() && flags->check != "reference" &&
      !(other = parse(flags->check, otherSources, context, code)))
    return code;
  OwningOpRef<ModuleOp> module =
      parse(flags->inputFile, sources, context, code);
  if (!module)
    return code;
  SmallVector<func::FuncOp> functions = findEntries(*module);
  if (functions.empty()) {
    llvm::errs() << "expected a function "
                 << (flags->entry.empty() ? "" : "'" + flags->entry + "' ")
                 << "in " << flags->inputFile << ", found none\n";
    return kUsage;
  }
  setThreads(std::max(1u, unsigned(flags->threads)));
  for (func::FuncOp function : functions) {
    if (functions.size() > 1)
      llvm::outs() << function.getName() << ": ";
    llvm::outs().flush();
    if (int failed =
            run(*module, function.getName(), other ? *other : ModuleOp()))
      return failed;
  }
  return 0;
}
