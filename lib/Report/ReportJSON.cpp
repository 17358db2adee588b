//===- ReportJSON.cpp - The report as JSON --------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Keys are stable and in the order of docs: they are written as a stream, since
// llvm::json's objects forget the order of their keys.
//
//===----------------------------------------------------------------------===//

#include "slin/Report/Report.h"

#include "llvm/Support/JSON.h"

#include <cmath>

using namespace slin::report;
using llvm::json::OStream;

/// Names come from models and may hold any bytes.
static llvm::json::Value text(llvm::StringRef string) {
  return llvm::json::isUTF8(string) ? string.str()
                                    : llvm::json::fixUTF8(string);
}

template <typename T>
static llvm::json::Value orNull(const std::optional<T> &value) {
  if (!value)
    return nullptr;
  if constexpr (std::is_same_v<T, double>)
    if (!std::isfinite(*value))
      return nullptr;
  if constexpr (std::is_same_v<T, std::string>)
    return text(*value);
  else
    return *value;
}

static void writeBeforeAfter(OStream &json, const Cost &before,
                             const Cost &after) {
  auto pair = [&](llvm::StringRef key, uint64_t first, uint64_t second) {
    json.attributeObject(key, [&] {
      json.attribute("before", first);
      json.attribute("after", second);
    });
  };
  pair("parameters", before.parameters, after.parameters);
  pair("macs_per_token", before.macsPerToken, after.macsPerToken);
  pair("bytes", before.bytes, after.bytes);
}

/// A plain array on one line.
template <typename T>
static llvm::json::Value list(const std::vector<T> &values) {
  return llvm::json::Array(values);
}

static void writeForms(OStream &json, const std::optional<FormsReport> &forms) {
  if (!forms)
    return json.attribute("forms", nullptr);
  json.attributeObject("forms", [&] {
    json.attribute("target", text(forms->target));
    json.attribute("tokens", list(forms->tokens));
    json.attributeArray("forms", [&] {
      for (const FormsReport::Form &form : forms->forms)
        json.object([&] {
          json.attribute("form", form.name);
          json.attribute("parameters", form.parameters);
          json.attribute("seconds", list(form.seconds));
        });
    });
    json.attribute("chosen", list(forms->chosen));
    json.attribute("bounds", list(forms->bounds));
  });
}

static void writeLinear(OStream &json, const LinearReport &linear) {
  json.attribute("node", text(linear.node));
  json.attribute("weight", text(linear.weight));
  json.attribute("bias", orNull(linear.bias));
  json.attribute("role", linear.role);
  json.attribute("in", linear.in);
  json.attribute("out", linear.out);
  json.attribute("dtype", linear.dtype);
  json.attribute("uses", linear.uses);
  json.attributeObject("structure", [&] {
    json.attribute("kind", linear.structure);
    json.attribute("rank", orNull(linear.rank));
    json.attribute("blocks", orNull(linear.blocks));
  });
  writeBeforeAfter(json, linear.before, linear.after);
  json.attributeObject("error", [&] {
    json.attribute("frobenius", orNull(linear.frobenius));
    json.attribute("activation", orNull(linear.activation));
  });
  writeForms(json, linear.forms);
  json.attribute("decision", linear.decision);
  json.attribute("reason", text(linear.reason));
}

static void writeFFN(OStream &json, const FFNReport &ffn) {
  json.attribute("path", text(ffn.path));
  json.attribute("graph", text(ffn.graph));
  json.attribute("kind", ffn.kind);
  json.attribute("activation", ffn.activation);
  json.attribute("rewritable", ffn.rewritable);
  json.attribute("reason", text(ffn.reason));
  json.attributeArray("linears", [&] {
    for (const LinearReport &linear : ffn.linears)
      json.object([&] { writeLinear(json, linear); });
  });
}

static void add(Cost &total, const Cost &cost, bool isFirstUse) {
  total.macsPerToken += cost.macsPerToken;
  if (isFirstUse) {
    total.parameters += cost.parameters;
    total.bytes += cost.bytes;
  }
}

static std::pair<Cost, Cost>
totalOfMatched(const std::vector<FFNReport> &ffns) {
  std::pair<Cost, Cost> total;
  std::vector<bool> counted;
  for (const FFNReport &ffn : ffns)
    for (const LinearReport &linear : ffn.linears) {
      if (!linear.matched)
        continue;
      if (counted.size() <= linear.weightNumber)
        counted.resize(linear.weightNumber + 1);
      bool isFirstUse = !counted[linear.weightNumber];
      counted[linear.weightNumber] = true;
      add(total.first, linear.before, isFirstUse);
      add(total.second, linear.after, isFirstUse);
    }
  return total;
}

void Report::print(llvm::raw_ostream &os) const {
  OStream json(os, /*IndentSize=*/2);
  json.object([&] {
    json.attributeObject("model", [&] {
      json.attribute("path", text(path));
      json.attribute("sha256", sha256);
      json.attribute("parameters", modelBefore.parameters);
      json.attribute("bytes", modelBefore.bytes);
    });
    json.attributeArray("ffns", [&] {
      for (const FFNReport &ffn : ffns)
        json.object([&] { writeFFN(json, ffn); });
    });
    json.attributeArray("declined", [&] {
      for (const DeclinedReport &entry : declined)
        json.object([&] {
          json.attribute("node", text(entry.node));
          json.attribute("reason", text(entry.reason));
          json.attribute("hint", text(entry.hint));
        });
    });
    json.attributeObject("totals", [&] {
      std::pair<Cost, Cost> total = totalOfMatched(ffns);
      json.attributeObject("matched", [&] {
        writeBeforeAfter(json, total.first, total.second);
      });
      json.attributeObject(
          "model", [&] { writeBeforeAfter(json, modelBefore, modelAfter); });
    });
    json.attributeArray("rewrites", [&] {
      for (const RewriteReport &rewrite : rewrites)
        json.object([&] {
          json.attribute("pass", rewrite.pass);
          json.attribute("node", text(rewrite.node));
          json.attribute("text", text(rewrite.text));
        });
    });
    json.attributeArray("warnings", [&] {
      for (const std::string &warning : warnings)
        json.value(text(warning));
    });
  });
}
