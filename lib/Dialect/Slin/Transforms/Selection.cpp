//===- Selection.cpp - Which linears are meant ----------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Matching is LLVM's; only the nearest names need an edit distance of their
// own, because a wildcard of the pattern stands for any text.
//
//===----------------------------------------------------------------------===//

#include "Selection.h"

#include "slin/Dialect/Slin/Transforms/NetworkSelection.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <numeric>

using namespace mlir;
using namespace slin;

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

FailureOr<NamePattern> NamePattern::parse(StringRef text, std::string &reason) {
  NamePattern pattern;
  pattern.text = text.str();
  if (text.consume_front("re:")) {
    pattern.regex = std::make_shared<llvm::Regex>(text);
    std::string error;
    if (pattern.regex->isValid(error))
      return pattern;
    reason =
        "expected a regular expression, found '" + text.str() + "': " + error;
    return failure();
  }
  llvm::Expected<llvm::GlobPattern> glob = llvm::GlobPattern::create(text);
  if (glob) {
    pattern.glob = std::move(*glob);
    return pattern;
  }
  reason = "expected a glob, found '" + text.str() +
           "': " + toString(glob.takeError());
  return failure();
}

bool NamePattern::matches(StringRef name) const {
  return regex ? regex->match(name) : glob->match(name);
}

/// A glob that stands for about the same names as a regular expression.
static std::string globOf(StringRef regex) {
  bool fromStart = regex.consume_front("^"), toEnd = regex.consume_back("$");
  std::string glob = fromStart ? "" : "*";
  for (size_t i = 0; i < regex.size(); ++i) {
    StringRef rest = regex.substr(i);
    if (rest.starts_with(".*") || rest.starts_with(".+")) {
      glob += '*';
      ++i;
    } else if (rest[0] == '.') {
      glob += '?';
    } else if (rest[0] != '\\') {
      glob += rest[0];
    }
  }
  return toEnd ? glob : glob + "*";
}

unsigned NamePattern::distance(StringRef name) const {
  std::string glob = regex ? globOf(StringRef(text).drop_front(3)) : text;
  // Row by row over the pattern: costs[j] is the distance of what was read of
  // it to the first j characters of the name.
  std::vector<unsigned> costs(name.size() + 1);
  std::iota(costs.begin(), costs.end(), 0);
  for (char wanted : glob) {
    unsigned diagonal = costs[0];
    costs[0] += wanted == '*' ? 0 : 1;
    for (size_t j = 1; j <= name.size(); ++j) {
      unsigned above = costs[j];
      if (wanted == '*') {
        costs[j] = std::min(above, costs[j - 1]);
      } else {
        unsigned replaced =
            diagonal + (wanted == '?' || wanted == name[j - 1] ? 0 : 1);
        costs[j] = std::min({replaced, above + 1, costs[j - 1] + 1});
      }
      diagonal = above;
    }
  }
  return costs.back();
}

//===----------------------------------------------------------------------===//
// Selection
//===----------------------------------------------------------------------===//

SmallVector<StringRef> slin::namesOf(ApplyOp apply, Value weight) {
  SmallVector<StringRef> names{apply.getPath().value_or(""),
                               constantName(weight),
                               constantName(apply.getBias())};
  // A network whose linears' paths have nothing in common is called like one of
  // them; that name means the linear alone.
  if (auto network = apply->getParentOfType<FFNOp>())
    if (llvm::none_of(network.getLinears(), [&](ApplyOp linear) {
          return linear.getPath() == network.getPath();
        }))
      names.push_back(network.getPath().value_or(""));
  llvm::erase_if(names, [](StringRef name) { return name.empty(); });
  return names;
}

/// That a pattern matched nothing, and what it may have meant.
static std::string nothingMatches(const NamePattern &pattern, StringRef text,
                                  StringRef option, ArrayRef<StringRef> names) {
  std::string reason =
      llvm::formatv("expected '{0}' of {1} to match the path, weight, bias or "
                    "network of a linear, found ",
                    text, option);
  if (names.empty())
    return reason + "no linear in the module";
  SmallVector<std::pair<unsigned, size_t>> near;
  for (auto [index, name] : llvm::enumerate(names))
    near.push_back({pattern.distance(name), index});
  llvm::sort(near);
  near.truncate(std::min<size_t>(near.size(), 3));
  return reason + "no match; the nearest are '" +
         llvm::join(llvm::map_range(llvm::make_second_range(near),
                                    [&](size_t index) { return names[index]; }),
                    "', '") +
         "'";
}

namespace {
/// The patterns of one option.
struct PatternList {
  StringRef option;
  std::vector<NamePattern> patterns;

  LogicalResult parse(ArrayRef<std::string> texts, ArrayRef<StringRef> names,
                      std::string &reason);
  bool matches(ArrayRef<StringRef> names) const {
    return llvm::any_of(patterns, [&](const NamePattern &pattern) {
      return llvm::any_of(
          names, [&](StringRef name) { return pattern.matches(name); });
    });
  }
};
} // namespace

LogicalResult PatternList::parse(ArrayRef<std::string> texts,
                                 ArrayRef<StringRef> names,
                                 std::string &reason) {
  for (const std::string &text : texts) {
    FailureOr<NamePattern> pattern = NamePattern::parse(text, reason);
    if (failed(pattern)) {
      reason = llvm::formatv("{0}: {1}", option, reason);
      return failure();
    }
    if (llvm::none_of(names,
                      [&](StringRef name) { return pattern->matches(name); })) {
      reason = nothingMatches(*pattern, text, option, names);
      return failure();
    }
    patterns.push_back(std::move(*pattern));
  }
  return success();
}

LogicalResult slin::select(Linears &linears, ArrayRef<std::string> include,
                           ArrayRef<std::string> exclude, std::string &reason) {
  llvm::SetVector<StringRef> names;
  for (Candidate &candidate : linears.candidates)
    for (LinearUse use : candidate.uses)
      names.insert_range(namesOf(use.apply, candidate.dense.getWeight()));
  for (ApplyOp apply : linears.others)
    names.insert_range(namesOf(apply, Value()));
  PatternList included{"include", {}}, excluded{"exclude", {}};
  if (failed(included.parse(include, names.getArrayRef(), reason)) ||
      failed(excluded.parse(exclude, names.getArrayRef(), reason)))
    return failure();

  auto isLeftOut = [&](ApplyOp apply, Value weight) {
    SmallVector<StringRef> own = namesOf(apply, weight);
    return (!include.empty() && !included.matches(own)) ||
           excluded.matches(own);
  };
  llvm::erase_if(linears.others,
                 [&](ApplyOp apply) { return isLeftOut(apply, Value()); });
  llvm::erase_if(linears.candidates, [&](Candidate &candidate) {
    size_t all = candidate.uses.size();
    llvm::erase_if(candidate.uses, [&](LinearUse use) {
      return isLeftOut(use.apply, candidate.dense.getWeight());
    });
    if (candidate.uses.size() != all && !candidate.isDeclined())
      candidate.reason = llvm::formatv(
          "expected all {0} linears that share the weight '{1}' to be "
          "selected, found {2}",
          all, candidate.weightName(), candidate.uses.size());
    return candidate.uses.empty();
  });
  return success();
}

FailureOr<SmallVector<FFNOp>>
slin::selectNetworks(ModuleOp module, ArrayRef<std::string> include,
                     ArrayRef<std::string> exclude, std::string &reason) {
  SmallVector<FFNOp> networks;
  module.walk([&](FFNOp network) { networks.push_back(network); });
  auto namesOfNetwork = [](FFNOp network) {
    SmallVector<StringRef> names;
    if (auto path = network.getPath())
      names.push_back(*path);
    for (ApplyOp apply : network.getLinears()) {
      auto dense = apply.getLinop().getDefiningOp<DenseOp>();
      llvm::append_range(names,
                         namesOf(apply, dense ? dense.getWeight() : Value()));
    }
    return names;
  };
  llvm::SetVector<StringRef> names;
  for (FFNOp network : networks)
    names.insert_range(namesOfNetwork(network));
  PatternList included{"include", {}}, excluded{"exclude", {}};
  if (failed(included.parse(include, names.getArrayRef(), reason)) ||
      failed(excluded.parse(exclude, names.getArrayRef(), reason)))
    return failure();
  llvm::erase_if(networks, [&](FFNOp network) {
    SmallVector<StringRef> own = namesOfNetwork(network);
    return (!include.empty() && !included.matches(own)) ||
           excluded.matches(own);
  });
  return networks;
}
