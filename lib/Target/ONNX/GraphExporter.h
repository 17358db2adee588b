//===- GraphExporter.h - A block to a GraphProto ----------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The counterpart of GraphImporter: values get their names back, ops become
// nodes in the order of the block.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_TARGET_ONNX_GRAPHEXPORTER_H
#define SLIN_LIB_TARGET_ONNX_GRAPHEXPORTER_H

#include "ExportContext.h"

#include "slin/Dialect/ONNX/IR/ONNXOps.h"

namespace slin::onnx {

/// Writes one block.
class GraphExporter {
public:
  explicit GraphExporter(ExportContext &context) : context(context) {}

  /// `inputs` and `outputs` describe the ends of the graph as
  /// SideInformation.h says.
  mlir::LogicalResult exportGraph(mlir::Block &block,
                                  mlir::ArrayRef<mlir::Attribute> inputs,
                                  mlir::ArrayRef<mlir::Attribute> outputs,
                                  mlir::DictionaryAttr info,
                                  ::onnx::GraphProto &graph);
  mlir::LogicalResult exportFunction(mlir::Block &block,
                                     mlir::ArrayRef<mlir::Attribute> inputs,
                                     mlir::ArrayRef<mlir::Attribute> outputs,
                                     mlir::DictionaryAttr info,
                                     ::onnx::FunctionProto &function);

private:
  using Nodes = google::protobuf::RepeatedPtrField<::onnx::NodeProto>;
  using ValueInfos = google::protobuf::RepeatedPtrField<::onnx::ValueInfoProto>;

  mlir::LogicalResult nameOutputs(mlir::Block &block,
                                  mlir::ArrayRef<mlir::Attribute> outputs);
  std::string name(mlir::Value value);
  mlir::LogicalResult exportNodes(mlir::Block &block, Nodes &nodes,
                                  ::onnx::GraphProto *graph);
  mlir::LogicalResult exportNode(NodeOpInterface node,
                                 ::onnx::NodeProto &message);
  mlir::LogicalResult exportSubgraphs(NodeOp node, ::onnx::NodeProto &message);
  void exportValueInfos(mlir::Block &block, mlir::DictionaryAttr info,
                        ValueInfos &messages);

  ExportContext &context;
  /// Names that outputs of the graph impose.
  llvm::DenseMap<mlir::Value, std::string> imposed;
  llvm::StringSet<> outputNames;
  /// Identity nodes for outputs whose value already has another name.
  std::vector<std::pair<std::string, std::string>> copies;
};

} // namespace slin::onnx

#endif // SLIN_LIB_TARGET_ONNX_GRAPHEXPORTER_H
