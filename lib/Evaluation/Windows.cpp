//===- Windows.cpp - Windows that move over spatial axes ------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sizes as ONNX defines them, with automatic pads.
//
//===----------------------------------------------------------------------===//

#include "Places.h"
#include "Windows.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace slin;
using namespace slin::evaluation;

int64_t Windows::elements() const { return countOf(kernel); }
int64_t Windows::count() const { return countOf(output); }

/// A list of one number per axis, or `otherwise`.
static FailureOr<Shape> listOf(NodeCall &call, StringRef name, size_t axes,
                               int64_t least, int64_t otherwise) {
  Shape list = call.integers(name).value_or(Shape(axes, otherwise));
  if (list.size() != axes || llvm::any_of(list, [&](int64_t number) {
        return number < least || number > kMostElements;
      }))
    return call.fail("expected " + Twine(axes) + " numbers of at least " +
                     Twine(least) + " as '" + name + "', found " +
                     shapeText(list));
  return list;
}

FailureOr<Windows> Windows::of(NodeCall &call, ArrayRef<int64_t> shape,
                               ArrayRef<int64_t> kernel) {
  if (shape.size() < 3 || kernel.size() != shape.size() - 2)
    return call.fail("expected a window of " +
                     Twine(int64_t(shape.size()) - 2) + " axes, found " +
                     shapeText(kernel));
  Windows windows;
  size_t axes = kernel.size();
  windows.input = Shape(shape.drop_front(2));
  windows.kernel = Shape(kernel);
  auto strides = listOf(call, "strides", axes, 1, 1),
       dilations = listOf(call, "dilations", axes, 1, 1),
       pads = listOf(call, "pads", 2 * axes, 0, 0);
  if (failed(strides) || failed(dilations) || failed(pads))
    return failure();
  windows.strides = *strides;
  windows.dilations = *dilations;
  StringRef automatic = call.text("auto_pad", "NOTSET");
  bool rounds = call.integer("ceil_mode", 0);
  for (size_t axis = 0; axis < axes; ++axis) {
    int64_t stride = (*strides)[axis], size = windows.input[axis];
    if (kernel[axis] < 1 || kernel[axis] > kMostElements)
      return call.fail("expected a window, found " + shapeText(kernel));
    int64_t reach = (kernel[axis] - 1) * (*dilations)[axis] + 1;
    int64_t begin = (*pads)[axis], end = (*pads)[axes + axis], steps;
    if (automatic.starts_with("SAME")) {
      steps = llvm::divideCeil(size, stride);
      int64_t total = std::max<int64_t>((steps - 1) * stride + reach - size, 0);
      begin = automatic == "SAME_UPPER" ? total / 2 : total - total / 2;
    } else {
      if (automatic == "VALID")
        begin = end = 0;
      int64_t room = size + begin + end - reach;
      steps = room < 0 ? 0
              : rounds ? llvm::divideCeil(room, stride) + 1
                       : room / stride + 1;
      // No window starts in the pads behind the input.
      if (rounds && (steps - 1) * stride >= size + begin)
        --steps;
    }
    if (steps < 1)
      return call.fail("expected sizes of at least the window's, found " +
                       shapeText(shape));
    windows.begins.push_back(begin);
    windows.output.push_back(steps);
  }
  Shape all = windows.output;
  all.append(windows.kernel);
  return call.count(all) < 0 ? FailureOr<Windows>(failure())
                             : FailureOr<Windows>(windows);
}

std::vector<int64_t> Windows::places(int64_t window) const {
  Shape start(output.size());
  for (size_t axis = output.size(); axis-- > 0; window /= output[axis])
    start[axis] = window % output[axis] * strides[axis] - begins[axis];
  std::vector<int64_t> result(elements());
  for (size_t element = 0; element < result.size(); ++element) {
    int64_t rest = element, place = 0, step = 1;
    for (size_t axis = kernel.size(); axis-- > 0; rest /= kernel[axis]) {
      int64_t at = start[axis] + rest % kernel[axis] * dilations[axis];
      bool isInside = at >= 0 && at < input[axis] && place >= 0;
      place = isInside ? place + at * step : -1;
      step *= input[axis];
    }
    result[element] = place;
  }
  return result;
}
