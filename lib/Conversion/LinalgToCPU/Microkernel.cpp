//===- Microkernel.cpp - Products in registers ----------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each step of the sum reads one row of a panel and one number of each token,
// and updates the whole tile. Where columns of several blocks alternate it
// reads one number per block and repeats them over the vector, so that the
// result is written side by side and no shuffle takes place.
//
//===----------------------------------------------------------------------===//

#include "Microkernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace slin;

namespace {
class KernelWriter {
public:
  KernelWriter(OpBuilder &builder, Location location, const Contraction &c,
               const Panels &panels, memref::GlobalOp packed,
               const Tiling &tiling, bool overwrite)
      : b(builder), location(location), c(c), panels(panels), packed(packed),
        tiling(tiling), overwrite(overwrite),
        vector(VectorType::get({panels.lanes}, c.accumulator)) {}

  void write();

private:
  void writeBlock(Value block, Value tokens, Value groups);
  void writeTiles(Value firstToken, Value endToken, Value firstPanel,
                  Value endPanel, Value firstStep, Value endStep);
  void writeTile(Value token, int64_t count, Value panel, Value firstStep,
                 Value endStep);
  SmallVector<Value> sum(Value token, int64_t count, Value panel, Value input,
                         Value firstStep, Value endStep, ValueRange start);
  /// Which lanes of each part of panel `within` of its run are columns.
  void makeMasks(Value within);
  /// The tile before the sum, or before the next part of it.
  SmallVector<Value> startTile(Value token, int64_t count, Value column,
                               Value firstStep);
  Value inputVector(Value token, Value input, Value step);
  Value readResult(Value token, Value column, int64_t part);
  void writeResult(Value token, Value column, int64_t part, Value value);

  Value index(int64_t number) {
    return arith::ConstantIndexOp::create(b, location, number);
  }
  Value add(Value x, Value y) {
    return b.createOrFold<arith::AddIOp>(location, x, y);
  }
  Value add(Value x, int64_t y) { return y == 0 ? x : add(x, index(y)); }
  Value multiply(Value x, int64_t y) {
    return y == 1 ? x : b.createOrFold<arith::MulIOp>(location, x, index(y));
  }
  Value minimum(Value x, Value y) {
    return b.createOrFold<arith::MinSIOp>(location, x, y);
  }
  Value divide(Value x, int64_t y) {
    return b.createOrFold<arith::DivUIOp>(location, x, index(y));
  }
  Value remainder(Value x, Value y) {
    return b.createOrFold<arith::RemUIOp>(location, x, y);
  }
  /// A number or a vector in the accumulator's element type.
  Value widen(Value value);
  void loop(Value begin, Value end, int64_t step,
            llvm::function_ref<void(Value)> body);

  OpBuilder &b;
  Location location;
  const Contraction &c;
  const Panels &panels;
  memref::GlobalOp packed;
  const Tiling &tiling;
  bool overwrite;
  VectorType vector;
  Value weight;
  /// Of the parts of the panel at hand; empty where every lane is a column.
  SmallVector<Value> masks;
};
} // namespace

void KernelWriter::loop(Value begin, Value end, int64_t step,
                        llvm::function_ref<void(Value)> body) {
  auto op = scf::ForOp::create(b, location, begin, end, index(step));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.getBody());
  body(op.getInductionVar());
}

Value KernelWriter::widen(Value value) {
  Type type = c.accumulator;
  if (auto shaped = dyn_cast<VectorType>(value.getType()))
    type = shaped.clone(type);
  return value.getType() == type
             ? value
             : arith::ExtFOp::create(b, location, type, value).getResult();
}

//===----------------------------------------------------------------------===//
// In registers
//===----------------------------------------------------------------------===//

Value KernelWriter::inputVector(Value token, Value input, Value step) {
  Value place = add(input, multiply(step, c.depthStride));
  if (c.period == 1) {
    Value number = widen(
        memref::LoadOp::create(b, location, c.input, ValueRange{token, place}));
    return vector::BroadcastOp::create(b, location, vector, number);
  }
  Type elementType = cast<MemRefType>(c.input.getType()).getElementType();
  Value few = widen(vector::LoadOp::create(
      b, location, VectorType::get({c.period}, elementType), c.input,
      ValueRange{token, place}));
  SmallVector<int64_t> lanes;
  for (int64_t lane = 0; lane < panels.lanes; ++lane)
    lanes.push_back(lane % c.period);
  return vector::ShuffleOp::create(b, location, few, few, lanes);
}

SmallVector<Value> KernelWriter::sum(Value token, int64_t count, Value panel,
                                     Value input, Value firstStep,
                                     Value endStep, ValueRange start) {
  auto op =
      scf::ForOp::create(b, location, firstStep, endStep, index(1), start);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.getBody());
  Value step = op.getInductionVar();
  auto stored = VectorType::get(
      {panels.lanes}, cast<MemRefType>(weight.getType()).getElementType());
  SmallVector<Value> row, totals;
  for (int64_t part = 0; part < panels.vectors; ++part)
    row.push_back(widen(vector::LoadOp::create(
        b, location, stored, weight,
        ValueRange{panel, step, index(part * panels.lanes)})));
  for (int64_t i = 0; i < count; ++i) {
    Value numbers = inputVector(add(token, i), input, step);
    for (int64_t part = 0; part < panels.vectors; ++part)
      totals.push_back(vector::FMAOp::create(
          b, location, numbers, row[part], op.getRegionIterArg(totals.size())));
  }
  scf::YieldOp::create(b, location, totals);
  return llvm::to_vector_of<Value>(op.getResults());
}

/// Columns of the lanes, relative to the first one.
static Value laneColumns(OpBuilder &b, Location location, int64_t lanes,
                         int64_t stride) {
  SmallVector<int32_t> columns;
  for (int64_t lane = 0; lane < lanes; ++lane)
    columns.push_back(lane * stride);
  auto type = VectorType::get({lanes}, b.getI32Type());
  return arith::ConstantOp::create(
      b, location, DenseElementsAttr::get(type, ArrayRef<int32_t>(columns)));
}

Value KernelWriter::readResult(Value token, Value column, int64_t part) {
  Value place = add(column, part * panels.lanes * c.columnStride);
  SmallVector<Value> indices{token, place};
  if (c.columnStride == 1 && masks.empty())
    return vector::LoadOp::create(b, location, vector, c.result, indices);
  Value zero =
      arith::ConstantOp::create(b, location, vector, b.getZeroAttr(vector));
  if (c.columnStride == 1)
    return vector::MaskedLoadOp::create(b, location, vector, c.result, indices,
                                        masks[part], zero);
  Value columns = laneColumns(b, location, panels.lanes, c.columnStride);
  return vector::GatherOp::create(b, location, vector, c.result, indices,
                                  columns, masks[part], zero);
}

void KernelWriter::writeResult(Value token, Value column, int64_t part,
                               Value value) {
  SmallVector<Value> indices{token,
                             add(column, part * panels.lanes * c.columnStride)};
  if (c.columnStride != 1) {
    Value columns = laneColumns(b, location, panels.lanes, c.columnStride);
    vector::ScatterOp::create(b, location, Type(), c.result, indices, columns,
                              masks[part], value);
  } else if (masks.empty()) {
    vector::StoreOp::create(b, location, value, c.result, indices);
  } else {
    vector::MaskedStoreOp::create(b, location, c.result, indices, masks[part],
                                  value);
  }
}

void KernelWriter::makeMasks(Value within) {
  masks.clear();
  if (!panels.isFull || c.columnStride != 1) {
    auto type = VectorType::get({panels.lanes}, b.getI1Type());
    Value left = arith::SubIOp::create(b, location, index(c.runLength),
                                       multiply(within, panels.width));
    for (int64_t part = 0; part < panels.vectors; ++part)
      masks.push_back(vector::CreateMaskOp::create(
          b, location, type, ValueRange{add(left, -part * panels.lanes)}));
  }
}

SmallVector<Value> KernelWriter::startTile(Value token, int64_t count,
                                           Value column, Value firstStep) {
  int64_t size = count * panels.vectors;
  SmallVector<Type> types(size, vector);
  auto start = [&](bool read) {
    SmallVector<Value> values;
    Value zero =
        arith::ConstantOp::create(b, location, vector, b.getZeroAttr(vector));
    for (int64_t i = 0; i < size; ++i)
      values.push_back(read ? readResult(add(token, i / panels.vectors), column,
                                         i % panels.vectors)
                            : zero);
    return values;
  };
  SmallVector<Value> totals;
  if (!overwrite || c.depth <= tiling.blockDepth) {
    totals = start(!overwrite);
  } else {
    Value isFirst = arith::CmpIOp::create(b, location, arith::CmpIPredicate::eq,
                                          firstStep, index(0));
    auto choice = scf::IfOp::create(b, location, types, isFirst, true);
    OpBuilder::InsertionGuard guard(b);
    for (bool read : {false, true}) {
      b.setInsertionPointToStart(read ? choice.elseBlock()
                                      : choice.thenBlock());
      scf::YieldOp::create(b, location, start(read));
    }
    totals = llvm::to_vector_of<Value>(choice.getResults());
  }
  return totals;
}

void KernelWriter::writeTile(Value token, int64_t count, Value panel,
                             Value firstStep, Value endStep) {
  Value run = divide(panel, panels.perRun);
  Value within = remainder(panel, index(panels.perRun));
  Value column = add(multiply(run, c.runStart),
                     multiply(within, panels.width * c.columnStride));
  Value input = multiply(run, c.runInput);
  makeMasks(within);
  SmallVector<Value> totals = startTile(token, count, column, firstStep);
  totals = sum(token, count, panel, input, firstStep, endStep, totals);
  for (int64_t i = 0; i < count * panels.vectors; ++i)
    writeResult(add(token, i / panels.vectors), column, i % panels.vectors,
                totals[i]);
}

//===----------------------------------------------------------------------===//
// Around them
//===----------------------------------------------------------------------===//

void KernelWriter::writeTiles(Value firstToken, Value endToken,
                              Value firstPanel, Value endPanel, Value firstStep,
                              Value endStep) {
  Value token = firstToken;
  for (int64_t count = tiling.tileTokens; count > 0; count /= 2) {
    Value left = arith::SubIOp::create(b, location, endToken, token);
    Value next = add(token, multiply(divide(left, count), count));
    loop(token, next, count, [&](Value first) {
      loop(firstPanel, endPanel, 1, [&](Value panel) {
        writeTile(first, count, panel, firstStep, endStep);
      });
    });
    token = next;
  }
}

void KernelWriter::writeBlock(Value block, Value tokens, Value groups) {
  Value firstToken = multiply(
      arith::DivUIOp::create(b, location, block, groups), tiling.blockTokens);
  Value endToken = minimum(tokens, add(firstToken, tiling.blockTokens));
  Value firstPanel = multiply(remainder(block, groups), tiling.groupPanels);
  Value endPanel =
      minimum(index(panels.count), add(firstPanel, tiling.groupPanels));
  weight = memref::GetGlobalOp::create(b, location, packed.getType(),
                                       packed.getSymName());
  if (c.depth <= tiling.blockDepth)
    return writeTiles(firstToken, endToken, firstPanel, endPanel, index(0),
                      index(c.depth));
  loop(index(0), index(c.depth), tiling.blockDepth, [&](Value firstStep) {
    Value endStep = minimum(index(c.depth), add(firstStep, tiling.blockDepth));
    writeTiles(firstToken, endToken, firstPanel, endPanel, firstStep, endStep);
  });
}

void KernelWriter::write() {
  Value tokens = memref::DimOp::create(b, location, c.result, 0);
  int64_t groupCount =
      (panels.count + tiling.groupPanels - 1) / tiling.groupPanels;
  Value blocks =
      divide(add(tokens, tiling.blockTokens - 1), tiling.blockTokens);
  auto parallel = scf::ParallelOp::create(
      b, location, ValueRange{index(0)},
      ValueRange{multiply(blocks, groupCount)}, ValueRange{index(1)});
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(parallel.getBody());
  writeBlock(parallel.getInductionVars()[0], tokens, index(groupCount));
}

void slin::writeContraction(OpBuilder &builder, Location location,
                            const Contraction &contraction,
                            const Panels &panels, memref::GlobalOp packed,
                            const Tiling &tiling, bool overwrite) {
  KernelWriter(builder, location, contraction, panels, packed, tiling,
               overwrite)
      .write();
}
