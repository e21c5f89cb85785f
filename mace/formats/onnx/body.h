// A graph inside of a node, or the body of a function, that is put in place of the node: once for a
// branch of If and a call of a function, once a step for a loop.
//
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_ONNX_BODY_H_
#define MACE_FORMATS_ONNX_BODY_H_

#include <cstddef>
#include <string>
#include <vector>

#include "mace/base/keyed_hash.h"
#include "mace/base/status.h"
#include "mace/formats/onnx/graph.h"
#include "mace/formats/onnx/node_importer.h"
#include "mace/formats/onnx/scope.h"
#include "mace/formats/proto/onnx.pb.h"

namespace mace {

class OnnxBody {
 public:
  // `scope` is one of its own, with the names around the body. `wanted` says for each output
  // whether somebody reads it. kInvalidArgument where that is not the body's number of outputs, and
  // for graphs and calls deeper in one another than OnnxScope::kMaxDepth; else OnnxGraph's.
  static StatusOr<OnnxBody> Make(const onnx::GraphProto& def, OnnxScope scope,
                                 const std::vector<bool>& wanted, OnnxNodeImporter* importer);

  // Whether the output is the same at each run as long as the input is: it does not depend on the
  // inputs, or passes this one on.
  bool Keeps(int input, int output) const;

  // Adds the nodes for these inputs, given by the tensors' names in the model, "" for one that is
  // not given. The names of the outputs; "" for those that are not wanted. What does not depend on
  // the inputs is added by the first run alone. kInvalidArgument for too many inputs; else the
  // errors of the nodes, whose names they begin with.
  StatusOr<std::vector<std::string>> Run(const std::vector<std::string>& inputs,
                                         const std::string& prefix);

 private:
  OnnxBody(const onnx::GraphProto& def, OnnxScope scope, OnnxNodeImporter* importer)
      : def_(def), importer_(importer), shared_(std::move(scope)) {}
  Status FindNeeds(const std::vector<bool>& wanted);
  void FindVarying();
  Status AddInitializer(size_t index);
  Status AddNodes(bool varying, OnnxScope* scope);

  const onnx::GraphProto& def_;
  OnnxNodeImporter* importer_;
  const OnnxGraph* graph_ = nullptr;
  OnnxGraph::Needs needs_;
  std::vector<bool> wanted_;
  std::vector<bool> varies_;  // By node: whether it depends on the inputs.
  OnnxScope shared_;          // What all runs have in common.
  bool has_run_ = false;
};

// The graph of an attribute of the call as a body. `wanted` as for OnnxBody::Make.
StatusOr<OnnxBody> MakeOnnxBody(const OnnxCall& call, const std::string& attribute,
                                const std::string& prefix, const std::vector<bool>& wanted,
                                OnnxNodeImporter* importer);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_BODY_H_
