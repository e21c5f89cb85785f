// Models of a chosen size and shape, in memory, as files of each format that is imported.
#ifndef BENCHMARKS_GROWTH_MODELS_H_
#define BENCHMARKS_GROWTH_MODELS_H_

#include <string>
#include <vector>

#include "mace/formats/import_model.h"

namespace mace {

enum class GrowthFormat { kMace, kTensorFlow, kOnnx };

// "mace", "tf" or "onnx".
const char* GrowthFormatName(GrowthFormat format);

// One way in which a model grows.
struct GrowthShape {
  const char* name;
  const char* what;  // For the reader of the table.
  // The formats that it is imported from. TensorFlow and ONNX allow a node 4,096 outputs and have no
  // numbers of a whole model; a MACE model has no inputs but those that it declares.
  bool mace = true;
  bool foreign = true;  // TensorFlow and ONNX.

  bool Has(GrowthFormat format) const { return format == GrowthFormat::kMace ? mace : foreign; }
};
const std::vector<GrowthShape>& GrowthShapes();

// A model file, and what it is imported with.
struct GrowthModel {
  std::string name;
  std::string model;
  std::string weights;
  ImportOptions options;

  StatusOr<std::shared_ptr<Graph>> Import() const;
};

// `size`: how many nodes, constants, inputs, outputs, … the shape has. REQUIRES: the format allows
// the shape.
GrowthModel MakeGrowthModel(GrowthFormat format, const std::string& shape, int size);

}  // namespace mace

#endif  // BENCHMARKS_GROWTH_MODELS_H_
