//===- Arguments.cpp - What a function is run on --------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Numbers are those of the command line: of a file, or of a seed.
//
//===----------------------------------------------------------------------===//

#include "Arguments.h"
#include "NumpyArchive.h"

#include "slin/Dialect/ONNX/IR/ONNXOps.h"
#include "slin/Evaluation/RandomNumbers.h"
#include "slin/Weights/Elements.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace slin;
using evaluation::Tensor;

/// The argument's shape with sizes for the unknown dimensions.
static FailureOr<SmallVector<int64_t>> shapeOf(unsigned argument,
                                               RankedTensorType type,
                                               const ArgumentOptions &options,
                                               llvm::raw_ostream &errors) {
  SmallVector<int64_t> shape(type.getShape());
  size_t unknown = type.getNumDynamicDims();
  if (unknown == 0)
    return shape;
  if (options.tokens == 0 && options.dims.size() < unknown) {
    errors << "argument " << argument << " is '" << type << "': expected "
           << unknown << " sizes in --dim or --tokens, found "
           << options.dims.size() << "\n";
    return failure();
  }
  size_t number = 0;
  for (int64_t &size : shape)
    if (ShapedType::isDynamic(size)) {
      if (options.tokens)
        size = number + 1 == unknown ? options.tokens : 1;
      else
        size = options.dims[number];
      ++number;
      if (size < 1) {
        errors << "expected sizes of at least 1 in --dim and --tokens, found "
               << size << "\n";
        return failure();
      }
    }
  return shape;
}

/// The seed that `text` names.
static std::optional<uint64_t> seedOf(StringRef text) {
  uint64_t seed;
  if (!text.consume_front("random(") || !text.consume_back(")") ||
      text.getAsInteger(10, seed))
    return std::nullopt;
  return seed;
}

namespace {
/// Makes the arguments of one function; archives are opened once.
class ArgumentMaker {
public:
  ArgumentMaker(func::FuncOp function, const ArgumentOptions &options,
                llvm::raw_ostream &errors)
      : function(function), options(options), errors(errors) {}
  FailureOr<Tensor> make(unsigned argument, StringRef input);

private:
  FailureOr<Tensor> draw(unsigned argument, RankedTensorType type,
                         uint64_t seed);
  FailureOr<Tensor> load(unsigned argument, Type given, StringRef path);
  SmallVector<std::string> namesOf(unsigned argument);
  FailureOr<std::string> arrayOf(unsigned argument,
                                 const NumpyArchive &archive);
  onnx::InitializerOp defaultOf(unsigned argument);

  func::FuncOp function;
  const ArgumentOptions &options;
  llvm::raw_ostream &errors;
  llvm::StringMap<NumpyArchive> archives;
};
} // namespace

/// The numbers as elements of `elementType`, reals rounded to it.
static Tensor rounded(Type elementType, ArrayRef<int64_t> shape,
                      std::vector<double> numbers) {
  if (auto real = dyn_cast<FloatType>(elementType)) {
    std::vector<char> bytes = weights::fromDoubles(real, numbers);
    std::string reason;
    (void)weights::toDoubles(
        {RankedTensorType::get(shape, elementType), bytes, nullptr}, numbers,
        reason);
  }
  return evaluation::makeTensor(elementType, shape, std::move(numbers));
}

FailureOr<Tensor> ArgumentMaker::draw(unsigned argument, RankedTensorType type,
                                      uint64_t seed) {
  FailureOr<SmallVector<int64_t>> shape =
      shapeOf(argument, type, options, errors);
  if (failed(shape))
    return failure();
  // Arguments differ even where one option serves all.
  uint64_t own = seed * 0x100000001B3u + argument;
  evaluation::RandomNumbers random(own);
  std::vector<double> numbers(ShapedType::getNumElements(*shape));
  // Integers are indices or flags: 0 or 1.
  bool isReal = isa<FloatType>(type.getElementType());
  for (double &number : numbers) {
    number = random.normal();
    if (!isReal)
      number = number > 0.0;
  }
  return rounded(type.getElementType(), *shape, std::move(numbers));
}

/// What arrays for an argument are called: as it is in the model, else by its
/// place, as `numpy.savez` calls arrays without a name or as dumps call
/// arguments.
SmallVector<std::string> ArgumentMaker::namesOf(unsigned argument) {
  SmallVector<std::string> names;
  if (auto name =
          function.getArgAttrOfType<StringAttr>(argument, onnx::names::kName))
    names.push_back(name.str());
  for (StringRef prefix : {"arg", "arr_"})
    names.push_back((prefix + Twine(argument)).str());
  return names;
}

FailureOr<std::string> ArgumentMaker::arrayOf(unsigned argument,
                                              const NumpyArchive &archive) {
  for (const std::string &name : namesOf(argument))
    if (archive.contains(name))
      return name;
  return failure();
}

/// The initializer that says what an input is that is left out.
onnx::InitializerOp ArgumentMaker::defaultOf(unsigned argument) {
  auto name =
      function.getArgAttrOfType<StringAttr>(argument, onnx::names::kName);
  for (auto initializer : function.front().getOps<onnx::InitializerOp>())
    if (initializer.getDefaultValue() && initializer.getNameAttr() == name)
      return initializer;
  return {};
}

/// Whether `shape` is one of `type`.
static bool fits(RankedTensorType type, ArrayRef<int64_t> shape,
                 int64_t least) {
  if (type.getRank() != int64_t(shape.size()))
    return false;
  for (auto [wanted, size] : llvm::zip(type.getShape(), shape))
    if (size < least || (!ShapedType::isDynamic(wanted) && wanted != size))
      return false;
  return true;
}

FailureOr<Tensor> ArgumentMaker::load(unsigned argument, Type given,
                                      StringRef path) {
  std::string reason;
  auto known = archives.find(path);
  if (known == archives.end()) {
    FailureOr<NumpyArchive> archive = NumpyArchive::open(path, reason);
    if (failed(archive)) {
      errors << reason << "\n";
      return failure();
    }
    known = archives.try_emplace(path, std::move(*archive)).first;
  }
  FailureOr<std::string> name = arrayOf(argument, known->second);
  if (failed(name)) {
    if (onnx::InitializerOp initializer = defaultOf(argument)) {
      auto elements = initializer.getElements(reason);
      if (succeeded(elements))
        return evaluation::readTensor(*elements, reason);
    }
    errors << "'" << path << "': expected an array '"
           << llvm::join(namesOf(argument), "' or '") << "' for argument "
           << argument << ", found " << known->second.listNames() << "\n";
    return failure();
  }
  FailureOr<Tensor> array =
      known->second.read(*name, function.getContext(), reason);
  if (failed(array)) {
    errors << reason << "\n";
    return failure();
  }
  // What the IR does not know is as the file has it.
  auto type = dyn_cast<RankedTensorType>(given);
  if (!type)
    return array;
  Type elementType = type.getElementType();
  auto found = RankedTensorType::get(array->getShape(), elementType);
  if (!fits(type, array->getShape(), options.isCompiled)) {
    errors << "'" << path << "': array '" << *name << "': expected sizes of '"
           << type << "'" << (options.isCompiled ? ", all at least 1" : "")
           << ", found '" << found << "'\n";
    return failure();
  }
  if (array->getElementType() == elementType)
    return array;
  return rounded(elementType, array->getShape(), array->toReals());
}

FailureOr<Tensor> ArgumentMaker::make(unsigned argument, StringRef input) {
  std::optional<uint64_t> seed = seedOf(input);
  if (!seed && !input.ends_with(".npz")) {
    errors << "expected --input=random(SEED) or a file .npz, found '" << input
           << "'\n";
    return failure();
  }
  Type given = function.getArgument(argument).getType();
  auto type = dyn_cast<RankedTensorType>(given);
  bool isReal = type && isa<FloatType>(type.getElementType());
  bool isKnown = type && evaluation::isNumeric(type.getElementType());
  if (options.isCompiled ? !isReal : seed ? !isKnown : type && !isKnown) {
    errors << "argument " << argument << ": expected a tensor of "
           << (options.isCompiled ? "floating-point numbers" : "numbers")
           << " with known rank, found '" << given << "'\n";
    return failure();
  }
  return seed ? draw(argument, type, *seed) : load(argument, given, input);
}

FailureOr<std::vector<Tensor>>
slin::makeArguments(func::FuncOp function, const ArgumentOptions &options,
                    llvm::raw_ostream &errors) {
  unsigned count = function.getNumArguments();
  std::vector<std::string> inputs = options.inputs;
  if (inputs.empty())
    inputs.push_back("random(1)");
  if (inputs.size() != 1 && inputs.size() != count) {
    errors << "expected one --input, or one for each of the " << count
           << " arguments, found " << inputs.size() << "\n";
    return failure();
  }
  ArgumentMaker maker(function, options, errors);
  std::vector<Tensor> tensors;
  for (unsigned i = 0; i < count; ++i) {
    FailureOr<Tensor> tensor =
        maker.make(i, inputs[inputs.size() == 1 ? 0 : i]);
    if (failed(tensor))
      return failure();
    tensors.push_back(std::move(*tensor));
  }
  return tensors;
}
