// Complex numbers of TensorFlow: a tensor [...] of them is one [..., 2] of floats in the graph, real
// and imaginary parts. Only the ops listed in ops_signal.cc know that.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_FORMATS_TENSORFLOW_COMPLEX_H_
#define MACE_FORMATS_TENSORFLOW_COMPLEX_H_

#include "mace/formats/tensorflow/node.h"

namespace mace {

// The converter of a node, by its op and by whether it computes with complex numbers. Null for an op
// that is not supported, or not with complex numbers.
TfConverter FindTfConverterFor(const tf::NodeDef& node);

// Whether a type of the node, such as T, is one of complex numbers.
bool NamesTfComplex(const tf::NodeDef& node);

// kUnsupported names an output that has complex numbers, which no output of the model may have.
Status CheckTfOutput(const tf::NodeDef& node, int port);

}  // namespace mace

#endif  // MACE_FORMATS_TENSORFLOW_COMPLEX_H_
