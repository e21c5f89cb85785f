// CombinedNonMaxSuppression: the best boxes of each image over all classes. Inputs: boxes
// [images, boxes, 1 or classes, 4] by two corners (y, x, y, x), scores [images, boxes, classes],
// the overlap threshold and the score threshold, one float each.
//
// Attributes: max_output, the most boxes of a class in an image (0); total, the rows of the result
// for each image (0); clip: 1 (default) for boxes that are cut to the range from 0 to 1.
//
// In each class, boxes with a score above the score threshold are chosen by their scores, and one
// that overlaps a chosen one by more than the overlap threshold is left out. The best of all
// classes are the result, equal ones by class: boxes [images, total, 4], scores [images, total],
// classes [images, total] as floats, and how many there are, int32 [images]. Rows behind them are
// zeros. The shapes depend on attributes alone.
#include <algorithm>
#include <utility>
#include <vector>

#include "mace/ops/detect/box_choice.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

// A box that was chosen in a class.
struct Found {
  int64_t label;
  ChosenBox chosen;
};

class CombinedNonMaxSuppressionOp : public Op {
 public:
  int64_t max_output_ = 0, total_ = 0;
  bool clips_ = true;

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const Shape &boxes = inputs[0].info.shape, &scores = inputs[1].info.shape;
    const bool fits = boxes.rank() == 4 && scores.rank() == 3 && boxes[3] == 4 &&
                      boxes[0] == scores[0] && boxes[1] == scores[1] &&
                      (boxes[2] == 1 || boxes[2] == scores[2]);
    if (!fits) {
      return InvalidArgument(
          "expected boxes [images, boxes, 1 or classes, 4] and scores [images, boxes, classes], "
          "found " +
          boxes.ToString() + " and " + scores.ToString());
    }
    for (size_t i = 0; i < inputs.size(); ++i) {
      const TensorInfo& info = inputs[i].info;
      if (inputs[i].present && IsFloat(info.dtype) && (i < 2 || info.shape.elements() == 1)) {
        continue;
      }
      return InvalidArgument("input " + std::to_string(i) + ": expected " +
                             (i < 2 ? "floats" : "one float") + ", found " + info.ToString());
    }
    MACE_ASSIGN_OR_RETURN(Shape rows, Shape::Make({boxes[0], total_, 4}));
    const TensorInfo numbers{DType::kFloat32, Shape{boxes[0], total_}};
    *outputs = {
        {DType::kFloat32, std::move(rows)}, numbers, numbers, {DType::kInt32, Shape{boxes[0]}}};
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    BoxThresholds thresholds;
    thresholds.overlap = inputs[2].f32()[0];
    thresholds.has_score = true;
    thresholds.score = inputs[3].f32()[0];
    if (!(thresholds.overlap >= 0 && thresholds.overlap <= 1)) {
      return InvalidArgument("the overlap threshold: expected a number from 0 to 1, found " +
                             std::to_string(thresholds.overlap));
    }
    for (int64_t image = 0; image < inputs[0].shape()[0]; ++image) {
      WriteImage(image, inputs, FindBest(image, inputs, thresholds), outputs);
    }
    return Status::Ok();
  }

 private:
  static const float* NumbersOf(const HostTensor& boxes, int64_t image, int64_t box,
                                int64_t label) {
    const Shape& shape = boxes.shape();
    const int64_t of_class = shape[2] == 1 ? 0 : label;
    return boxes.f32() + 4 * ((image * shape[1] + box) * shape[2] + of_class);
  }

  std::vector<Found> FindBest(int64_t image, const std::vector<HostTensor>& inputs,
                              const BoxThresholds& thresholds) const {
    const Shape& shape = inputs[1].shape();
    std::vector<Found> all;
    for (int64_t label = 0; label < shape[2]; ++label) {
      std::vector<Box> boxes;
      std::vector<float> scores;
      for (int64_t i = 0; i < shape[1]; ++i) {
        boxes.push_back(ReadBox(NumbersOf(inputs[0], image, i, label), false));
        scores.push_back(inputs[1].f32()[(image * shape[1] + i) * shape[2] + label]);
      }
      BoxChooser chooser(boxes, scores.data(), thresholds);
      for (const ChosenBox& chosen : chooser.Choose(max_output_)) all.push_back({label, chosen});
    }
    std::stable_sort(all.begin(), all.end(), [](const Found& a, const Found& b) {
      return a.chosen.score > b.chosen.score;
    });
    if (static_cast<int64_t>(all.size()) > total_) all.resize(static_cast<size_t>(total_));
    return all;
  }

  void WriteImage(int64_t image, const std::vector<HostTensor>& inputs,
                  const std::vector<Found>& best, std::vector<HostTensor>* outputs) const {
    (*outputs)[3].mutable_data<int32_t>()[image] = static_cast<int32_t>(best.size());
    for (size_t i = 0; i < best.size(); ++i) {
      const int64_t row = image * total_ + static_cast<int64_t>(i);
      const float* const from = NumbersOf(inputs[0], image, best[i].chosen.box, best[i].label);
      for (int k = 0; k < 4; ++k) {
        (*outputs)[0].f32()[4 * row + k] = clips_ ? std::clamp(from[k], 0.0f, 1.0f) : from[k];
      }
      (*outputs)[1].f32()[row] = best[i].chosen.score;
      (*outputs)[2].f32()[row] = static_cast<float>(best[i].label);
    }
  }
};

StatusOr<std::unique_ptr<Op>> MakeCombinedNonMaxSuppression(const Node& node) {
  auto op = std::make_unique<CombinedNonMaxSuppressionOp>();
  op->max_output_ = node.attributes.GetInt("max_output", 0);
  op->total_ = node.attributes.GetInt("total", 0);
  op->clips_ = node.attributes.GetInt("clip", 1) != 0;
  if (op->max_output_ < 0 || op->total_ < 0) {
    return InvalidArgument("max_output and total: expected 0 or more, found " +
                           std::to_string(op->max_output_) + " and " + std::to_string(op->total_));
  }
  return std::unique_ptr<Op>(std::move(op));
}

}  // namespace

extern const OpDefinition kCombinedNonMaxSuppressionOp;
const OpDefinition kCombinedNonMaxSuppressionOp = {"CombinedNonMaxSuppression", 4, 4,
                                                   &MakeCombinedNonMaxSuppression};

}  // namespace mace
