#include "mace/formats/onnx/model.h"

#include <google/protobuf/stubs/logging.h>

#include <algorithm>

namespace mace {
namespace {

// Before op set 6 ops were written over their inputs and broadcast by attributes.
constexpr int64_t kFirstOpset = 6;
// The last whose ops were read; a later one may give a known name another meaning.
constexpr int64_t kLastOpset = 28;

Status Parse(Bytes bytes, OnnxModel* model) {
  const google::protobuf::LogSilencer quiet;  // Protobuf's complaints come back as a Status.
  if (!model->def->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Corruption("an ONNX model whose protobuf bytes do not parse");
  }
  return Status();
}

}  // namespace

bool IsOnnxDomain(const std::string& domain) { return domain.empty() || domain == "ai.onnx"; }

StatusOr<int64_t> FindOnnxOpset(const onnx::ModelProto& model) {
  const auto& nodes = model.graph().node();
  // Graphs inside of nodes stand in If, Loop, Scan and SequenceMap, which are of this domain themselves.
  const bool has_own_ops = std::any_of(nodes.begin(), nodes.end(), [](const onnx::NodeProto& node) {
    return IsOnnxDomain(node.domain());
  });
  // A model of other domains' ops alone, as of ai.onnx.ml, may leave the version out.
  int64_t version = has_own_ops ? 0 : kLastOpset;
  // A model of calls alone need not say it: its functions do.
  for (const onnx::FunctionProto& function : model.functions()) {
    for (const onnx::OperatorSetId& set : function.opset_import()) {
      if (IsOnnxDomain(set.domain())) version = std::max<int64_t>(version, set.version());
    }
  }
  for (const onnx::OperatorSetId& set : model.opset_import()) {
    if (IsOnnxDomain(set.domain())) version = set.version();
  }
  return CheckOnnxOpset(version);
}

StatusOr<int64_t> CheckOnnxOpset(int64_t version) {
  if (version >= kFirstOpset && version <= kLastOpset) return version;
  return Unsupported("op set version: expected " + std::to_string(kFirstOpset) + " to " +
                     std::to_string(kLastOpset) + ", found " + std::to_string(version));
}

Status ParseOnnx(const ByteSource& source, OnnxModel* model) {
  std::string rest;
  CutRanges ranges;
  if (source.is_kept() && CutRawData(source, &rest, &ranges)) {
    MACE_RETURN_IF_ERROR(
        Parse({reinterpret_cast<const uint8_t*>(rest.data()), rest.size()}, model));
    if (FindCutTensors(model->def->graph(), ranges, &model->cut)) return Status();
    model->cut.clear();
  }
  MACE_ASSIGN_OR_RETURN(const KeptBytes whole, source.ReadAll());
  return Parse(whole.bytes, model);
}

}  // namespace mace
