//===- Execution.cpp - Functions in machine code --------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Weights are bound as absolute symbols: the code reads them where the store
// has mapped them. Buffers go in and out as descriptors (two pointers, offset,
// sizes, strides), each a list of 64-bit words here.
//
//===----------------------------------------------------------------------===//

#include "Execution.h"
#include "Threads.h"

#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"

#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"

#include <chrono>

using namespace mlir;
using namespace slin;

Buffer slin::toBuffer(const evaluation::Tensor &tensor) {
  auto elementType = cast<FloatType>(tensor.getElementType());
  return {RankedTensorType::get(tensor.getShape(), elementType),
          weights::fromDoubles(elementType, tensor.reals())};
}

evaluation::Tensor slin::fromBuffer(const Buffer &buffer) {
  evaluation::Reals numbers(buffer.type.getNumElements());
  std::string reason;
  // Compiled code has real numbers alone, each of which can be read.
  (void)weights::toDoubles({buffer.type, buffer.bytes, nullptr}, numbers,
                           reason);
  return evaluation::makeTensor(buffer.type.getElementType(),
                                buffer.type.getShape(), std::move(numbers));
}

int64_t slin::hostVectorBits() {
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  if (features.lookup("avx512f") && features.lookup("avx512vl"))
    return 512;
  return features.lookup("avx2") && features.lookup("fma") ? 256 : 128;
}

void slin::registerExecution(DialectRegistry &registry) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
}

/// The same elements at a multiple of their size, as code expects: the bytes of
/// a model may lie anywhere in its file.
static weights::Elements aligned(weights::Elements elements) {
  unsigned width = weights::bitsPerElement(elements.type.getElementType()) / 8;
  if (reinterpret_cast<uintptr_t>(elements.bytes.data()) % width == 0)
    return elements;
  auto copy = std::make_shared<std::vector<char>>(elements.bytes.begin(),
                                                  elements.bytes.end());
  return {elements.type, ArrayRef<char>(*copy), copy};
}

/// Reads the weights of `module`: name and bytes of each.
static FailureOr<std::vector<std::pair<std::string, weights::Elements>>>
loadWeights(ModuleOp module) {
  std::vector<std::pair<std::string, weights::Elements>> loaded;
  auto table = module->getAttrOfType<DictionaryAttr>("slin.weights");
  if (!table)
    return loaded;
  for (NamedAttribute entry : table) {
    std::string reason;
    FailureOr<weights::Elements> elements = weights::loadElements(
        cast<ElementsAttr>(entry.getValue()), module.getOperation(), reason);
    if (failed(elements))
      return module.emitError() << "weight '" << entry.getName().getValue()
                                << "' cannot be read: " << reason;
    loaded.emplace_back(entry.getName().str(), aligned(*elements));
  }
  // They are bound by address from here on.
  module->removeAttr("slin.weights");
  return loaded;
}

std::unique_ptr<CompiledFunction>
CompiledFunction::compile(ModuleOp module, StringRef name,
                          const CPUOptions &options) {
  auto compiled = std::make_unique<CompiledFunction>();
  for (Type type : module.lookupSymbol<func::FuncOp>(name).getResultTypes())
    compiled->resultTypes.push_back(cast<RankedTensorType>(type));
  PassManager manager(module.getContext());
  buildCPUPipeline(manager, options);
  if (failed(manager.run(module)))
    return nullptr;
  auto weights = loadWeights(module);
  if (failed(weights))
    return nullptr;

  auto report = [&](llvm::Error error) {
    module.emitError() << "the code cannot be compiled: "
                       << llvm::toString(std::move(error));
    return nullptr;
  };
  auto host = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!host)
    return report(host.takeError());
  host->setCodeGenOptLevel(llvm::CodeGenOptLevel::Aggressive);
  auto machine = host->createTargetMachine();
  if (!machine)
    return report(machine.takeError());
  auto optimize = makeOptimizingTransformer(3, 0, machine->get());
  ExecutionEngineOptions engineOptions;
  engineOptions.transformer = optimize;
  engineOptions.jitCodeGenOptLevel = llvm::CodeGenOptLevel::Aggressive;
  engineOptions.enableGDBNotificationListener = false;
  engineOptions.enablePerfNotificationListener = false;
  auto engine = ExecutionEngine::create(module, engineOptions);
  if (!engine)
    return report(engine.takeError());
  compiled->engine = std::move(*engine);
  compiled->engine->registerSymbols([&](llvm::orc::MangleAndInterner mangle) {
    llvm::orc::SymbolMap symbols;
    auto bind = [&](StringRef symbol, const void *address) {
      symbols[mangle(symbol)] = {llvm::orc::ExecutorAddr::fromPtr(address),
                                 llvm::JITSymbolFlags::Exported};
    };
    bind("slin_parallel_for",
         reinterpret_cast<const void *>(&slin_parallel_for));
    for (auto &[symbol, elements] : *weights)
      bind(symbol, elements.bytes.data());
    return symbols;
  });
  for (auto &[symbol, elements] : *weights)
    compiled->weights.push_back(elements);
  auto function =
      compiled->engine->lookupPacked(("_mlir_ciface_" + name).str());
  if (!function)
    return report(function.takeError());
  compiled->function = *function;
  return compiled;
}

/// Words of a descriptor of rank `rank`.
static size_t descriptorSize(int64_t rank) { return 3 + 2 * rank; }

static std::vector<int64_t> descriptorOf(Buffer &tensor) {
  ArrayRef<int64_t> shape = tensor.type.getShape();
  int64_t address = reinterpret_cast<int64_t>(tensor.bytes.data());
  std::vector<int64_t> words{address, address, 0};
  words.insert(words.end(), shape.begin(), shape.end());
  words.resize(descriptorSize(shape.size()));
  int64_t stride = 1;
  for (size_t axis = shape.size(); axis-- > 0; stride *= shape[axis])
    words[3 + shape.size() + axis] = stride;
  return words;
}

/// Copies what a descriptor of contiguous elements shows.
static Buffer bufferOf(ArrayRef<int64_t> words, RankedTensorType type) {
  auto known = RankedTensorType::get(words.slice(3, type.getRank()),
                                     type.getElementType());
  size_t width = weights::bitsPerElement(type.getElementType()) / 8;
  const char *begin =
      reinterpret_cast<const char *>(words[1]) + words[2] * int64_t(width);
  return {known, std::vector<char>(begin, begin + known.getNumElements() *
                                                      int64_t(width))};
}

std::vector<Buffer> CompiledFunction::run(std::vector<Buffer> &arguments,
                                          double *seconds) {
  std::vector<std::vector<int64_t>> descriptors;
  for (Buffer &argument : arguments)
    descriptors.push_back(descriptorOf(argument));
  size_t size = 0;
  for (RankedTensorType type : resultTypes)
    size += descriptorSize(type.getRank());
  std::vector<int64_t> results(size);
  std::vector<void *> pointers{results.data()};
  for (std::vector<int64_t> &descriptor : descriptors)
    pointers.push_back(descriptor.data());
  std::vector<void *> packed;
  for (void *&pointer : pointers)
    packed.push_back(&pointer);
  auto begin = std::chrono::steady_clock::now();
  function(packed.data());
  auto end = std::chrono::steady_clock::now();
  if (seconds)
    *seconds = std::chrono::duration<double>(end - begin).count();

  std::vector<Buffer> buffers;
  llvm::SmallPtrSet<void *, 4> owned;
  size_t offset = 0;
  for (RankedTensorType type : resultTypes) {
    ArrayRef<int64_t> words =
        ArrayRef(results).slice(offset, descriptorSize(type.getRank()));
    buffers.push_back(bufferOf(words, type));
    void *allocated = reinterpret_cast<void *>(words[0]);
    bool isArgument = llvm::any_of(arguments, [&](Buffer &argument) {
      return argument.bytes.data() == allocated;
    });
    bool isWeight = llvm::any_of(weights, [&](weights::Elements &elements) {
      return elements.bytes.data() == allocated;
    });
    // A constant in the code has no allocation of its own.
    if (!isArgument && !isWeight && words[0] != 0xdeadbeef)
      owned.insert(allocated);
    offset += words.size();
  }
  for (void *allocated : owned)
    std::free(allocated);
  return buffers;
}
