//===- GraphImporter.h - GraphProto to a block ------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Graphs, subgraphs and function bodies are imported by one class. A graph's
// names become values; nodes are put into topological order where the file does
// not have them so.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_TARGET_ONNX_GRAPHIMPORTER_H
#define SLIN_LIB_TARGET_ONNX_GRAPHIMPORTER_H

#include "ImportContext.h"

#include "mlir/IR/Builders.h"

namespace slin::onnx {

using Nodes = google::protobuf::RepeatedPtrField<::onnx::NodeProto>;
using ValueInfos = google::protobuf::RepeatedPtrField<::onnx::ValueInfoProto>;

/// Imports one graph into one block.
class GraphImporter {
public:
  GraphImporter(ImportContext &import, GraphImporter *outer = nullptr)
      : import(import), context(import.context), outer(outer),
        builder(import.context) {}

  /// The inputs, outputs and side information of a graph, as attributes.
  struct Description {
    llvm::SmallVector<mlir::Attribute> inputs, outputs;
    mlir::DictionaryAttr graph;
  };

  /// Fills `block` with the graph up to the terminator; `results` are its
  /// outputs.
  mlir::LogicalResult importGraph(const ::onnx::GraphProto &graph,
                                  mlir::Block *block,
                                  llvm::SmallVectorImpl<mlir::Value> &results,
                                  Description &description);
  mlir::LogicalResult
  importFunction(const ::onnx::FunctionProto &function, mlir::Block *block,
                 llvm::SmallVectorImpl<mlir::Value> &results,
                 mlir::NamedAttrList &description);

private:
  mlir::LogicalResult addInput(const std::string &name, mlir::Type type,
                               mlir::Block *block);
  mlir::LogicalResult define(llvm::StringRef name, mlir::Value value,
                             llvm::StringRef node);
  mlir::Value lookup(llvm::StringRef name);
  mlir::Value none();
  mlir::FailureOr<mlir::Value> use(llvm::StringRef name, llvm::StringRef node);

  mlir::LogicalResult importInitializers(const ::onnx::GraphProto &graph);
  mlir::LogicalResult importNodes(const Nodes &nodes);
  mlir::LogicalResult
  sort(const Nodes &nodes,
       llvm::SmallVectorImpl<const ::onnx::NodeProto *> &order);
  mlir::LogicalResult importNode(const ::onnx::NodeProto &node);
  mlir::LogicalResult importAttributes(const ::onnx::NodeProto &node,
                                       mlir::OperationState &state,
                                       mlir::NamedAttrList &attributes);
  mlir::LogicalResult
  importSubgraph(const ::onnx::GraphProto &graph, llvm::StringRef attribute,
                 bool inList, mlir::OperationState &state,
                 llvm::SmallVectorImpl<mlir::Attribute> &graphs);
  mlir::LogicalResult
  collectOutputs(const ValueInfos &outputs,
                 llvm::SmallVectorImpl<mlir::Value> &results,
                 llvm::SmallVectorImpl<mlir::Attribute> &descriptions);
  mlir::ArrayAttr describeValues(const ValueInfos &values,
                                 const ValueInfos *outputs);
  mlir::Type typeOf(llvm::StringRef name);

  ImportContext &import;
  mlir::MLIRContext *context;
  GraphImporter *outer;
  mlir::OpBuilder builder;
  mlir::Block *block = nullptr;
  llvm::StringMap<mlir::Value> values;
  llvm::StringMap<mlir::Type> types;
  mlir::Value noneValue;
  /// Results of nodes in order, for the default order of value information.
  llvm::SmallVector<mlir::Value> results;
};

/// The operators of a model or function and the name of a node for messages.
std::string nameForMessages(const ::onnx::NodeProto &node);

} // namespace slin::onnx

#endif // SLIN_LIB_TARGET_ONNX_GRAPHIMPORTER_H
