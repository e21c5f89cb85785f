#include "benchmarks/growth_models.h"

#include "benchmarks/growth_writers.h"
#include "mace/base/coding.h"

namespace mace {
namespace {

// Names that are equal until the number at their end, like generated ones. Importers name the nodes
// that they add with another number at the end.
std::string Numbered(int i) { return "model/block/layer/unit/tensor_" + std::to_string(i); }

void WriteChain(int size, GrowthWriter* writer) {
  writer->Input("x", 4);
  std::string last = "x";
  for (int i = 0; i < size; ++i) {
    writer->Unary(i % 2 == 0, Numbered(i), last);
    last = Numbered(i);
  }
  writer->Output(last, 4);
}

void WriteConstants(int size, GrowthWriter* writer) {
  writer->Input("x", 4);
  std::string last = "x";
  for (int i = 0; i < size; ++i) {
    const std::string constant = "weights/" + Numbered(i);
    writer->Constant(constant, {1, 2, 3, static_cast<float>(i)});
    writer->Add(Numbered(i), last, constant);
    last = Numbered(i);
  }
  writer->Output(last, 4);
}

// Many nodes read one value, and one node reads all their results.
void WriteReaders(int size, GrowthWriter* writer) {
  writer->Input("x", 4);
  std::vector<std::string> parts;
  for (int i = 0; i < size; ++i) {
    const std::string constant = "weights/" + Numbered(i);
    writer->Constant(constant, {1, 2, 3, static_cast<float>(i)});
    writer->Add(Numbered(i), "x", constant);
    parts.push_back(Numbered(i));
  }
  writer->Concat("joined", parts);
  writer->Output("joined", 4 * size);
}

void WriteSplit(int size, GrowthWriter* writer) {
  writer->Input("x", 4 * size);
  std::vector<std::string> parts, results;
  for (int i = 0; i < size; ++i) parts.push_back(Numbered(i));
  writer->Split(parts, "x");
  for (const std::string& part : parts) {
    results.push_back("result/" + part);
    writer->Unary(true, results.back(), part);
  }
  writer->Concat("joined", results);
  writer->Output("joined", 4 * size);
}

void WriteOutputs(int size, GrowthWriter* writer) {
  writer->Input("x", 4);
  for (int i = 0; i < size; ++i) {
    const std::string constant = "weights/" + Numbered(i);
    writer->Constant(constant, {1, 2, 3, static_cast<float>(i)});
    writer->Add(Numbered(i), "x", constant);
    writer->Output(Numbered(i), 4);
  }
}

// Inputs that are outputs, too; a node reads each.
void WriteInputsThatAreOutputs(int size, GrowthWriter* writer) {
  for (int i = 0; i < size; ++i) {
    writer->Input(Numbered(i), 4);
    writer->Unary(true, "result/" + Numbered(i), Numbered(i));
    writer->Output("result/" + Numbered(i), 4);
    writer->Output(Numbered(i), 4);
  }
}

// The filter grows with the number of nodes in sequence.
void WriteBatchNorms(int size, GrowthWriter* writer) {
  writer->ImageInput("x", size);
  writer->Filter("filter", size, 4);
  for (const char* name : {"scale", "offset", "mean", "variance"}) {
    writer->Constant(name, {1, 1, 1, 1});
  }
  writer->Convolution("convolution", "x", "filter");
  std::string last = "convolution";
  for (int i = 0; i < size; ++i) {
    writer->BatchNorm(Numbered(i), last);
    last = Numbered(i);
  }
  writer->Output(last, 4);
}

void WriteConvolutions(int size, GrowthWriter* writer) {
  writer->ImageInput("x", 4);
  std::string last = "x";
  for (int i = 0; i < size; ++i) {
    const std::string filter = "weights/" + Numbered(i);
    writer->Filter(filter, 4, 4);
    writer->Convolution(Numbered(i), last, filter);
    last = Numbered(i);
  }
  writer->Output(last, 4);
}

void WriteArguments(int size, GrowthWriter* writer) {
  for (int i = 0; i < size; ++i) writer->ModelArgument("argument_" + std::to_string(i));
  WriteChain(size, writer);
}

void WriteInner(int size, GrowthWriter* writer) {
  WriteChain(size, writer);
  for (int i = 0; i + 1 < size; ++i) writer->InnerInput(Numbered(i));
}

struct Written {
  GrowthShape shape;
  void (*write)(int size, GrowthWriter* writer);
};

const std::vector<Written>& AllShapes() {
  static const auto* const kShapes = new std::vector<Written>{
      {{"chain", "nodes one after the other"}, WriteChain},
      {{"constants", "nodes with a constant each"}, WriteConstants},
      {{"readers", "nodes that read one value; one that reads them"}, WriteReaders},
      {{"split", "outputs of one node; one that reads them", true, false}, WriteSplit},
      {{"outputs", "outputs of the model"}, WriteOutputs},
      {{"ports", "inputs that are outputs too"}, WriteInputsThatAreOutputs},
      {{"convolutions", "convolutions one after the other"}, WriteConvolutions},
      {{"batch_norms", "normalizations behind a filter that grows too"}, WriteBatchNorms},
      {{"inner_inputs", "tensors inside the model that become inputs", false, true}, WriteInner},
      {{"arguments", "nodes, and numbers of the whole model", true, false}, WriteArguments},
  };
  return *kShapes;
}

}  // namespace

const char* GrowthFormatName(GrowthFormat format) {
  return format == GrowthFormat::kMace         ? "mace"
         : format == GrowthFormat::kTensorFlow ? "tf"
                                               : "onnx";
}

const std::vector<GrowthShape>& GrowthShapes() {
  static const auto* const kShapes = [] {
    auto* shapes = new std::vector<GrowthShape>();
    for (const Written& written : AllShapes()) shapes->push_back(written.shape);
    return shapes;
  }();
  return *kShapes;
}

StatusOr<std::shared_ptr<Graph>> GrowthModel::Import() const {
  return ImportModelBytes(name, AsBytes(model), AsBytes(weights), options);
}

GrowthModel MakeGrowthModel(GrowthFormat format, const std::string& shape, int size) {
  const std::unique_ptr<GrowthWriter> writer = MakeGrowthWriter(format);
  for (const Written& written : AllShapes()) {
    if (written.shape.name == shape) written.write(size, writer.get());
  }
  return writer->Finish();
}

}  // namespace mace
