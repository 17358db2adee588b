//===- Movement.cpp - Elements in other places ----------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Transposing, cutting, joining and repeating: each result is a list of the
// places that its elements come from.
//
//===----------------------------------------------------------------------===//

#include "Movement.h"
#include "Places.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace slin;
using namespace slin::evaluation;

static LogicalResult transpose(NodeCall &call) {
  const Tensor &data = call[0];
  int64_t rank = data.getRank();
  Shape order = llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, rank)));
  if (auto permutation = call.integers("perm"))
    order = *permutation;
  Shape sorted = order;
  llvm::sort(sorted);
  if (!llvm::equal(sorted, llvm::seq<int64_t>(0, rank)))
    return call.fail("expected a permutation of " + Twine(rank) +
                     " axes, found " + shapeText(order));
  return call.give(transposed(data, order));
}

static LogicalResult expand(NodeCall &call) {
  auto target = call.list("shape", 1);
  auto shape = target ? broadcast(call[0].getShape(), *target) : std::nullopt;
  if (!shape || call.count(*shape) < 0)
    return call.fail("expected a shape that " + shapeText(call[0].getShape()) +
                     " broadcasts to");
  return call.give(expanded(call[0], *shape));
}

static LogicalResult tile(NodeCall &call) {
  const Tensor &data = call[0];
  auto repeats = call.list("repeats", 1);
  if (!repeats || int64_t(repeats->size()) != data.getRank())
    return call.fail("expected a number of repeats for each axis");
  Shape shape(data.getShape());
  for (auto [size, count] : llvm::zip(shape, *repeats))
    if (count < 0 || __builtin_mul_overflow(size, count, &size))
      return call.fail("expected repeats of at least 0");
  if (call.count(shape) < 0)
    return failure();
  // Axes as pairs (repeat, size).
  Shape pairs, strides, own = stridesOf(data.getShape());
  for (int64_t axis = 0; axis < data.getRank(); ++axis) {
    pairs.append({(*repeats)[axis], data.getShape()[axis]});
    strides.append({0, own[axis]});
  }
  return call.give(data.taken(placesOf(pairs, strides), shape));
}

LogicalResult evaluation::join(NodeCall &call, ArrayRef<const Tensor *> parts,
                               int64_t axis) {
  Shape shape(parts[0]->getShape());
  axis = call.axis(axis, shape.size());
  if (axis < 0)
    return failure();
  shape[axis] = 0;
  for (const Tensor *part : parts) {
    Shape other(part->getShape());
    if (other.size() != shape.size() || part->isReal() != parts[0]->isReal())
      return call.fail("expected parts of one rank and type");
    shape[axis] += other[axis];
    other[axis] = shape[axis];
    if (other != shape)
      return call.fail("expected parts that differ along axis " + Twine(axis) +
                       " alone, found " + shapeText(part->getShape()));
  }
  if (call.count(shape) < 0)
    return failure();
  int64_t outer = countOf(ArrayRef(shape).take_front(axis));
  auto append = [&](auto elements, auto result) {
    result.reserve(countOf(shape));
    for (int64_t i = 0; i < outer; ++i)
      for (const Tensor *part : parts) {
        int64_t each = part->size() / outer;
        auto own = elements(*part).slice(i * each, each);
        result.insert(result.end(), own.begin(), own.end());
      }
    return Tensor(parts[0]->getElementType(), shape, std::move(result));
  };
  return call.give(
      parts[0]->isReal()
          ? append([](const Tensor &t) { return t.reals(); }, Reals())
          : append([](const Tensor &t) { return t.integers(); }, Integers()));
}

/// Indices `first`, `first + step`, … of axis `axis`.
static Tensor cutOut(const Tensor &data, int64_t axis, int64_t first,
                     int64_t count, int64_t step = 1) {
  Shape shape(data.getShape()), strides = stridesOf(data.getShape());
  int64_t offset = first * strides[axis];
  shape[axis] = count;
  strides[axis] *= step;
  return data.taken(placesOf(shape, strides, offset), shape);
}

LogicalResult evaluation::splitInto(NodeCall &call, const Tensor &data,
                                    int64_t axis, ArrayRef<int64_t> sizes) {
  int64_t first = 0, size = data.getShape()[axis];
  for (int64_t count : sizes) {
    if (count < 0 || count > size - first)
      return call.fail("expected parts that make " + Twine(size) + ", found " +
                       shapeText(sizes));
    (void)call.give(cutOut(data, axis, first, count));
    first += count;
  }
  return success();
}

static LogicalResult concat(NodeCall &call) {
  SmallVector<const Tensor *> parts;
  for (unsigned i = 0; i < call.getNumInputs(); ++i)
    if (const Tensor *part = call.find(i))
      parts.push_back(part);
  return join(call, parts, call.integer("axis", 1));
}

static LogicalResult split(NodeCall &call) {
  const Tensor &data = call[0];
  int64_t axis = call.axis(call.integer("axis", 0), data.getRank());
  if (axis < 0)
    return failure();
  int64_t size = data.getShape()[axis],
          parts = call.integer("num_outputs", call.getNode()->getNumResults());
  if (parts < 1)
    return call.fail("expected a number of parts");
  auto sizes = call.list("split", 1);
  if (!sizes) {
    int64_t each = llvm::divideCeil(size, parts);
    sizes.emplace();
    for (int64_t part = 0; part < std::min(parts, size + 1); ++part)
      sizes->push_back(std::clamp<int64_t>(size - part * each, 0, each));
  }
  return splitInto(call, data, axis, *sizes);
}

static LogicalResult slice(NodeCall &call) {
  Tensor data = call[0];
  auto starts = call.list("starts", 1), ends = call.list("ends", 2),
       axes = call.list("axes", 3), steps = call.list("steps", 4);
  if (!starts || !ends || starts->size() != ends->size() ||
      (axes && axes->size() != starts->size()) ||
      (steps && steps->size() != starts->size()))
    return call.fail("expected a start, an end, an axis and a step for each "
                     "axis that is cut");
  for (size_t i = 0; i < starts->size(); ++i) {
    int64_t axis = call.axis(axes ? (*axes)[i] : int64_t(i), data.getRank());
    int64_t step = steps ? (*steps)[i] : 1;
    if (axis < 0)
      return failure();
    if (step == 0 || step == INT64_MIN)
      return call.fail("expected a step other than 0");
    int64_t size = data.getShape()[axis];
    // Backwards the first index is one before the end.
    auto clamp = [&](int64_t place) {
      return std::clamp<int64_t>(place < 0 ? place + size : place,
                                 step < 0 ? -1 : 0, step < 0 ? size - 1 : size);
    };
    int64_t first = clamp((*starts)[i]), last = clamp((*ends)[i]);
    int64_t length = step < 0 ? first - last : last - first;
    int64_t count = length <= 0 ? 0 : llvm::divideCeil(length, std::abs(step));
    // A step over the whole axis reaches one element.
    step = count < 2 ? 1 : step;
    data = cutOut(data, axis, count ? first : 0, count, step);
  }
  return call.give(data);
}

/// The place on an axis of `size` that index `index` shows, which may lie
/// outside; -1 for the constant.
static int64_t paddedPlace(int64_t index, int64_t size, StringRef mode) {
  if (index >= 0 && index < size)
    return index;
  if (size == 0 || mode == "constant")
    return -1;
  if (mode == "edge")
    return index < 0 ? 0 : size - 1;
  if (mode == "wrap")
    return (index % size + size) % size;
  if (size == 1)
    return 0;
  int64_t period = 2 * (size - 1);
  int64_t place = (index % period + period) % period;
  return place < size ? place : period - place;
}

static LogicalResult pad(NodeCall &call) {
  const Tensor &data = call[0];
  auto pads = call.integers("paddings");
  if (!pads)
    pads = call.list("pads", 1);
  Shape axes = llvm::to_vector(llvm::seq<int64_t>(0, data.getRank()));
  if (const Tensor *given = call.find(3)) {
    axes.clear();
    for (int64_t i = 0; i < given->size(); ++i) {
      axes.push_back(call.axis(given->integerAt(i), data.getRank()));
      if (axes.back() < 0)
        return failure();
    }
  }
  StringRef mode = call.text("mode", "constant");
  if (!pads || pads->size() != 2 * axes.size() ||
      !llvm::is_contained({"constant", "edge", "reflect", "wrap"}, mode))
    return call.fail("expected two pads for each axis and a known mode");
  Shape shape(data.getShape()), begins(data.getRank(), 0);
  for (auto [i, axis] : llvm::enumerate(axes)) {
    int64_t begin = (*pads)[i], end = (*pads)[axes.size() + i];
    if (std::abs(begin) > kMostElements || std::abs(end) > kMostElements)
      return call.fail("expected pads within " + Twine(kMostElements));
    begins[axis] += begin;
    shape[axis] += begin + end;
    if (shape[axis] < 0)
      return call.fail("expected pads that leave no negative size");
  }
  if (call.count(shape) < 0)
    return failure();
  double number = call.number("value", 0.0);
  if (const Tensor *value = call.find(2); value && value->size() == 1)
    number = value->realAt(0);
  Shape own = stridesOf(data.getShape());
  std::vector<int64_t> places = placesOf(shape, stridesOf(shape));
  for (int64_t &place : places) {
    int64_t rest = place;
    place = 0;
    for (int64_t axis = shape.size(); axis-- > 0; rest /= shape[axis]) {
      int64_t at = paddedPlace(rest % shape[axis] - begins[axis],
                               data.getShape()[axis], mode);
      place = at < 0 || place < 0 ? -1 : place + at * own[axis];
    }
  }
  Tensor result = data.taken(places, shape);
  if (number == 0.0)
    return call.give(result);
  Reals numbers = result.toReals();
  for (auto [element, place] : llvm::zip(numbers, places))
    element = place < 0 ? number : element;
  return call.give(
      makeTensor(data.getElementType(), shape, std::move(numbers)));
}

/// [batch, channels, rows, columns] with blocks of pixels as channels.
static LogicalResult spaceToDepth(NodeCall &call, bool toDepth) {
  const Tensor &data = call[0];
  int64_t block = call.integer("blocksize", 0);
  if (data.getRank() != 4 || block < 1 || block > kMostElements)
    return call.fail("expected an image and a block size");
  int64_t n = data.getShape()[0], c = data.getShape()[1],
          h = data.getShape()[2], w = data.getShape()[3];
  if (toDepth ? h % block || w % block : c % (block * block))
    return call.fail("expected sizes that blocks divide");
  bool columnsFirst = call.text("mode", "DCR") == "CRD";
  if (toDepth) {
    Shape order =
        columnsFirst ? Shape{0, 1, 3, 5, 2, 4} : Shape{0, 3, 5, 1, 2, 4};
    Tensor apart = data.reshaped({n, c, h / block, block, w / block, block});
    return call.give(
        transposed(apart, order)
            .reshaped({n, c * block * block, h / block, w / block}));
  }
  int64_t depth = c / (block * block);
  Shape apart = columnsFirst ? Shape{n, depth, block, block, h, w}
                             : Shape{n, block, block, depth, h, w};
  Shape order =
      columnsFirst ? Shape{0, 1, 4, 2, 5, 3} : Shape{0, 3, 4, 1, 5, 2};
  return call.give(transposed(data.reshaped(apart), order)
                       .reshaped({n, depth, h * block, w * block}));
}

void evaluation::addMovement(NodeTable &table) {
  table.add("Transpose", 1, transpose);
  table.add("Expand", 2, expand);
  table.add("Tile", 2, tile);
  table.add("Concat", 1, concat);
  table.add("Split", 1, split);
  table.add("Slice", 1, slice);
  table.add("Pad", 1, pad);
  table.add("SpaceToDepth", 1,
            [](NodeCall &call) { return spaceToDepth(call, true); });
  table.add("DepthToSpace", 1,
            [](NodeCall &call) { return spaceToDepth(call, false); });
}
