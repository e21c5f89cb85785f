// An interface for writing models in any format, with the few ops that growth_models.cc needs.
#ifndef BENCHMARKS_GROWTH_WRITERS_H_
#define BENCHMARKS_GROWTH_WRITERS_H_

#include <memory>
#include <string>
#include <vector>

#include "benchmarks/growth_models.h"

namespace mace {

class GrowthWriter {
 public:
  virtual ~GrowthWriter() = default;

  // A tensor [1, channels], or an image of 1 x 1 pixels in the format's order of axes.
  virtual void Input(const std::string& name, int channels) = 0;
  virtual void ImageInput(const std::string& name, int channels) = 0;
  virtual void Constant(const std::string& name, const std::vector<float>& values) = 0;
  // For 1 x 1 convolutions; all elements are equal.
  virtual void Filter(const std::string& name, int inputs, int outputs) = 0;

  // Each op makes the tensor `name`. Only ONNX lets nodes have equal names, and all nodes have the
  // same one there.
  virtual void Unary(bool negates, const std::string& name, const std::string& x) = 0;
  virtual void Add(const std::string& name, const std::string& a, const std::string& b) = 0;
  virtual void Concat(const std::string& name, const std::vector<std::string>& parts) = 0;
  virtual void Convolution(const std::string& name, const std::string& x,
                           const std::string& filter) = 0;
  // Uses constants named "scale", "offset", "mean" and "variance".
  virtual void BatchNorm(const std::string& name, const std::string& x) = 0;
  // MACE only: splits [1, channels] into equal parts.
  virtual void Split(const std::vector<std::string>& parts, const std::string& x) = 0;
  // MACE only: a number that belongs to the whole model.
  virtual void ModelArgument(const std::string& name) = 0;

  // Not MACE: makes the tensor an input at import.
  virtual void InnerInput(const std::string& name) = 0;

  virtual void Output(const std::string& name, int channels) = 0;

  virtual GrowthModel Finish() = 0;
};

std::unique_ptr<GrowthWriter> MakeGrowthWriter(GrowthFormat format);

}  // namespace mace

#endif  // BENCHMARKS_GROWTH_WRITERS_H_
