// DetectionOutput: from what a detector (SSD) measured to the boxes it found. Inputs of one image:
// locations [1, 4 * boxes], confidences [1, boxes * num_classes] and priors [1, 2, 4 * boxes] as
// PriorBox gives them, of any shapes with so many elements. Class 0 is the background. In each
// other class, the boxes with a confidence above confidence_threshold (0.05), at most the nms_top_k
// (100) best, are kept unless they overlap a better one of the class by more than nms_threshold
// (0.3) of what both cover together; the keep_top_k (100) best of all that are left are the result.
//
// The result is [1, 1, keep_top_k, 7]: rows (0, class, confidence, xmin, ymin, xmax, ymax), best
// first. Rows that are not needed have the class -1 and zeros.
#include <algorithm>
#include <cmath>

#include "mace/ops/op.h"

namespace mace {
namespace {

struct DecodedBox {
  double xmin, ymin, xmax, ymax;

  double area() const { return std::max(0.0, xmax - xmin) * std::max(0.0, ymax - ymin); }
};

struct Detection {
  int64_t box;
  int64_t label;
  float confidence;
};

// The area that both boxes cover, as a part of the area that either covers.
double Overlap(const DecodedBox& a, const DecodedBox& b) {
  const DecodedBox both = {std::max(a.xmin, b.xmin), std::max(a.ymin, b.ymin),
                           std::min(a.xmax, b.xmax), std::min(a.ymax, b.ymax)};
  const double together = a.area() + b.area() - both.area();
  return together > 0 ? both.area() / together : 0;
}

// The prior box moved and scaled as its four numbers of `location` say.
DecodedBox Decode(const float* location, const float* prior, const float* variance) {
  const double width = double{prior[2]} - prior[0], height = double{prior[3]} - prior[1];
  const double x = (double{prior[0]} + prior[2]) / 2 + double{variance[0]} * location[0] * width;
  const double y = (double{prior[1]} + prior[3]) / 2 + double{variance[1]} * location[1] * height;
  const double half_width = std::exp(double{variance[2]} * location[2]) * width / 2;
  const double half_height = std::exp(double{variance[3]} * location[3]) * height / 2;
  return {x - half_width, y - half_height, x + half_width, y + half_height};
}

void KeepBest(int64_t count, std::vector<Detection>* found) {
  std::stable_sort(found->begin(), found->end(), [](const Detection& a, const Detection& b) {
    return a.confidence > b.confidence;
  });
  if (static_cast<int64_t>(found->size()) > count) found->resize(static_cast<size_t>(count));
}

class DetectionOutputOp : public Op {
 public:
  int64_t classes_ = 1, class_limit_ = 100, limit_ = 100;
  double overlap_limit_ = 0.3;
  float threshold_ = 0.05f;  // A float: a confidence that equals it is not above it.

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const int64_t numbers = inputs[0].info.shape.elements();
    const int64_t boxes = numbers / 4;
    const char* const names[] = {"locations", "confidences", "priors"};
    const double expected[] = {4.0 * static_cast<double>(boxes),
                               static_cast<double>(boxes) * static_cast<double>(classes_),
                               8.0 * static_cast<double>(boxes)};
    for (size_t i = 0; i < inputs.size(); ++i) {
      const TensorInfo& info = inputs[i].info;
      const bool one_image = info.shape.rank() > 0 && info.shape[0] == 1;
      if (inputs[i].present && IsFloat(info.dtype) && one_image &&
          static_cast<double>(info.shape.elements()) == expected[i]) {
        continue;
      }
      return InvalidArgument(std::string(names[i]) + ": expected [1, ...] with " +
                             std::to_string(static_cast<int64_t>(expected[i])) + " floats for " +
                             std::to_string(boxes) + " boxes, found " + DTypeName(info.dtype) +
                             " " + info.shape.ToString());
    }
    MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make({1, 1, limit_, 7}));
    outputs->assign(1, {DType::kFloat32, std::move(shape)});
    return Status::Ok();
  }

  // At worst each of a class's best is compared with all better ones.
  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    const double boxes = static_cast<double>(inputs[0].info.shape.elements()) / 4;
    const double kept = std::min(boxes, static_cast<double>(class_limit_));
    cost.flops = static_cast<double>(classes_) * (20 * boxes + 10 * kept * kept);
    return cost;
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const int64_t count = inputs[0].shape().elements() / 4;
    const float* priors = inputs[2].f32();
    std::vector<DecodedBox> boxes;
    for (int64_t i = 0; i < 4 * count; i += 4) {
      boxes.push_back(Decode(inputs[0].f32() + i, priors + i, priors + 4 * count + i));
    }
    std::vector<Detection> all;
    for (int64_t label = 1; label < classes_; ++label) {
      const std::vector<Detection> kept = FindClass(label, inputs[1].f32(), boxes);
      all.insert(all.end(), kept.begin(), kept.end());
    }
    KeepBest(limit_, &all);
    float* row = (*outputs)[0].f32();
    for (size_t i = 0; i < static_cast<size_t>(limit_); ++i, row += 7) {
      row[1] = -1;
      if (i >= all.size()) continue;
      const DecodedBox& box = boxes[static_cast<size_t>(all[i].box)];
      row[1] = static_cast<float>(all[i].label);
      row[2] = all[i].confidence;
      const double corners[] = {box.xmin, box.ymin, box.xmax, box.ymax};
      for (int k = 0; k < 4; ++k) row[3 + k] = static_cast<float>(corners[k]);
    }
    return Status::Ok();
  }

 private:
  std::vector<Detection> FindClass(int64_t label, const float* confidences,
                                   const std::vector<DecodedBox>& boxes) const {
    std::vector<Detection> candidates, kept;
    for (int64_t i = 0; i < static_cast<int64_t>(boxes.size()); ++i) {
      const float confidence = confidences[i * classes_ + label];
      if (confidence > threshold_) candidates.push_back({i, label, confidence});
    }
    KeepBest(class_limit_, &candidates);
    for (const Detection& candidate : candidates) {
      const DecodedBox& box = boxes[static_cast<size_t>(candidate.box)];
      const bool hidden = std::any_of(kept.begin(), kept.end(), [&](const Detection& better) {
        return Overlap(box, boxes[static_cast<size_t>(better.box)]) > overlap_limit_;
      });
      if (!hidden) kept.push_back(candidate);
    }
    return kept;
  }
};

StatusOr<std::unique_ptr<Op>> MakeDetectionOutput(const Node& node) {
  constexpr int64_t kMax = int64_t{1} << 24;
  auto op = std::make_unique<DetectionOutputOp>();
  const std::pair<const char*, int64_t*> counts[] = {{"num_classes", &op->classes_},
                                                     {"nms_top_k", &op->class_limit_},
                                                     {"keep_top_k", &op->limit_}};
  for (const auto& [name, value] : counts) {
    *value = node.attributes.GetInt(name, *value);
    if (*value >= 1 && *value <= kMax) continue;
    return InvalidArgument(std::string(name) + ": expected 1 to " + std::to_string(kMax) +
                           ", found " + std::to_string(*value));
  }
  op->overlap_limit_ = node.attributes.GetFloat("nms_threshold", op->overlap_limit_);
  op->threshold_ =
      static_cast<float>(node.attributes.GetFloat("confidence_threshold", double{op->threshold_}));
  return std::unique_ptr<Op>(std::move(op));
}

}  // namespace

extern const OpDefinition kDetectionOutputOp;
const OpDefinition kDetectionOutputOp = {"DetectionOutput", 3, 3, &MakeDetectionOutput};

}  // namespace mace
