#include "mace/formats/tensorflow/io_type.h"

#include <string>
#include <unordered_map>

#include "mace/formats/tensorflow/tensor.h"

namespace mace {
namespace {

// The attribute with the type of an output, for ops where it is not called "T" or "dtype"; "": the
// type is fixed, and the graph's own.
const char* TypeAttribute(const std::string& op, int port) {
  static const auto* const kNames = new std::unordered_map<std::string, const char*>{
      {"ArgMax", "output_type"},
      {"ArgMin", "output_type"},
      {"Cast", "DstT"},
      {"Gather", "Tparams"},
      {"GatherNd", "Tparams"},
      {"GatherV2", "Tparams"},
      {"QuantizedReshape", ""},
      {"ResizeArea", ""},
      {"ResizeBicubic", ""},
      {"ResizeBilinear", ""},
      {"Shape", "out_type"},
      {"ShapeN", "out_type"},
      {"Size", "out_type"},
      {"Rank", ""},
      {"Where", ""},
      {"Range", "Tidx"},
      {"CropAndResize", ""},
      {"Equal", ""},
      {"NotEqual", ""},
      {"Less", ""},
      {"LessEqual", ""},
      {"Greater", ""},
      {"GreaterEqual", ""},
  };
  // Mean and variance have a type of their own.
  const bool of_batch_norm = op == "FusedBatchNormV2" || op == "FusedBatchNormV3";
  if (of_batch_norm && port > 0) return "U";
  if ((op == "TopK" || op == "TopKV2") && port == 1) return "index_type";
  const auto found = kNames->find(op);
  return found == kNames->end() ? nullptr : found->second;
}

tf::DataType FindType(const tf::NodeDef& node, const std::string& name) {
  const auto found = node.attr().find(name);
  const bool is_type =
      found != node.attr().end() && found->second.value_case() == tf::AttrValue::kType;
  return is_type ? found->second.type() : tf::DT_INVALID;
}

}  // namespace

DType IoType(tf::DataType type) {
  switch (type) {
    case tf::DT_DOUBLE:
      return DType::kFloat64;
    case tf::DT_INT64:
      return DType::kInt64;
    case tf::DT_BFLOAT16:
      return DType::kFloat32;
    default:
      return GraphType(type);
  }
}

DType OutputType(const tf::NodeDef& node, int port, DType inside) {
  const char* const name = TypeAttribute(node.op(), port);
  tf::DataType declared = tf::DT_INVALID;
  if (name != nullptr) {
    declared = FindType(node, name);
    // The definition's default.
    if (declared == tf::DT_INVALID && std::string(name) == "output_type") declared = tf::DT_INT64;
  } else {
    declared = FindType(node, "T");
    if (declared == tf::DT_INVALID) declared = FindType(node, "dtype");
  }
  const DType type = IoType(declared);
  if (IsFloat(inside)) return IsFloat(type) ? type : DType::kFloat32;
  return inside == DType::kInt32 && type == DType::kInt64 ? type : inside;
}

}  // namespace mace
