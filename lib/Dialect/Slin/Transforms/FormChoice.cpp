//===- FormChoice.cpp - Which form of an operator is fastest --------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All verdicts are the cost model's. Where two token counts asked for have
// different winners, the count at which these change places is searched for.
//
//===----------------------------------------------------------------------===//

#include "FormChoice.h"

#include "slin/Term/Cost.h"

#include "mlir/IR/Remarks.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallSet.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace slin;

//===----------------------------------------------------------------------===//
// The choice
//===----------------------------------------------------------------------===//

/// The operator as it is stored.
static term::Form storedForm(const FormMaker &maker) {
  term::Form form{
      maker.getTerm(), {}, term::cost(maker.getTerm()).macsPerToken};
  for (const term::Leaf &leaf : maker.getTerm().leaves()) {
    if (form.weights.size() <= leaf.id)
      form.weights.resize(leaf.id + 1, {term::Term::identity(1)});
    term::Leaf whole = term::Leaf::whole(leaf.id, leaf.shape);
    form.weights[leaf.id] = {leaf.rank() == 1 ? *term::Term::diagonal(whole)
                             : leaf.rank() == 2
                                 ? *term::Term::dense(whole)
                                 : *term::Term::blockDiagonal(whole)};
  }
  return form;
}

static SmallVector<TimedForm> formsOf(const FormMaker &maker) {
  SmallVector<TimedForm> forms;
  auto add = [&](llvm::StringLiteral name, term::Form form) {
    for (const TimedForm &known : forms)
      if (known.form.term == form.term)
        return;
    int64_t parameters = term::cost(form.term).parameters;
    forms.push_back({name, std::move(form), parameters, {}});
  };
  add("stored", storedForm(maker));
  term::Form cheapest =
      term::cheapestForm(maker.getTerm(), [&](const term::Leaf &leaf) {
        return maker.zerosOf(leaf);
      });
  // A form of stored weights alone says the same in other words.
  if (!cheapest.isStored())
    add("regrouped", std::move(cheapest));
  add("dense", denseForm(maker.getTerm()));
  return forms;
}

namespace {
/// Times forms at token counts.
class FormTimer {
public:
  FormTimer(ArrayRef<TimedForm> forms, cost::Conditions conditions,
            const cost::Target &target)
      : forms(forms), conditions(conditions), target(target) {}

  double seconds(unsigned form, int64_t tokens) {
    conditions.tokens = tokens;
    return cost::estimateTime(forms[form].form.term, conditions, target);
  }
  unsigned fastest(int64_t tokens) {
    unsigned best = 0;
    for (unsigned form = 1; form < forms.size(); ++form)
      if (seconds(form, tokens) < seconds(best, tokens))
        best = form;
    return best;
  }

private:
  ArrayRef<TimedForm> forms;
  cost::Conditions conditions;
  const cost::Target &target;
};
} // namespace

/// The first count in `(low, high]` at which `after` is faster than `before`;
/// it is at `high`.
static int64_t findBound(FormTimer &timer, unsigned before, unsigned after,
                         int64_t low, int64_t high) {
  while (high - low > 1) {
    int64_t middle = low + (high - low) / 2;
    bool isLate = timer.seconds(after, middle) < timer.seconds(before, middle);
    (isLate ? high : low) = middle;
  }
  return high;
}

FormChoice slin::chooseForms(const FormMaker &maker, ArrayRef<int64_t> tokens,
                             cost::Conditions conditions,
                             const cost::Target &target) {
  FormChoice choice;
  choice.forms = formsOf(maker);
  choice.tokens.assign(tokens.begin(), tokens.end());
  llvm::sort(choice.tokens);
  choice.tokens.erase(llvm::unique(choice.tokens), choice.tokens.end());
  FormTimer timer(choice.forms, conditions, target);
  for (auto [index, count] : llvm::enumerate(choice.tokens)) {
    unsigned best = timer.fastest(count);
    if (index > 0 && best != choice.chosen.back())
      choice.bounds.push_back(findBound(timer, choice.chosen.back(), best,
                                        choice.tokens[index - 1], count));
    if (index == 0 || best != choice.chosen.back())
      choice.chosen.push_back(best);
  }
  for (auto [index, form] : llvm::enumerate(choice.forms))
    for (int64_t count : choice.tokens)
      form.seconds.push_back(timer.seconds(index, count));
  return choice;
}

const TimedForm &FormChoice::formFor(int64_t count) const {
  return formAt(llvm::upper_bound(bounds, count) - bounds.begin());
}

int64_t FormChoice::parametersKept() const {
  llvm::SmallSet<unsigned, 4> seen;
  std::vector<term::Leaf> stored;
  int64_t parameters = 0;
  for (unsigned form : chosen) {
    if (!seen.insert(form).second)
      continue;
    for (const term::Leaf &leaf : forms[form].form.term.leaves()) {
      const term::Leaf *old = storedLeaf(forms[form].form, leaf);
      term::Leaf whole = old ? term::Leaf::whole(old->id, old->shape) : leaf;
      if (old && llvm::is_contained(stored, whole))
        continue;
      if (old)
        stored.push_back(whole);
      parameters += leaf.elements();
    }
  }
  return parameters;
}

//===----------------------------------------------------------------------===//
// What is said about it
//===----------------------------------------------------------------------===//

static std::string secondsText(double seconds) {
  return seconds < 1e-3 ? llvm::formatv("{0:f1} us", seconds * 1e6).str()
                        : llvm::formatv("{0:f2} ms", seconds * 1e3).str();
}

/// `dense below 12 tokens, stored from 12`, and the times of each form.
static std::string textOf(const FormChoice &choice,
                          const cost::Target &target) {
  std::string text = choice.formAt(0).name.str();
  for (auto [index, bound] : llvm::enumerate(choice.bounds)) {
    text += llvm::formatv(" below {0} tokens, {1}", bound,
                          choice.formAt(index + 1).name);
    if (index + 1 == choice.bounds.size())
      text += llvm::formatv(" from {0}", bound);
  }
  text += "; estimated on " + target.name;
  for (auto [index, count] : llvm::enumerate(choice.tokens)) {
    text += llvm::formatv(" at {0} token{1}", count, count == 1 ? "" : "s");
    const char *separator = ": ";
    for (const TimedForm &form : choice.forms) {
      text +=
          separator + form.name.str() + " " + secondsText(form.seconds[index]);
      separator = ", ";
    }
    text += index + 1 == choice.tokens.size() ? "" : ";";
  }
  return text;
}

/// `merged`, `regrouped`, `by_tokens`, or what was decided before.
static StringRef decisionOf(const FormChoice &choice, StringRef before) {
  if (!choice.bounds.empty())
    return "by_tokens";
  return llvm::StringSwitch<StringRef>(choice.formAt(0).name)
      .Case("dense", "merged")
      .Case("regrouped", "regrouped")
      .Default(before);
}

static remark::RemarkOpts optionsOf(ApplyOp apply) {
  return remark::RemarkOpts::name("Premerge")
      .category("slin-premerge")
      .function(apply.getPath().value_or(""));
}

static DictionaryAttr attributeOf(Builder &builder, const FormChoice &choice,
                                  const cost::Target &target) {
  SmallVector<Attribute> forms;
  for (const TimedForm &form : choice.forms)
    forms.push_back(builder.getDictionaryAttr(
        {builder.getNamedAttr("form", builder.getStringAttr(form.name)),
         builder.getNamedAttr("parameters",
                              builder.getI64IntegerAttr(form.parameters)),
         builder.getNamedAttr("seconds",
                              builder.getDenseF64ArrayAttr(form.seconds))}));
  SmallVector<StringRef> chosen;
  for (unsigned form : choice.chosen)
    chosen.push_back(choice.forms[form].name);
  return builder.getDictionaryAttr(
      {builder.getNamedAttr("target", builder.getStringAttr(target.name)),
       builder.getNamedAttr("tokens",
                            builder.getDenseI64ArrayAttr(choice.tokens)),
       builder.getNamedAttr("forms", builder.getArrayAttr(forms)),
       builder.getNamedAttr("chosen", builder.getStrArrayAttr(chosen)),
       builder.getNamedAttr("bounds",
                            builder.getDenseI64ArrayAttr(choice.bounds))});
}

void slin::noteChoice(ArrayRef<ApplyOp> uses, const FormChoice &choice,
                      const cost::Target &target) {
  std::string text = textOf(choice, target);
  bool isKept = choice.bounds.empty() && choice.formAt(0).name == "stored";
  for (ApplyOp apply : uses) {
    Builder builder(apply.getContext());
    NamedAttrList decision(apply.getDecisionAttr());
    auto before = dyn_cast_or_null<StringAttr>(decision.get("decision"));
    decision.set("decision", builder.getStringAttr(decisionOf(
                                 choice, before ? before.getValue() : "kept")));
    if (!decision.get("parameters_before"))
      decision.set("parameters_before",
                   builder.getI64IntegerAttr(choice.forms.front().parameters));
    decision.set("parameters_after",
                 builder.getI64IntegerAttr(choice.parametersKept()));
    const term::Term &last = choice.formAt(choice.chosen.size() - 1).form.term;
    decision.set("macs_after",
                 builder.getI64IntegerAttr(term::cost(last).macsPerToken));
    decision.set("forms", attributeOf(builder, choice, target));
    apply.setDecisionAttr(decision.getDictionary(apply.getContext()));
    if (isKept)
      remark::missed(apply.getLoc(), optionsOf(apply)) << text;
    else
      remark::passed(apply.getLoc(), optionsOf(apply)) << text;
  }
}

void slin::noteNotChosen(ArrayRef<ApplyOp> uses, StringRef reason) {
  for (ApplyOp apply : uses) {
    Builder builder(apply.getContext());
    NamedAttrList decision(apply.getDecisionAttr());
    if (!decision.get("decision"))
      decision.set("decision", builder.getStringAttr("kept"));
    decision.set("reason", builder.getStringAttr(reason));
    apply.setDecisionAttr(decision.getDictionary(apply.getContext()));
    remark::missed(apply.getLoc(), optionsOf(apply)) << reason;
  }
}
