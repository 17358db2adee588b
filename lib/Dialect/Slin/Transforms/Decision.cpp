//===- Decision.cpp - What was decided about a linear ---------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reports are made from the attributes; remarks are for whoever reads along.
// Neither holds times: the same input gives the same output.
//
//===----------------------------------------------------------------------===//

#include "Decision.h"

#include "mlir/IR/Remarks.h"

#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;
using namespace slin;

static remark::RemarkOpts optionsOf(ApplyOp apply, StringRef name) {
  return remark::RemarkOpts::name(name)
      .category("slin-factorize")
      .function(apply.getPath().value_or(""));
}

void slin::noteReplaced(Candidate &candidate, StringRef structure,
                        const Success &success) {
  Builder builder(candidate.dense.getContext());
  NamedAttrList decision;
  std::string text = structure.str();
  auto addSize = [&](StringRef name, int64_t value) {
    if (value == 0)
      return;
    decision.set(name, builder.getI64IntegerAttr(value));
    text += llvm::formatv(", {0} {1}", name, value);
  };
  auto addError = [&](StringRef name, StringRef norm, double value) {
    if (std::isnan(value))
      return;
    decision.set(name, builder.getF64FloatAttr(value));
    text += llvm::formatv(", {0} error {1:e3}", norm, value);
  };
  decision.set("decision", builder.getStringAttr("structured"));
  decision.set("structure", builder.getStringAttr(structure));
  addSize("rank", success.size.rank);
  addSize("blocks", success.size.blocks);
  decision.set("parameters_before",
               builder.getI64IntegerAttr(candidate.parameters()));
  decision.set("parameters_after",
               builder.getI64IntegerAttr(success.parameters));
  text += llvm::formatv(", {0} of {1} parameters", success.parameters,
                        candidate.parameters());
  addError("error_frobenius", "Frobenius", success.errors.frobenius);
  addError("error_activation", "activation", success.errors.activation);
  if (success.biasCorrected)
    decision.set("bias_corrected", builder.getBoolAttr(true));
  for (LinearUse use : candidate.uses) {
    use.apply.setDecisionAttr(decision.getDictionary(builder.getContext()));
    remark::passed(use.apply.getLoc(), optionsOf(use.apply, "Factorized"))
        << text;
  }
}

void slin::noteDeclined(Candidate &candidate, StringRef structure) {
  Builder builder(candidate.dense.getContext());
  NamedAttrList decision;
  decision.set("decision", builder.getStringAttr("dense"));
  decision.set("structure", builder.getStringAttr(structure));
  decision.set("reason", builder.getStringAttr(candidate.reason));
  Attribute parameters = builder.getI64IntegerAttr(candidate.parameters());
  decision.set("parameters_before", parameters);
  decision.set("parameters_after", parameters);
  for (LinearUse use : candidate.uses) {
    use.apply.setDecisionAttr(decision.getDictionary(builder.getContext()));
    remark::missed(use.apply.getLoc(), optionsOf(use.apply, "NotFactorized"))
        << candidate.reason;
  }
}

void slin::noteOtherOperator(ApplyOp apply) {
  Operation *definition = apply.getLinop().getDefiningOp();
  remark::missed(apply.getLoc(), optionsOf(apply, "NotFactorized"))
      << "expected a dense operator, found '" +
             (definition ? definition->getName().getStringRef().str()
                         : std::string("a block argument")) +
             "'";
}
