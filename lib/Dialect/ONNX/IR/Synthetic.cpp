//===- Synthetic.cpp - Numbers made by a formula --------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Draws from std::mt19937_64, whose sequence the standard fixes. Its
// distributions are left to the library, so uniform and normal numbers
// (Box and Muller) are made here.
//
//===----------------------------------------------------------------------===//

#include "Synthetic.h"

#include <cmath>
#include <random>

using namespace mlir;
using namespace slin;

namespace {
class Generator {
public:
  explicit Generator(uint64_t seed) : engine(seed) {}
  /// In [0, 1), 53 bits.
  double uniform() { return double(engine() >> 11) * 0x1p-53; }
  double normal() {
    double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }

private:
  std::mt19937_64 engine;
};
} // namespace

static void fillLowRank(Generator &generator, int64_t rows, int64_t columns,
                        int64_t rank, double scale,
                        std::vector<double> &values) {
  std::vector<double> left(rows * rank), right(rank * columns);
  for (double &value : left)
    value = generator.normal();
  for (double &value : right)
    value = generator.normal();
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t k = 0; k < rank; ++k)
      for (int64_t j = 0; j < columns; ++j)
        values[i * columns + j] +=
            scale * left[i * rank + k] * right[k * columns + j];
}

weights::Elements onnx::generateSynthetic(SyntheticAttr attribute) {
  ShapedType type = attribute.getType();
  Generator generator(attribute.getSeed());
  double scale = attribute.getScale().getValueAsDouble();
  std::vector<double> values(type.getNumElements());
  StringRef kind = attribute.getKind().getValue();
  if (kind == "low_rank")
    fillLowRank(generator, type.getDimSize(0), type.getDimSize(1),
                attribute.getRank(), scale, values);
  else
    for (double &value : values)
      value = scale * (kind == "normal" ? generator.normal()
                                        : 2 * generator.uniform() - 1);
  auto owner = std::make_shared<std::vector<char>>(
      weights::fromDoubles(cast<FloatType>(type.getElementType()), values));
  return weights::Elements{type, ArrayRef<char>(*owner), owner};
}
