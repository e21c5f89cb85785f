// The way from a model file to the graph: MACE's `.pb` with its `.data`, TensorFlow's frozen
// GraphDef, and ONNX. The format is told by content, not by name.
//
// The result is normalised: the conventions of mace/graph/graph.h hold, op types and attributes are
// MACE's, every shape is inferred, constant chains are evaluated, nodes are in topological order.
// An evaluated chain may hold the input shapes, so other input shapes need another import.
//
// Nothing in a file is trusted: counts, offsets, sizes, names and shapes are checked before use. No
// file is mapped: all of a model that is needed is read, once, into memory of this process, and
// other processes may cut the file short or replace it at any time. A model names other files only
// by the rule of mace/base/contained_files.h.
// Errors: kNotFound for a missing file, kCorruption for bytes that are no model or contradict
// themselves and for a file that is changed while it is read, kInvalidArgument for a graph that
// does not fit together, kUnsupported for what this version cannot do, kResourceExhausted where a
// small file asks for much memory (mace/import/import_budget.h) or there is none. The message names
// file, node, expected and found. Thread contract: thread-safe.
#ifndef MACE_IMPORT_IMPORT_H_
#define MACE_IMPORT_IMPORT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mace/base/span.h"
#include "mace/base/status.h"
#include "mace/graph/derived_constants.h"
#include "mace/graph/graph.h"

namespace mace {

class ModelFiles;  // mace/import/model_files.h.

struct ImportOptions {
  // The weights of a MACE model, anywhere; empty: the model's name with `.data` in place of its
  // extension, by the rule for files that a model names.
  std::string data_path;
  // By public input name, in place of what the model declares. Needed where the model leaves an
  // extent other than the first open (an open first extent, the batch, is 1 by default).
  std::map<std::string, std::vector<int64_t>> input_shapes;
  // The shapes of the data at hand, by name: what to take where the model leaves extents open and
  // input_shapes says nothing. TensorFlow and ONNX: where the name is that of a tensor inside the
  // graph, and `inputs` is empty, the tensor becomes an input besides those that are needed still.
  // Names that the model does not have are as if they were not there.
  // A TensorFlow placeholder with a default is an input where this map, input_shapes or `inputs`
  // names it, and its default everywhere else.
  std::map<std::string, std::vector<int64_t>> open_shapes;
  // TensorFlow and ONNX: the tensors that are to be the inputs, any of the graph; what comes before
  // them is left out. Empty: what the model declares. An output that needs another input is
  // kInvalidArgument.
  std::vector<std::string> inputs;
  // The names of the outputs; TensorFlow's as "node" or "node:1". Empty: what the model declares;
  // TensorFlow: all nodes that no other node reads.
  std::vector<std::string> outputs;
  // ONNX: tensors with a value that is known at load: inputs that hold a shape, an axis, a mode.
  std::map<std::string, HostTensor> input_values;
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

// The graph keeps the files open as long as constants are read from them.
StatusOr<std::shared_ptr<Graph>> ImportModel(const std::string& path, const ImportOptions& options);

// ImportModel for files that are open: a second import, for other input shapes, reads the files of
// the first. ImportOptions::data_path must be the one that ModelFiles::Open was given.
StatusOr<std::shared_ptr<Graph>> ImportModel(const std::shared_ptr<ModelFiles>& files,
                                             const ImportOptions& options);

// ImportModel from memory; `weights` is the content of the `.data` file. Both are copied where the
// graph needs them. `name` stands for the file in messages.
StatusOr<std::shared_ptr<Graph>> ImportModelBytes(const std::string& name, Bytes model,
                                                  Bytes weights, const ImportOptions& options);

}  // namespace mace

#endif  // MACE_IMPORT_IMPORT_H_
