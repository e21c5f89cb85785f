// Models of a chosen size and shape, in memory, in the file formats that can be imported.
#ifndef BENCHMARKS_GROWTH_MODELS_H_
#define BENCHMARKS_GROWTH_MODELS_H_

#include <string>
#include <vector>

#include "mace/formats/import_model.h"

namespace mace {

enum class GrowthFormat { kMace, kTensorFlow, kOnnx };

// "mace", "tf" or "onnx".
const char* GrowthFormatName(GrowthFormat format);

// One way in which a model can grow.
struct GrowthShape {
  const char* name;
  const char* what;  // A description for the table.
  // The formats with this shape. TensorFlow and ONNX limit a node to 4,096 outputs and have no
  // arguments of a whole model; a MACE model has only its declared inputs.
  bool mace = true;
  bool foreign = true;  // TensorFlow and ONNX.

  bool Has(GrowthFormat format) const { return format == GrowthFormat::kMace ? mace : foreign; }
};
const std::vector<GrowthShape>& GrowthShapes();

// A model file and its import options.
struct GrowthModel {
  std::string name;
  std::string model;
  std::string weights;
  ImportOptions options;

  StatusOr<std::shared_ptr<Graph>> Import() const;
};

// `size`: the number of nodes, constants, inputs, outputs, … of the shape. REQUIRES: the format has
// the shape.
GrowthModel MakeGrowthModel(GrowthFormat format, const std::string& shape, int size);

}  // namespace mace

#endif  // BENCHMARKS_GROWTH_MODELS_H_
