// What the models of ai.onnx.ml do with their scores.
#ifndef MACE_FORMATS_ONNX_POST_TRANSFORM_H_
#define MACE_FORMATS_ONNX_POST_TRANSFORM_H_

#include <cstdint>
#include <vector>

#include "mace/formats/onnx/node.h"

namespace mace {

// The attribute post_transform of scores [n, k]: NONE, LOGISTIC or SOFTMAX along the last axis.
// kUnsupported names another one.
StatusOr<ValueId> EmitPostTransform(OnnxNode* node, ValueId scores);

// One score for two classes.
struct OnnxBinaryClass {
  double threshold = 0;     // The second class is that of scores above it.
  bool complements = true;  // The scores become [1 - s, s]; otherwise [-s, s].
};

// The place of the largest of each row of scores [n, k], the first of equals: int32 [n].
StatusOr<ValueId> EmitLargest(OnnxNode* node, ValueId scores);

// Sets output 0 to the class at places [n], where the classes are integers (attribute `labels`). Classes that are strings
// are not made, and an error for those who read them.
Status SetClasses(OnnxNode* node, ValueId places, const char* labels);

// Sets output 1 to [n, 2] of one score [n, 1] for two classes, behind post_transform. kUnsupported names another one than
// NONE and LOGISTIC.
Status SetBinaryScores(OnnxNode* node, ValueId scores, const OnnxBinaryClass& binary);

// Sets output 0 to the class of each row of scores [n, k], the first of equals, where the classes
// are integers (attribute `labels`); with k = 1 and two classes as `binary` says. Output 1 is the
// scores behind EmitPostTransform; with k = 1 and two classes [n, 2].
Status SetClassResults(OnnxNode* node, ValueId scores, const char* labels,
                       const OnnxBinaryClass& binary);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_POST_TRANSFORM_H_
