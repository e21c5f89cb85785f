#include "mace/plan/signature.h"

#include <charconv>
#include <type_traits>

#include "mace/base/hash.h"
#include "mace/kernel/kernel_source.h"

namespace mace {
namespace {

// Integer constants of up to so many elements are part of a signature.
constexpr int64_t kMaxValues = 64;

std::string HexOf(Sha256Hasher* hasher, size_t bytes) {
  const Sha256Digest digest = hasher->Finish();
  return ToHex(Bytes(digest.data(), bytes));
}

std::string InfoText(const TensorInfo& info) {
  return std::string(DTypeName(info.dtype)) + info.shape.ToString();
}

std::string TensorText(const HostTensor& tensor) {
  std::string text = InfoText(tensor.info());
  if (IsFloat(tensor.dtype()) || tensor.shape().elements() > kMaxValues) return text;
  for (int64_t value : ToInt64Vector(tensor)) text += "," + std::to_string(value);
  return text;
}

// The shortest text that parses to the same number, so that different numbers have different texts.
std::string NumberText(double number) {
  char text[32];
  const std::to_chars_result end = std::to_chars(text, text + sizeof(text), number);
  return std::string(text, end.ptr);
}
std::string NumberText(int64_t number) { return std::to_string(number); }

std::string AttributeText(const Attribute& attribute) {
  return std::visit(
      [](const auto& value) -> std::string {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::string>) {
          return value;
        } else if constexpr (std::is_same_v<T, HostTensor>) {
          return TensorText(value);
        } else if constexpr (std::is_arithmetic_v<T>) {
          return NumberText(value);
        } else {
          std::string text;
          for (const auto& element : value) text += NumberText(element) + ",";
          return text;
        }
      },
      attribute);
}

std::string AttributesText(const Node& node) {
  std::string text;
  for (const auto& [name, attribute] : node.attributes.values()) {
    text += " " + name + "=" + AttributeText(attribute);
  }
  return text;
}

std::string StepsText(const Node& node) {
  std::string text;
  for (const Node& step : node.steps) {
    text += " [" + step.type + AttributesText(step);
    for (ValueId id : step.inputs) text += " @" + std::to_string(id);
    text += "]";
  }
  return text;
}

// A letter for the layout; blocks of channels also have their number of channels.
std::string FormatText(const TensorFormat& format) {
  const int index = (format.storage == Storage::kImage ? 1 : 0) +
                    (format.precision == Precision::kFloat16 ? 2 : 0) +
                    (format.layout == Layout::kRowMajor ? 4 : 0) +
                    (format.precision == Precision::kInt8 ? 8 : 0);
  const int block = BlockChannels(format.layout);
  return static_cast<char>('a' + index) + (block > 0 ? std::to_string(block) : "");
}

std::string HashKernelTexts() {
  Sha256Hasher hasher;
  for (const KernelSource* source = AllKernelSources(); source->name != nullptr; ++source) {
    hasher.UpdateField(source->name);
    hasher.Update(Bytes(source->sha256, sizeof(source->sha256)));
  }
  return HexOf(&hasher, 8);
}

}  // namespace

std::string NodeSignature(const Graph& graph, const Node& node) {
  std::string text = node.type + AttributesText(node) + StepsText(node);
  for (ValueId id : node.inputs) {
    if (id == kNoValue) {
      text += " none";
    } else if (graph.IsConstant(id)) {
      text += " constant " + TensorText(*graph.value(id).constant);
    } else {
      text += " " + InfoText(graph.value(id).info);
    }
  }
  text += " ->";
  for (ValueId id : node.outputs) text += " " + InfoText(graph.value(id).info);
  return text;
}

std::string VariantId(const KernelVariant& variant) {
  Sha256Hasher hasher;
  std::string formats;
  for (const TensorFormat& format : variant.inputs) formats += FormatText(format);
  formats += '>';
  for (const TensorFormat& format : variant.outputs) formats += FormatText(format);
  hasher.UpdateField(formats);
  for (const Launch& launch : variant.launches) {
    hasher.UpdateField(launch.call.has_value() ? launch.kernel.base_name
                                               : launch.kernel.function_name());
    for (size_t extent : launch.local) hasher.UpdateField(std::to_string(extent));
  }
  return variant.name + ":" + HexOf(&hasher, 6);
}

const std::string& KernelTextHash() {
  static const auto* const hash = new std::string(HashKernelTexts());
  return *hash;
}

std::string PlanSignature(const Graph& graph, const PlanOptions& options) {
  Sha256Hasher hasher;
  hasher.UpdateField(KernelTextHash());
  hasher.UpdateField(std::to_string(static_cast<int>(options.memory)));
  hasher.UpdateField(std::to_string(static_cast<int>(options.precision)));
  hasher.UpdateField(options.allow_tf32 ? "tf32" : "");
  if (options.wide_integers) hasher.UpdateField("wide integers");
  if (!options.use_spare_memory) hasher.UpdateField("no spare memory");
  for (const std::string& kind : options.excluded.kinds()) hasher.UpdateField("without " + kind);
  for (const Node& node : graph.nodes) {
    hasher.UpdateField(NodeSignature(graph, node));
    std::string links;
    for (ValueId id : node.inputs) links += std::to_string(id) + ",";
    links += ">";
    for (ValueId id : node.outputs) links += std::to_string(id) + ",";
    hasher.UpdateField(links);
  }
  for (const IoInfo& io : graph.outputs) hasher.UpdateField(std::to_string(io.value));
  return HexOf(&hasher, 32);
}

}  // namespace mace
