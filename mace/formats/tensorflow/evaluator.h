// Goes through the nodes of a TensorFlow graph, of its functions and of its loops, and adds what
// they compute to the graph that is built.
//
// A branch whose predicate is known is chosen, and the other one is left out; one whose predicate
// is not known is computed on both sides, of which a Where takes one. A loop is unrolled: its
// condition must be known at each step. Functions are expanded where they are called.
//
// Errors: kUnsupported for ops and control flow that cannot be imported, kInvalidArgument for a
// function that calls itself, kResourceExhausted where functions and loops expand to more than
// kMaxExpandedNodes nodes. Thread contract: thread-compatible.
#ifndef MACE_FORMATS_TENSORFLOW_EVALUATOR_H_
#define MACE_FORMATS_TENSORFLOW_EVALUATOR_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mace/base/status.h"
#include "mace/formats/common/graph_builder.h"
#include "mace/formats/tensorflow/functions.h"
#include "mace/formats/tensorflow/graph.h"
#include "mace/formats/tensorflow/value.h"

namespace mace {

inline constexpr size_t kMaxExpandedNodes = size_t{1} << 18;
inline constexpr size_t kMaxLoopSteps = size_t{1} << 14;
inline constexpr int kMaxNestedCalls = 32;

// Where the values of variables are: a SavedModel's.
class TfVariables {
 public:
  virtual ~TfVariables() = default;
  // The value of the variable that a node of the main graph makes.
  virtual StatusOr<ValueId> Read(const std::string& node, GraphBuilder* builder) = 0;
};

// One pass through a graph: the main graph, one call of a function, one step of a loop.
struct TfScope {
  const TfGraph* graph = nullptr;
  std::string prefix;  // Put before the names of nodes.
  int depth = 0;       // How many calls and loops it is in.
  std::map<TfTensorRef, TfValue> given;
  std::unordered_map<size_t, std::vector<TfValue>> results;  // By node.
};

// One node while it is evaluated.
struct TfCall {
  TfScope* scope = nullptr;
  size_t index = 0;
  const tf::NodeDef* def = nullptr;
  std::vector<TfValue> inputs;
  std::vector<TfValue> outputs;
  std::shared_ptr<const TfGuard> guard;  // The branch that the node is in.
};

class TfEvaluator {
 public:
  // `def` is the main graph, which keeps constants alive; `variables` may be null.
  TfEvaluator(std::shared_ptr<const tf::GraphDef> def, TfVariables* variables,
              GraphBuilder* builder)
      : kept_(std::make_shared<Kept>(std::move(def))), variables_(variables), builder_(builder) {}

  // Makes the node's outputs, unless they are there; those that it reads are.
  Status Evaluate(TfScope* scope, size_t index);
  StatusOr<TfValue> Find(const TfScope& scope, const TfTensorRef& ref) const;

  // For the control flow (control_flow.cc, loops.cc) and the lists (ops_list.cc):
  GraphBuilder* builder() const { return builder_; }
  // Evaluates these nodes, each after those that it reads, and gives the outputs.
  StatusOr<std::vector<TfValue>> EvaluateInOrder(TfScope* scope, const std::vector<size_t>& order,
                                                 const std::vector<TfTensorRef>& outputs);
  StatusOr<std::vector<TfValue>> CallFunction(const TfCall& call, const tf::NameAttrList& function,
                                              const std::vector<TfValue>& arguments,
                                              const std::string& part);
  // Whether a predicate, a number or a bool, holds; nullopt: it is not known at import.
  std::optional<bool> KnownPredicate(const TfValue& predicate) const;
  Status CountExpanded();
  // One of two values, by a predicate that is not known at import.
  StatusOr<TfValue> Choose(const TfCall& call, ValueId predicate, const TfValue& if_true,
                           const TfValue& if_false);
  // The name of the node, unique in the graph that is built.
  std::string NameOf(const TfCall& call) const;
  StatusOr<ValueId> ReadVariable(const std::string& node);

 private:
  Status EvaluateCall(TfCall* call);
  Status EvaluateConstant(TfCall* call);
  Status EvaluateByConverter(TfCall* call);
  Status ReadInputs(TfCall* call, bool* is_dead) const;

  // What constants view after the import: the nodes of the main graph and of its functions.
  struct Kept {
    explicit Kept(std::shared_ptr<const tf::GraphDef> graph)
        : def(std::move(graph)), functions(def->library()) {}
    const std::shared_ptr<const tf::GraphDef> def;
    TfFunctions functions;
  };

  const std::shared_ptr<Kept> kept_;
  TfVariables* const variables_;
  GraphBuilder* const builder_;
  std::map<const tf::NodeDef*, ValueId> constants_;
  std::map<std::string, ValueId> read_variables_;
  std::vector<const TfFunction*> active_;  // The functions that are being called.
  size_t expanded_nodes_ = 0;
};

// Evaluates an op that is no op of the graph; the outputs are set. Errors: the evaluator's.
using TfSpecial = Status (*)(TfEvaluator* evaluator, TfCall* call);

// Null for an op that a converter (node.h) handles, or nobody.
TfSpecial FindTfSpecial(const std::string& op);

// The tables of special ops, each ended by a null op.
struct TfSpecialEntry {
  const char* op;
  TfSpecial evaluate;
};
extern const TfSpecialEntry kTfControlSpecials[];
extern const TfSpecialEntry kTfLoopSpecials[];
extern const TfSpecialEntry kTfListSpecials[];
extern const TfSpecialEntry kTfArraySpecials[];

}  // namespace mace

#endif  // MACE_FORMATS_TENSORFLOW_EVALUATOR_H_
