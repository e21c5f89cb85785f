#include "mace/formats/common/foreign_format.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "mace/base/coding.h"
#include "mace/base/files.h"

namespace mace {
namespace {

constexpr char kFreeze[] =
    "freeze it into one GraphDef with "
    "tensorflow.python.framework.convert_to_constants.convert_variables_to_constants_v2, or export "
    "it with: python -m tf2onnx.convert --saved-model FOLDER --output model.onnx";
constexpr char kKeras[] =
    "export it with keras.Model.export('model.onnx', format='onnx'), or save it as a SavedModel "
    "and "
    "run: python -m tf2onnx.convert --saved-model FOLDER --output model.onnx";

struct Magic {
  std::string_view bytes;
  size_t offset;
  const char* description;
};

// Whole names of formats by the bytes that stand at a place of every file of theirs.
constexpr Magic kMagics[] = {
    {"GGUF", 0, "a GGUF file of a language model, which is not supported"},
    {"\x93NUMPY", 0, "a NumPy array: it may be an --input, not the model"},
    {"MCLP", 0, "a compiled-program cache file: it may be the --cache, not the model"},
    {"\x1f\x8b", 0, "a gzip archive: unpack it first"},
    {"\xFD"
     "7zXZ",
     0, "an xz archive: unpack it first"},
    {"version https://git-lfs", 0,
     "a pointer of Git LFS in place of the file: fetch the file with git lfs pull"},
    {"7767517", 0, "an ncnn model: give the model that it was converted from"},
};

std::string_view Begin(Bytes bytes, size_t count) {
  return AsStringView(Bytes(bytes.data(), std::min(bytes.size(), count)));
}

bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// The first member's name tells what kind of archive it is.
std::string DescribeZip(Bytes begin) {
  constexpr size_t kNameLength = 26, kName = 30;
  if (begin.size() < kName) return "a zip archive: unpack it first";
  const size_t length = GetFixed16(begin.data() + kNameLength);
  const std::string_view name =
      AsStringView(begin).substr(kName, std::min(length, begin.size() - kName));
  if (Has(name, ".pkl") || Has(name, "/version") || Has(name, "/byteorder") ||
      Has(name, ".format_version")) {
    return "a PyTorch file: export the model with torch.onnx.export(model, inputs, 'model.onnx')";
  }
  if (Has(name, "metadata.json") || Has(name, "config.json") || Has(name, ".weights.h5")) {
    return std::string("a Keras model: ") + kKeras;
  }
  if (Has(name, ".npy")) return "an .npz archive of arrays, not a model";
  return "a zip archive: unpack it first";
}

// A length in eight bytes, then JSON of that length.
bool IsSafetensors(Bytes begin) {
  if (begin.size() < 10) return false;
  uint64_t length = 0;
  for (size_t i = 8; i-- > 0;) length = length << 8 | begin[i];
  return length < (uint64_t{1} << 27) && begin[8] == '{' && (begin[9] == '"' || begin[9] == '}');
}

bool IsText(std::string_view begin) {
  return !begin.empty() && std::all_of(begin.begin(), begin.end(), [](char c) {
    const unsigned char byte = static_cast<unsigned char>(c);
    return byte >= 0x20 ? byte != 0x7F : c == '\n' || c == '\r' || c == '\t';
  });
}

bool HasAny(std::string_view text, const std::vector<std::string_view>& parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return Has(text, part); });
}

std::string DescribeText(std::string_view text) {
  if (Has(text, "modelTopology")) {
    return "a TensorFlow.js model: give the SavedModel that it was made from, frozen: " +
           std::string(kFreeze);
  }
  if (HasAny(text, {"<!DOCTYPE", "<!doctype", "<html", "<HTML"})) {
    return "a page of the web, as a download gives it that failed: fetch the file itself";
  }
  if (Has(text, "<net ")) return "an OpenVINO model: give the model that it was converted from";
  if (HasAny(text, {"opset_import", "ir_version"})) {
    return "an ONNX model as text: save it in its binary form with onnx.save(onnx.load(path), "
           "'model.onnx')";
  }
  if (HasAny(text, {"layer {", "layers {", "layer{", "layers{"})) {
    return "a Caffe model as text: convert it to ONNX";
  }
  if (HasAny(text, {"model_file_path", "library_name"})) {
    return "a deployment file of MACE: give the .pb that its converter writes";
  }
  return "a text file, not a model";
}

}  // namespace

// A SavedModel: the schema's version, then meta graphs, which begin with messages. (An
// ONNX model that is cut short begins with a version and a name.)
bool IsSavedModel(Bytes begin) {
  constexpr uint8_t kVersion = 0x08, kMetaGraph = 0x12, kFirstField = 0x0A, kSecondField = 0x12;
  if (begin.size() < 5 || begin[0] != kVersion || begin[1] >= 0x80 || begin[2] != kMetaGraph) {
    return false;
  }
  size_t content = 3;
  while (content < begin.size() && begin[content] >= 0x80) ++content;  // The length, a varint.
  ++content;
  return content < begin.size() &&
         (begin[content] == kFirstField || begin[content] == kSecondField);
}

bool IsTensorFlowText(Bytes begin) {
  constexpr size_t kTextSample = 1024;
  const std::string_view text = AsStringView(begin);
  return IsText(Begin(begin, kTextSample)) &&
         HasAny(text, {"node {", "node{", "versions {", "library {"}) &&
         !HasAny(text, {"opset_import", "ir_version", "layer {", "layer{"});
}

std::string DescribeForeignBytes(Bytes begin) {
  constexpr std::string_view kHdf5 = "\x89HDF\r\n\x1a\n";
  constexpr std::string_view kZip = "PK\x03\x04";
  constexpr size_t kTextSample = 1024;
  const std::string_view text = AsStringView(begin);
  if (text.substr(0, kHdf5.size()) == kHdf5) return std::string("a Keras model (HDF5): ") + kKeras;
  if (text.substr(0, kZip.size()) == kZip) return DescribeZip(begin);
  for (const Magic& magic : kMagics) {
    if (text.size() < magic.offset) continue;
    if (text.substr(magic.offset, magic.bytes.size()) == magic.bytes) return magic.description;
  }
  // Python's pickle, protocol 2 and above.
  if (begin.size() > 2 && begin[0] == 0x80 && begin[1] >= 2 && begin[1] <= 5) {
    return "a pickle, as PyTorch writes it: export the model with torch.onnx.export(model, inputs, "
           "'model.onnx')";
  }
  if (IsSafetensors(begin)) {
    return "a safetensors file, which holds weights without a graph: export the model to ONNX";
  }
  if (IsText(Begin(begin, kTextSample))) return DescribeText(text);
  return "";
}

std::string DescribeForeignFolder(const std::string& path) {
  if (FileExists(JoinPath(path, "saved_model.pbtxt"))) {
    return std::string("a TensorFlow SavedModel as text: ") + kFreeze;
  }
  if (FileExists(JoinPath(path, "model.json"))) return "a folder of a TensorFlow.js model";
  return "a folder: give the model's file in it";
}

Status ExplainForeign(const std::string& description, const Status& status) {
  if (description.empty() || status.ok()) return status;
  return Status(status.code(),
                "expected a MACE, TensorFlow, TensorFlow Lite or ONNX model, found " + description);
}

}  // namespace mace
