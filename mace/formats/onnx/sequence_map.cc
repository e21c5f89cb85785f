// ONNX's SequenceMap: a graph for each element of a sequence, one after the other.
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/body.h"
#include "mace/formats/onnx/structure.h"

namespace mace {

Status AddOnnxSequenceMap(const OnnxStructure& at) {
  at.node->Ignore({"body"});
  OnnxTensors* const tensors = at.tensors();
  const std::vector<std::string>* const first = tensors->Sequence(at.Input(0));
  if (first == nullptr) return InvalidArgument("input 0: expected a sequence, found none");
  const size_t length = first->size();
  for (int i = 1; i < at.input_count(); ++i) {
    const std::vector<std::string>* const other = tensors->Sequence(at.Input(i));
    if (other == nullptr || other->size() == length) continue;
    return InvalidArgument("input " + std::to_string(i) + ": expected a sequence of " +
                           std::to_string(length) + " elements, found " +
                           std::to_string(other->size()));
  }
  std::vector<bool> wanted;
  for (int i = 0; i < at.output_count(); ++i) wanted.push_back(at.WantsOutput(i));
  const std::string& name = at.node->name();
  MACE_ASSIGN_OR_RETURN(OnnxBody body,
                        MakeOnnxBody(at.call, "body", name + "/body", wanted, at.importer));
  std::vector<std::vector<std::string>> gathered(wanted.size());
  for (size_t element = 0; element < length; ++element) {
    std::vector<std::string> inputs;
    for (int i = 0; i < at.input_count(); ++i) {
      const std::vector<std::string>* const sequence = tensors->Sequence(at.Input(i));
      inputs.push_back(sequence == nullptr ? at.Input(i) : (*sequence)[element]);
    }
    StatusOr<std::vector<std::string>> outputs =
        body.Run(inputs, name + "/" + std::to_string(element));
    if (!outputs.ok()) return outputs.status().WithPrefix("element " + std::to_string(element));
    for (size_t i = 0; i < gathered.size(); ++i) gathered[i].push_back((*outputs)[i]);
  }
  for (size_t i = 0; i < gathered.size(); ++i) {
    if (!wanted[i]) continue;
    const std::string& output = at.call.node->output(static_cast<int>(i));
    MACE_RETURN_IF_ERROR(tensors->SetSequence(output, std::move(gathered[i])));
  }
  return Status::Ok();
}

}  // namespace mace
