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
      {"Bucketize", ""},
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
      {"All", ""},
      {"Any", ""},
      {"ApproximateEqual", ""},
      {"IsFinite", ""},
      {"IsInf", ""},
      {"IsNan", ""},
      {"LogicalAnd", ""},
      {"LogicalNot", ""},
      {"LogicalOr", ""},
      {"LogicalXor", ""},
      {"ResourceGather", "dtype"},
      {"ScatterNd", "T"},
      {"If", "Tout"},
      {"StatelessIf", "Tout"},
      {"Case", "Tout"},
      {"StatelessCase", "Tout"},
      {"PartitionedCall", "Tout"},
      {"StatefulPartitionedCall", "Tout"},
      {"TensorListStack", "element_dtype"},
      {"TensorListGetItem", "element_dtype"},
      {"TensorListConcatV2", "element_dtype"},
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
  if (op == "MaxPoolWithArgmax" && port == 1) return "Targmax";
  const auto found = kNames->find(op);
  return found == kNames->end() ? nullptr : found->second;
}

// A list has a type for each output.
tf::DataType FindType(const tf::NodeDef& node, const std::string& name, int port) {
  const auto found = node.attr().find(name);
  if (found != node.attr().end() && found->second.has_list()) {
    const tf::AttrValue::ListValue& list = found->second.list();
    return port < list.type_size() ? list.type(port) : tf::DT_INVALID;
  }
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
    declared = FindType(node, name, port);
    // The definition's default.
    const std::string attribute = name;
    const bool is_long = attribute == "output_type" || attribute == "Targmax";
    if (declared == tf::DT_INVALID && is_long) declared = tf::DT_INT64;
  } else {
    declared = FindType(node, "T", port);
    if (declared == tf::DT_INVALID) declared = FindType(node, "dtype", port);
  }
  const DType type = IoType(declared);
  if (IsFloat(inside)) return IsFloat(type) ? type : DType::kFloat32;
  return inside == DType::kInt32 && type == DType::kInt64 ? type : inside;
}

tf::DataType DeclaredType(const tf::NodeDef& node) {
  for (const char* name : {"DstT", "output_type", "out_type", "dtype", "T"}) {
    const auto found = node.attr().find(name);
    if (found != node.attr().end() && found->second.value_case() == tf::AttrValue::kType) {
      return found->second.type();
    }
  }
  return tf::DT_FLOAT;
}

IoInfo DeclaredOutput(const tf::NodeDef& node, const std::string& name) {
  IoInfo io;
  io.name = name;
  const DType declared = IoType(DeclaredType(node));
  if (declared != DType::kInvalid) io.dtype = declared;
  return io;
}

}  // namespace mace
