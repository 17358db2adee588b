//===- slin-run.cpp - Run a function --------------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runs a function on generated or given inputs: compiles one of slin ops for
// this machine, evaluates one with ONNX nodes in f64. What the results should
// be is what the operators' terms say, another definition of the function, or
// arrays of a file. Lit tests execute IR with it, without Python.
//
//===----------------------------------------------------------------------===//

#include "Arguments.h"
#include "Comparison.h"
#include "Execution.h"
#include "NumpyArchive.h"
#include "Threads.h"

#include "slin/Dialect/ONNX/IR/ONNXOps.h"
#include "slin/Dialect/Slin/IR/SlinDialect.h"
#include "slin/Evaluation/Evaluation.h"
#include "slin/Evaluation/Rounding.h"
#include "slin/Pipelines/Registration.h"
#include "slin/Target/ONNX/ONNXFiles.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace slin;
using evaluation::Tensor;
namespace cl = llvm::cl;

namespace {
/// Of the command line. LLVM registers options of its own, some of the same
/// names; they are removed before these are made.
struct Flags {
  cl::OptionCategory category{"slin-run options"};
  cl::opt<std::string> inputFile{cl::Positional, cl::init("-"),
                                 cl::desc("<file.mlir or .onnx>"),
                                 cl::cat(category)};
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
      cl::desc("Compare the results with what the function means in f64, or "
               "the one of its name in a file .mlir or .onnx, or with the "
               "arrays of a file .npz, called as the results in the model, or "
               "res0, …, or arr_0, …")};
  cl::opt<bool> evaluates{
      "evaluate", cl::cat(category),
      cl::desc("Evaluate in f64 instead of compiling, as is done with "
               "functions that have ONNX nodes")};
  cl::opt<double> tolerance{
      "tolerance", cl::init(0.0), cl::cat(category),
      cl::desc("Largest relative error; by default the type's, or, between two "
               "evaluations, that of the weights that differ")};
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

/// Whether `file` holds arrays rather than IR.
static bool isArchive(StringRef file) { return file.ends_with(".npz"); }

/// What messages call `op`.
static std::string nameOf(Operation *op) {
  if (auto path = op->getAttrOfType<StringAttr>("path"))
    return path.str();
  if (auto node = dyn_cast<onnx::NodeOpInterface>(op);
      node && !node.getNodeName().empty())
    return node.getNodeName().str();
  if (auto weight = dyn_cast<weights::WeightOpInterface>(op))
    return weight.getWeightName().str();
  std::string name =
      op->getNumResults() ? onnx::nameOf(op->getResult(0)) : std::string();
  return name.empty() ? op->getName().getStringRef().str() : name;
}

/// Tokens of the first argument.
static int64_t tokenCount(ArrayRef<Tensor> arguments) {
  int64_t count = 1;
  if (!arguments.empty() && arguments.front().getRank() > 0)
    for (int64_t size : arguments.front().getShape().drop_back())
      count *= size;
  return std::max<int64_t>(count, 1);
}

static void measure(CompiledFunction &function,
                    std::vector<Buffer> &arguments) {
  std::vector<double> times(flags->repeat);
  for (double &seconds : times)
    function.run(arguments, &seconds);
  llvm::sort(times);
  llvm::outs() << llvm::format(
      "time: median %.3f ms, best %.3f ms of %u runs, %u threads\n",
      times[times.size() / 2] * 1e3, times.front() * 1e3,
      unsigned(flags->repeat), unsigned(flags->threads));
}

/// What `function` gives in f64; fails after an error at what has no meaning.
static FailureOr<std::vector<Tensor>> evaluate(func::FuncOp function,
                                               ArrayRef<Tensor> arguments) {
  static evaluation::WeightCache weights;
  evaluation::EvaluationOptions options;
  options.tokens = tokenCount(arguments);
  evaluation::Evaluation evaluation(weights, std::move(options));
  for (auto [argument, tensor] : llvm::zip(function.getArguments(), arguments))
    evaluation.set(argument, tensor);
  evaluation.run(function.front());
  std::vector<Tensor> results;
  for (Value value : function.front().getTerminator()->getOperands()) {
    std::optional<Tensor> result = evaluation.find(value);
    if (result) {
      results.push_back(std::move(*result));
      continue;
    }
    evaluation::Obstacle obstacle = evaluation.obstacleOf(value);
    std::string name = obstacle.op ? nameOf(obstacle.op) : "";
    (obstacle.op ? obstacle.op : function.getOperation())->emitError()
        << (name.empty() ? "" : "'" + name + "' cannot be evaluated: ")
        << (obstacle.reason.empty() ? "a result is not evaluated"
                                    : obstacle.reason);
    return failure();
  }
  return results;
}

/// The arrays of the file that `--check` names.
static FailureOr<std::vector<Tensor>> loadResults(func::FuncOp function) {
  std::string reason;
  FailureOr<NumpyArchive> archive = NumpyArchive::open(flags->check, reason);
  std::vector<Tensor> results;
  for (unsigned i = 0; succeeded(archive) && i < function.getNumResults();
       ++i) {
    SmallVector<std::string> names;
    if (auto name =
            function.getResultAttrOfType<StringAttr>(i, onnx::names::kName))
      names.push_back(name.str());
    for (StringRef prefix : {"res", "arr_"})
      names.push_back((prefix + Twine(i)).str());
    auto known = llvm::find_if(names, [&](const std::string &name) {
      return archive->contains(name);
    });
    if (known == names.end()) {
      reason = "'" + flags->check + "': expected an array '" +
               llvm::join(names, "' or '") + "' for result " +
               std::to_string(i) + ", found " + archive->listNames();
      break;
    }
    auto array = archive->read(*known, function.getContext(), reason);
    if (failed(array))
      break;
    results.push_back(std::move(*array));
  }
  if (succeeded(archive) && results.size() == function.getNumResults())
    return results;
  llvm::errs() << reason << "\n";
  return failure();
}

/// The function of the same name and arguments in `other`.
static func::FuncOp findDefinition(func::FuncOp function, ModuleOp other) {
  auto definition = other.lookupSymbol<func::FuncOp>(function.getName());
  if (definition && !definition.isDeclaration() &&
      definition.getArgumentTypes() == function.getArgumentTypes() &&
      definition.getNumResults() == function.getNumResults())
    return definition;
  llvm::errs() << "expected a function '" << function.getName() << "' of type "
               << function.getFunctionType() << " in " << flags->check
               << ", found " << (definition ? "another type" : "none") << "\n";
  return {};
}

/// What a function is run on and compared with.
struct Run {
  func::FuncOp function;
  std::vector<Tensor> arguments;
  bool isEvaluated = false;
  /// By `--check`, with the largest error between two evaluations.
  std::optional<std::vector<Tensor>> references;
  double tolerance = 0.0;
};

/// Reads or evaluates what the results of `run` should be.
static LogicalResult findReferences(Run &run, ModuleOp other) {
  FailureOr<std::vector<Tensor>> references;
  run.tolerance = flags->tolerance;
  if (isArchive(flags->check)) {
    references = loadResults(run.function);
  } else {
    func::FuncOp definition = run.function;
    if (other && !(definition = findDefinition(run.function, other)))
      return failure();
    references = evaluate(definition, run.arguments);
    if (run.isEvaluated && run.tolerance == 0.0)
      run.tolerance =
          evaluation::permittedError(evaluation::weightsOf(definition),
                                     evaluation::weightsOf(run.function));
  }
  if (failed(references))
    return failure();
  run.references = std::move(*references);
  return success();
}

/// Compiles the function, in a module that is its own, and calls it.
static FailureOr<std::vector<Tensor>> execute(ModuleOp module, Run &run) {
  func::FuncOp function = run.function;
  CPUOptions pipeline;
  pipeline.tokens = tokenCount(run.arguments);
  pipeline.vectorBits =
      flags->vectorBits >= 0 ? int64_t(flags->vectorBits) : hostVectorBits();
  for (auto unused : llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
    if (unused != function)
      unused.erase();
  // Names in the model say nothing to LLVM.
  function.removeArgAttrsAttr();
  function.removeResAttrsAttr();
  std::vector<Buffer> arguments;
  for (const Tensor &argument : run.arguments)
    arguments.push_back(toBuffer(argument));
  auto compiled =
      CompiledFunction::compile(module, function.getName().str(), pipeline);
  if (!compiled)
    return failure();
  std::vector<Tensor> results;
  for (const Buffer &result : compiled->run(arguments))
    results.push_back(fromBuffer(result));
  if (flags->repeat)
    measure(*compiled, arguments);
  return results;
}

/// Runs `name`, in a copy of `module`: compiling takes it apart.
static int run(ModuleOp module, StringRef name, ModuleOp other) {
  OwningOpRef<ModuleOp> copy = module.clone();
  Run run{copy->lookupSymbol<func::FuncOp>(name)};
  run.isEvaluated = flags->evaluates || evaluation::needsNodes(run.function);
  ArgumentOptions options{{flags->inputs.begin(), flags->inputs.end()},
                          {flags->dims.begin(), flags->dims.end()},
                          flags->tokens,
                          !run.isEvaluated};
  if (run.isEvaluated && (flags->repeat || flags->check == "reference")) {
    llvm::errs() << "'" << name << "' is evaluated, not compiled: expected "
                 << "neither --repeat nor --check=reference\n";
    return kUsage;
  }
  auto arguments = makeArguments(run.function, options, llvm::errs());
  if (failed(arguments))
    return kUsage;
  run.arguments = std::move(*arguments);
  for (Type type : run.function.getResultTypes())
    if (!run.isEvaluated && !isa<RankedTensorType>(type)) {
      llvm::errs() << "expected results of tensors with known rank, found '"
                   << type << "'\n";
      return kFailed;
    }
  if (!flags->check.empty() && failed(findReferences(run, other)))
    return kFailed;
  auto results = run.isEvaluated ? evaluate(run.function, run.arguments)
                                 : execute(*copy, run);
  if (failed(results))
    return kFailed;
  if (flags->printResult)
    print(*results, llvm::outs());
  if (run.references && failed(compare(*results, *run.references, run.tolerance,
                                       llvm::outs(), llvm::errs())))
    return kFailed;
  return 0;
}

/// The module in `file`; null, with the exit code, after an error.
static OwningOpRef<ModuleOp> parse(StringRef file, llvm::SourceMgr &sources,
                                   MLIRContext &context, int &code) {
  std::string error;
  if (file.ends_with(".onnx")) {
    code = kFailed;
    onnx::ImportOptions options;
    options.dataFolders.assign(flags->dataFolders.begin(),
                               flags->dataFolders.end());
    return onnx::importFile(file, &context, options);
  }
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
  if (!cl::ParseCommandLineOptions(argc, argv,
                                   "Run a function of slin ops or ONNX nodes\n",
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
      !isArchive(flags->check) &&
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
