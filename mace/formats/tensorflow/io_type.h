// The element types that a TensorFlow model declares for what its caller gives and gets. The graph
// inside computes floats in float32 and holds int64 as int32.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_FORMATS_TENSORFLOW_IO_TYPE_H_
#define MACE_FORMATS_TENSORFLOW_IO_TYPE_H_

#include <string>

#include "mace/formats/proto/tensorflow.pb.h"
#include "mace/graph/graph.h"

namespace mace {

// kInvalid for a type that no input or output has. bfloat16, which no array has, is float32;
// integers that are neither int64 nor int8 are int32.
DType IoType(tf::DataType type);

// The type that a node declares for its results; DT_FLOAT where it declares none.
tf::DataType DeclaredType(const tf::NodeDef& node);
// What a node declares of an output, for a graph that ends before it: the output has no value.
IoInfo DeclaredOutput(const tf::NodeDef& node, const std::string& name);

// The element type of output `port` of a node, by the attributes that TensorFlow's definition of
// its op names; the type `inside` where they say nothing or do not go with it.
DType OutputType(const tf::NodeDef& node, int port, DType inside);

}  // namespace mace

#endif  // MACE_FORMATS_TENSORFLOW_IO_TYPE_H_
