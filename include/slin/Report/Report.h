//===- Report.h - What was found in a model and done to it ------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The report that `slin inspect` and `slin compress` share. It is collected
// from a model before anything is done to it, since the analysis points into
// the model, and completed from the operators' `decision` dictionaries. The
// same model and decisions give the same bytes.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_REPORT_REPORT_H
#define SLIN_REPORT_REPORT_H

#include "slin/Report/ModelCost.h"

#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>
#include <vector>

namespace slin::onnx {
class FFNAnalysis;
struct FFN;
struct Linear;
} // namespace slin::onnx

namespace slin::report {

/// What the cost model said about the forms of a linear.
struct FormsReport {
  struct Form {
    /// `stored`, `regrouped` or `dense`.
    std::string name;
    int64_t parameters = 0;
    /// Estimated seconds at each token count.
    std::vector<double> seconds;
  };
  std::string target;
  std::vector<int64_t> tokens;
  std::vector<Form> forms;
  /// The forms that were kept, and the token counts at which the second one and
  /// each further one begins to serve.
  std::vector<std::string> chosen;
  std::vector<int64_t> bounds;
};

/// One linear of an FFN, before and after.
struct LinearReport {
  std::string node, weight;
  std::optional<std::string> bias;
  /// `up`, `gate` or `down`.
  std::string role;
  int64_t in = 0, out = 0;
  /// Element type of the weight, as numpy writes it.
  std::string dtype;
  /// How many linears of FFNs read the weight.
  int64_t uses = 1;
  std::string structure = "dense";
  std::optional<int64_t> rank, blocks;
  /// Of the weight alone, without the bias.
  Cost before, after;
  /// ‖W − Ŵ‖_F / ‖W‖_F, and √tr(ΔCΔᵀ) / √tr(WCWᵀ) with Δ = W − Ŵ and C the
  /// second moment of the inputs.
  std::optional<double> frobenius, activation;
  std::optional<FormsReport> forms;
  /// `structured`, `dense`, `kept` for one that was structured before, `merged`
  /// for one that no longer is, `regrouped` or `by_tokens`, and why.
  std::string decision = "dense", reason;
  /// Whether its FFN is rewritable and no pattern left it out.
  bool matched = false;
  /// Equal for linears that share a weight.
  unsigned weightNumber = 0;
};

struct FFNReport {
  std::string path, graph;
  /// `plain`, `gated` or `mlp_like`; `linear` for a structured linear alone.
  std::string kind;
  std::string activation;
  bool rewritable = true;
  std::string reason;
  std::vector<LinearReport> linears;
};

struct DeclinedReport {
  std::string node, reason, hint;
};

/// An exact rewrite that was done before anything else.
struct RewriteReport {
  std::string pass, node, text;
};

/// Everything the JSON says.
class Report {
public:
  /// Describes `module`, imported from the file at `path`. With `mlpLike`,
  /// cones that only resemble FFNs count as matched.
  static Report collect(mlir::ModuleOp module,
                        const onnx::FFNAnalysis &analysis, llvm::StringRef path,
                        bool mlpLike);

  /// Takes over what was decided: the `decision` of every slin.apply of
  /// `module` goes to the linear with its path.
  void addDecisions(mlir::ModuleOp module);

  /// What the whole model costs after it was rewritten.
  void setAfter(const Cost &cost) { modelAfter = cost; }

  /// SHA-256 of the model file (external data is not read), as hexadecimal
  /// text.
  void setHash(llvm::StringRef hash) { sha256 = hash.str(); }

  void addRewrite(llvm::StringRef pass, llvm::StringRef node,
                  llvm::StringRef text) {
    rewrites.push_back({pass.str(), node.str(), text.str()});
  }

  void addWarning(llvm::StringRef text) { warnings.push_back(text.str()); }

  /// Writes the report as JSON, in a fixed order of keys. Costs are raw
  /// numbers; a weight that several linears read counts once in the totals of
  /// parameters and bytes, and at each linear in those of MACs.
  void print(llvm::raw_ostream &os) const;

  std::string path, sha256;
  Cost modelBefore, modelAfter;
  std::vector<FFNReport> ffns;
  std::vector<DeclinedReport> declined;
  std::vector<RewriteReport> rewrites;
  std::vector<std::string> warnings;
};

/// The SHA-256 of a file as hexadecimal text; empty if it cannot be read.
std::string hashOfFile(llvm::StringRef path);

/// The name numpy has for an element type: `float32`, `bfloat16`, `int8`;
/// MLIR's own for types numpy lacks.
std::string nameOfElementType(mlir::Type type);

} // namespace slin::report

#endif // SLIN_REPORT_REPORT_H
