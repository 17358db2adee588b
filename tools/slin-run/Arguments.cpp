//===- Arguments.cpp - What a function is run on --------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Numbers are made by formulas of our own, so that a seed gives the same ones
// with every standard library.
//
//===----------------------------------------------------------------------===//

#include "Arguments.h"

#include "slin/Weights/Elements.h"

#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace mlir;
using namespace slin;

/// splitmix64, in (0, 1).
static double uniform(uint64_t &state) {
  uint64_t z = (state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return (double((z ^ (z >> 31)) >> 11) + 0.5) / 9007199254740992.0;
}

static std::vector<double> normalNumbers(uint64_t seed, size_t count) {
  std::vector<double> numbers(count);
  for (double &number : numbers) {
    double radius = std::sqrt(-2.0 * std::log(uniform(seed)));
    number = radius * std::cos(2.0 * M_PI * uniform(seed));
  }
  return numbers;
}

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
  std::vector<Tensor> tensors;
  for (unsigned i = 0; i < count; ++i) {
    StringRef input = inputs[inputs.size() == 1 ? 0 : i];
    std::optional<uint64_t> seed = seedOf(input);
    if (!seed) {
      errors << "expected --input=random(SEED), found '" << input << "'\n";
      return failure();
    }
    auto type = dyn_cast<RankedTensorType>(function.getArgument(i).getType());
    auto elementType =
        type ? dyn_cast<FloatType>(type.getElementType()) : FloatType();
    if (!elementType) {
      errors << "argument " << i << ": expected a tensor of floating-point "
             << "numbers with known rank, found '"
             << function.getArgument(i).getType() << "'\n";
      return failure();
    }
    FailureOr<SmallVector<int64_t>> shape = shapeOf(i, type, options, errors);
    if (failed(shape))
      return failure();
    auto known = RankedTensorType::get(*shape, elementType);
    // Arguments differ even where one option serves all.
    uint64_t own = *seed * 0x100000001B3u + i;
    tensors.push_back(
        {known, weights::fromDoubles(
                    elementType, normalNumbers(own, known.getNumElements()))});
  }
  return tensors;
}
