// Boxes, how much they overlap, and choosing boxes that overlap little: what the ops that suppress
// boxes share. All arithmetic is that of float32, as in the runtimes whose results must be met.
//
// Thread contract: thread-compatible.
#ifndef MACE_OPS_DETECT_BOX_CHOICE_H_
#define MACE_OPS_DETECT_BOX_CHOICE_H_

#include <cstddef>
#include <cstdint>
#include <queue>
#include <vector>

namespace mace {

struct Box {
  float x_min, y_min, x_max, y_max;

  float area() const { return (x_max - x_min) * (y_max - y_min); }
};

// From four numbers: two corners (y, x, y, x), in any order, or with `by_center` center and size
// (x, y, width, height).
Box ReadBox(const float* numbers, bool by_center);

// The area that both boxes share, as a part of the area that they cover together; 0 if they share
// none or one of them has none.
float Overlap(const Box& a, const Box& b);

struct BoxThresholds {
  float overlap = 0;
  bool has_score = false;  // False: any score is enough.
  float score = 0;
  float sigma = 0;  // Above 0: Soft-NMS.
};

struct ChosenBox {
  int64_t box;
  float score;
  size_t compared;  // How many of the chosen boxes it was compared with.

  bool operator<(const ChosenBox& other) const {
    return score < other.score || (score == other.score && box > other.box);
  }
};

// Chooses among boxes by their scores, of which there is one for each, equal ones by their index.
// REQUIRES: `boxes` outlives this.
class BoxChooser {
 public:
  BoxChooser(const std::vector<Box>& boxes, const float* scores, const BoxThresholds& thresholds);

  // At most `limit` boxes, in the order in which they were chosen.
  const std::vector<ChosenBox>& Choose(int64_t limit);

 private:
  bool IsEnough(float score) const { return !thresholds_.has_score || score > thresholds_.score; }
  bool IsLeftOut(ChosenBox* next) const;

  const std::vector<Box>& boxes_;
  const BoxThresholds thresholds_;
  std::priority_queue<ChosenBox> queue_;
  std::vector<ChosenBox> chosen_;
};

}  // namespace mace

#endif  // MACE_OPS_DETECT_BOX_CHOICE_H_
