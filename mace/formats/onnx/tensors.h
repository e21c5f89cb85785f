// What the importer of ONNX knows by the names of tensors: values of the graph, sequences of
// tensors, and optional tensors. Sequences and optionals are known at import; the graph has none.
//
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_ONNX_TENSORS_H_
#define MACE_FORMATS_ONNX_TENSORS_H_

#include <string>
#include <vector>

#include "mace/base/keyed_hash.h"
#include "mace/base/status.h"
#include "mace/formats/common/graph_builder.h"
#include "mace/formats/onnx/graph.h"
#include "mace/formats/onnx/quantized.h"
#include "mace/formats/onnx/tensor.h"
#include "mace/graph/unique_names.h"

namespace mace {

class OnnxTensors {
 public:
  // `source` says where values come from; its builder holds them. REQUIRES: all outlive this.
  OnnxTensors(const OnnxGraph* graph, const OnnxTensorSource& source,
              OnnxQuantizedTensors* quantized)
      : graph_(graph), source_(source), quantized_(quantized) {}

  GraphBuilder* builder() const { return source_.builder; }
  const OnnxTensorSource& source() const { return source_; }
  OnnxQuantizedTensors* quantized() const { return quantized_; }

  // A name that no tensor of the model has, and that is taken from now on. Long names are cut.
  std::string NewName(const std::string& prefix, const std::string& name);
  // A new name for a value.
  StatusOr<std::string> Add(const std::string& prefix, const std::string& name, ValueId id);

  // Whether the name is that of a sequence or an optional.
  bool IsStructured(const std::string& name) const {
    return Sequence(name) != nullptr || Optional(name) != nullptr;
  }
  // Whether something has the name: a value, a sequence or an optional.
  bool Has(const std::string& name) const;
  // `to` is what `from` is, unless it is something already: a tensor that the caller gives. An
  // empty `to` is nobody's. kUnsupported where nothing made `from`.
  Status Alias(const std::string& from, const std::string& to);
  // The tensor as the model means it, integers that the graph holds as floats among them.
  // kInvalidArgument for a sequence or an optional, kUnsupported where nothing made it.
  StatusOr<ValueId> Value(const std::string& name);
  // The names of a sequence's tensors, in order. Null: the name is none of a sequence.
  const std::vector<std::string>* Sequence(const std::string& name) const;
  // kInvalidArgument for an element that is no tensor; kResourceExhausted where the sequences of
  // the model have more than 2^20 elements in all.
  Status SetSequence(const std::string& name, std::vector<std::string> elements);
  // The name of what an optional holds, "" where it is empty. Null: the name is no optional's.
  const std::string* Optional(const std::string& name) const;
  void SetOptional(const std::string& name, const std::string& element);

 private:
  const OnnxGraph* graph_;
  OnnxTensorSource source_;
  OnnxQuantizedTensors* quantized_;
  UniqueNames taken_;  // Names that were made here.
  NameMap<std::vector<std::string>> sequences_;
  size_t element_count_ = 0;  // Of all sequences.
  NameMap<std::string> optionals_;
};

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_TENSORS_H_
