// One way to write a model, whatever its format: the few ops that growth_models.cc needs.
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

  // A tensor [1, channels]; an image has 1 x 1 pixels, in the order that the format has.
  virtual void Input(const std::string& name, int channels) = 0;
  virtual void ImageInput(const std::string& name, int channels) = 0;
  virtual void Constant(const std::string& name, const std::vector<float>& values) = 0;
  // For 1 x 1 convolutions, every element the same.
  virtual void Filter(const std::string& name, int inputs, int outputs) = 0;

  // Each op makes the tensor `name`. ONNX alone lets nodes have equal names: there all have one.
  virtual void Unary(bool negates, const std::string& name, const std::string& x) = 0;
  virtual void Add(const std::string& name, const std::string& a, const std::string& b) = 0;
  virtual void Concat(const std::string& name, const std::vector<std::string>& parts) = 0;
  virtual void Convolution(const std::string& name, const std::string& x,
                           const std::string& filter) = 0;
  // With constants "scale", "offset", "mean" and "variance".
  virtual void BatchNorm(const std::string& name, const std::string& x) = 0;
  // MACE alone: equal parts of [1, channels].
  virtual void Split(const std::vector<std::string>& parts, const std::string& x) = 0;
  // MACE alone: a number that the whole model has.
  virtual void ModelArgument(const std::string& name) = 0;

  // Not MACE: the tensor becomes an input at import.
  virtual void InnerInput(const std::string& name) = 0;

  virtual void Output(const std::string& name, int channels) = 0;

  virtual GrowthModel Finish() = 0;
};

std::unique_ptr<GrowthWriter> MakeGrowthWriter(GrowthFormat format);

}  // namespace mace

#endif  // BENCHMARKS_GROWTH_WRITERS_H_
