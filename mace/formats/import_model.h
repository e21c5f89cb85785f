// The way from a model file to the graph: MACE's `.pb` with its `.data`, TensorFlow's frozen
// GraphDef and SavedModel, TensorFlow Lite, and ONNX. The format is told by content, not by name.
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
// small file asks for much memory (mace/formats/common/import_budget.h) or there is none. The
// message names file, node, expected and found. Thread contract: thread-safe.
#ifndef MACE_FORMATS_IMPORT_MODEL_H_
#define MACE_FORMATS_IMPORT_MODEL_H_

#include <memory>
#include <string>

#include "mace/base/span.h"
#include "mace/base/status.h"
#include "mace/formats/common/import_options.h"
#include "mace/graph/graph.h"

namespace mace {

class ModelFiles;  // mace/formats/common/model_files.h.

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

#endif  // MACE_FORMATS_IMPORT_MODEL_H_
