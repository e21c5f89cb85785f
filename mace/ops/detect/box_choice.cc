#include "mace/ops/detect/box_choice.h"

#include <algorithm>
#include <cmath>

namespace mace {

Box ReadBox(const float* numbers, bool by_center) {
  if (by_center) {
    const float width = numbers[2] / 2, height = numbers[3] / 2;
    return {numbers[0] - width, numbers[1] - height, numbers[0] + width, numbers[1] + height};
  }
  return {std::min(numbers[1], numbers[3]), std::min(numbers[0], numbers[2]),
          std::max(numbers[1], numbers[3]), std::max(numbers[0], numbers[2])};
}

float Overlap(const Box& a, const Box& b) {
  const float x_min = std::max(a.x_min, b.x_min), x_max = std::min(a.x_max, b.x_max);
  const float y_min = std::max(a.y_min, b.y_min), y_max = std::min(a.y_max, b.y_max);
  if (x_max <= x_min || y_max <= y_min) return 0;
  const float shared = (x_max - x_min) * (y_max - y_min);
  const float area_a = a.area(), area_b = b.area();
  const float covered = area_a + area_b - shared;
  if (area_a <= 0 || area_b <= 0 || covered <= 0) return 0;
  return shared / covered;
}

BoxChooser::BoxChooser(const std::vector<Box>& boxes, const float* scores,
                       const BoxThresholds& thresholds)
    : boxes_(boxes), thresholds_(thresholds) {
  for (size_t i = 0; i < boxes.size(); ++i) {
    if (IsEnough(scores[i])) queue_.push({static_cast<int64_t>(i), scores[i], 0});
  }
}

const std::vector<ChosenBox>& BoxChooser::Choose(int64_t limit) {
  while (static_cast<int64_t>(chosen_.size()) < limit && !queue_.empty()) {
    ChosenBox next = queue_.top();
    queue_.pop();
    const float before = next.score;
    if (IsLeftOut(&next)) continue;
    if (next.score == before) {
      chosen_.push_back(next);
    } else if (IsEnough(next.score)) {
      queue_.push(next);
    }
  }
  return chosen_;
}

// Compares the candidate with what was chosen since it was compared last, the last one first.
bool BoxChooser::IsLeftOut(ChosenBox* next) const {
  const Box& box = boxes_[static_cast<size_t>(next->box)];
  const bool soft = thresholds_.sigma > 0;
  for (size_t k = chosen_.size(); k-- > next->compared;) {
    const float overlap = Overlap(box, boxes_[static_cast<size_t>(chosen_[k].box)]);
    if (!soft && overlap > thresholds_.overlap) return true;
    if (!soft) continue;
    const float scale = -0.5f / thresholds_.sigma;
    next->score *= overlap <= thresholds_.overlap ? std::exp(scale * overlap * overlap) : 0.0f;
    if (!IsEnough(next->score)) break;
  }
  next->compared = chosen_.size();
  return false;
}

}  // namespace mace
