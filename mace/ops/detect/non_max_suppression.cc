// NonMaxSuppression: in each image and class, the boxes with the best scores that do not overlap a
// better one. Inputs: boxes [images, boxes, 4], scores [images, classes, boxes], and where given
// one float each: the overlap threshold (0), the score threshold (none) and sigma (0).
//
// Attributes: max_output, the most boxes of a class (0); center_point_box: 0 for boxes by two
// corners (y, x, y, x), in any order, 1 for boxes by center and size (x, y, width, height).
//
// Boxes are tried by their scores, equal ones by their index, if their score is above the score
// threshold. A box is left out if the area that it shares with a chosen one is more than the
// overlap threshold of the area that both cover. With a sigma above 0 (Soft-NMS, Bodla et al.
// 2017), each chosen box multiplies the score by exp(-overlap^2 / (2 sigma)), or by 0 above the
// overlap threshold, and a box whose score has changed is tried again by its new score.
//
// Results: rows (image, class, box), [images * classes * min(max_output, boxes), 3] int64, by
// image, by class, in the order in which they were chosen; their scores; and how many there are, a
// scalar. Rows behind the last one are zeros. How many rows there are decides shapes, so the op
// runs on the CPU, where the host reads the result at once.
#include <algorithm>
#include <utility>
#include <vector>

#include "mace/ops/detect/box_choice.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

class NonMaxSuppressionOp : public Op {
 public:
  int64_t max_output_ = 0;
  bool by_center_ = false;

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const Shape &boxes = inputs[0].info.shape, &scores = inputs[1].info.shape;
    const bool fits = boxes.rank() == 3 && scores.rank() == 3 && boxes[2] == 4 &&
                      boxes[0] == scores[0] && boxes[1] == scores[2] &&
                      IsFloat(inputs[0].info.dtype) && IsFloat(inputs[1].info.dtype);
    if (!fits) {
      return InvalidArgument(
          "expected floats, boxes [images, boxes, 4] and scores [images, classes, boxes], found " +
          inputs[0].info.ToString() + " and " + inputs[1].info.ToString());
    }
    for (size_t i = 2; i < inputs.size(); ++i) {
      const TensorInfo& info = inputs[i].info;
      if (!inputs[i].present || (IsFloat(info.dtype) && info.shape.elements() == 1)) continue;
      return InvalidArgument("input " + std::to_string(i) + ": expected one float, found " +
                             info.ToString());
    }
    const int64_t of_class = std::min(max_output_, boxes[1]);
    MACE_ASSIGN_OR_RETURN(const Shape all, Shape::Make({scores[0], scores[1], of_class}));
    MACE_ASSIGN_OR_RETURN(Shape rows, Shape::Make({all.elements(), 3}));
    outputs->clear();
    outputs->push_back({DType::kInt64, std::move(rows)});
    outputs->push_back({DType::kFloat32, Shape{all.elements()}});
    outputs->push_back({DType::kInt64, Shape()});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    MACE_ASSIGN_OR_RETURN(const BoxThresholds thresholds, ReadThresholds(inputs));
    const Shape& shape = inputs[1].shape();
    int64_t* row = (*outputs)[0].mutable_data<int64_t>();
    float* score = (*outputs)[1].f32();
    int64_t count = 0;
    for (int64_t image = 0; image < shape[0]; ++image) {
      std::vector<Box> boxes;
      for (int64_t i = 0; i < shape[2]; ++i) {
        boxes.push_back(ReadBox(inputs[0].f32() + 4 * (image * shape[2] + i), by_center_));
      }
      for (int64_t label = 0; label < shape[1]; ++label) {
        const float* const scores = inputs[1].f32() + (image * shape[1] + label) * shape[2];
        BoxChooser chooser(boxes, scores, thresholds);
        for (const ChosenBox& chosen : chooser.Choose(max_output_)) {
          const int64_t numbers[] = {image, label, chosen.box};
          row = std::copy_n(numbers, 3, row);
          *score++ = chosen.score;
          ++count;
        }
      }
    }
    (*outputs)[2].mutable_data<int64_t>()[0] = count;
    return Status::Ok();
  }

 private:
  static StatusOr<BoxThresholds> ReadThresholds(const std::vector<HostTensor>& inputs) {
    const auto is_given = [&](size_t i) {
      return i < inputs.size() && inputs[i].dtype() != DType::kInvalid;
    };
    BoxThresholds thresholds;
    if (is_given(2)) thresholds.overlap = inputs[2].f32()[0];
    thresholds.has_score = is_given(3);
    if (thresholds.has_score) thresholds.score = inputs[3].f32()[0];
    if (is_given(4)) thresholds.sigma = inputs[4].f32()[0];
    if (!(thresholds.overlap >= 0 && thresholds.overlap <= 1)) {
      return InvalidArgument("the overlap threshold: expected a number from 0 to 1, found " +
                             std::to_string(thresholds.overlap));
    }
    if (!(thresholds.sigma >= 0)) {
      return InvalidArgument("sigma: expected 0 or more, found " +
                             std::to_string(thresholds.sigma));
    }
    return thresholds;
  }
};

StatusOr<std::unique_ptr<Op>> MakeNonMaxSuppression(const Node& node) {
  auto op = std::make_unique<NonMaxSuppressionOp>();
  op->max_output_ = std::max<int64_t>(node.attributes.GetInt("max_output", 0), 0);
  const int64_t by_center = node.attributes.GetInt("center_point_box", 0);
  if (by_center != 0 && by_center != 1) {
    return InvalidArgument("center_point_box: expected 0 or 1, found " + std::to_string(by_center));
  }
  op->by_center_ = by_center == 1;
  return std::unique_ptr<Op>(std::move(op));
}

}  // namespace

extern const OpDefinition kNonMaxSuppressionOp;
const OpDefinition kNonMaxSuppressionOp = {"NonMaxSuppression", 2, 5, &MakeNonMaxSuppression};

}  // namespace mace
