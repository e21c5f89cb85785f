// What an import is asked for: shapes, inputs and outputs, values that are known, and limits.
#ifndef MACE_FORMATS_COMMON_IMPORT_OPTIONS_H_
#define MACE_FORMATS_COMMON_IMPORT_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mace/formats/common/run_values.h"
#include "mace/graph/derived_constants.h"
#include "mace/graph/tensor.h"

namespace mace {

struct ImportOptions {
  // The weights of a MACE model, anywhere; empty: the model's name with `.data` in place of its
  // extension, by the rule for files that a model names.
  std::string data_path;
  // By public input name, in place of what the model declares. Needed where the model leaves an
  // extent other than the first dynamic (a dynamic first extent, the batch, is 1 by default).
  std::map<std::string, std::vector<int64_t>> input_shapes;
  // The shapes of the data at hand, by name: what to take where the model leaves extents dynamic
  // and input_shapes says nothing. TensorFlow and ONNX: where the name is that of a tensor inside
  // the graph, and `inputs` is empty, the tensor becomes an input besides those that are needed
  // still. Names that the model does not have are as if they were not there.
  // A TensorFlow placeholder with a default is an input where this map, input_shapes or `inputs`
  // names it, and its default everywhere else.
  std::map<std::string, std::vector<int64_t>> dynamic_shapes;
  // TensorFlow and ONNX: the tensors that are to be the inputs, any of the graph; what comes before
  // them is left out. Empty: what the model declares. An output that needs another input is
  // kInvalidArgument.
  std::vector<std::string> inputs;
  // The names of the outputs; TensorFlow's as "node" or "node:1". Empty: what the model declares;
  // TensorFlow: all nodes that no other node reads.
  std::vector<std::string> outputs;
  // A SavedModel: which of its signatures is imported. Empty: "serving_default", or the only one
  // that there is. kInvalidArgument beside `outputs`, and for other formats.
  std::string signature;
  // ONNX: tensors with a value that is known at load: inputs that hold a shape, an axis, a mode.
  std::map<std::string, HostTensor> input_values;
  // TensorFlow and ONNX.
  RunValues run_values;
  // Large constants of a file are read when their elements are first wanted, under ConstantPins
  // (mace/graph/constant_pins.h), and not by the import.
  bool read_weights_later = false;
  // Where constants are shared with the graphs of other imports of the same model, which differ in
  // nothing but input shapes. Null: this import shares none.
  std::shared_ptr<DerivedConstants> derived;
  // Limits against files that ask for more than they hold.
  size_t max_model_bytes = size_t{1} << 31;
  size_t max_nodes = size_t{1} << 20;
  // Memory for constants that are not as the file has them: repeated values, conversions, evaluated
  // chains. A few times the size of the file is the limit where that is less.
  size_t max_expanded_bytes = size_t{1} << 32;
};

}  // namespace mace

#endif  // MACE_FORMATS_COMMON_IMPORT_OPTIONS_H_
