// The contract of an op. An op is one place: its file set in this folder holds the attributes
// (parsed once into the op's own class), the inference of shapes and types, the reference on the
// CPU, and the GPU variants. Adding an op is adding files: the build finds the line `extern const
// OpDefinition k<Name>Op = {...};` and makes the op table.
//
// An Op is immutable after Make: thread-safe.
#ifndef MACE_OPS_OP_H_
#define MACE_OPS_OP_H_

#include <memory>
#include <string>
#include <vector>

#include "mace/base/span.h"
#include "mace/base/status.h"
#include "mace/graph/graph.h"
#include "mace/kernel/device_info.h"
#include "mace/kernel/kernel.h"
#include "mace/ops/element_text.h"

namespace mace {

// One input as shape inference and planning see it. `constant` is set for weights and folded
// values.
struct OpInput {
  TensorInfo info;
  const HostTensor* constant = nullptr;
  bool present = true;  // False for an optional input that is not given (kNoValue).
};

// The request to Op::Lower: inputs, outputs, and what the variants are to be made for.
struct LoweringRequest {
  std::vector<OpInput> inputs;
  std::vector<TensorInfo> outputs;
  const DeviceInfo* device = nullptr;
  Storage storage = Storage::kBuffer;
  Precision precision = Precision::kFloat32;
  // Products of float32 operands may be those of TF32, which has 10 bits of mantissa; sums are
  // float32 all the same. Where the device has no units for it nothing changes.
  bool allow_tf32 = false;
};

class Op {
 public:
  virtual ~Op() = default;

  // Shapes and dtypes of all outputs. kInvalidArgument says what was expected and found (the caller
  // adds the node).
  virtual Status Infer(const std::vector<OpInput>& inputs,
                       std::vector<TensorInfo>* outputs) const = 0;

  // The truth for all variants: fills `outputs` (allocated, zeroed, with the inferred infos) from
  // dense row-major inputs. Float inputs arrive as float32. An absent optional input has dtype
  // kInvalid. REQUIRES: Infer accepted these inputs.
  virtual Status Reference(const std::vector<HostTensor>& inputs,
                           std::vector<HostTensor>* outputs) const = 0;

  // All variants for request.device with activations in request.storage. Variants that only exist
  // for buffers or row-major data may be given for images too, since the planner adds the
  // conversions. Empty: the op runs on the CPU. A variant that would exceed a limit of the device
  // is not given.
  virtual std::vector<KernelVariant> Lower(const LoweringRequest& request) const {
    (void)request;
    return {};
  }

  // For ops that work element by element, each element of the only output being computed from one
  // element of each input (broadcast as NumPy does): appends the OpenCL statements for one element
  // to `text`, and returns the name of the variable that holds the result, which may be an
  // operand's. "": the op does not work so, or not for these types. REQUIRES: no input is absent.
  virtual std::string WriteElement(const std::vector<ElementOperand>& inputs,
                                   ElementText* text) const {
    (void)inputs;
    (void)text;
    return "";
  }

  // Whether the op can be computed batch entry by batch entry: entry n of axis 0 of every output
  // depends only on entry n of each input with `batched[i]`, whose axis 0 is the batch, and on the
  // whole of the inputs without it. False where the op does not know. REQUIRES: an input is
  // batched; Infer accepted these inputs.
  virtual bool SplitsAlongBatch(const std::vector<OpInput>& inputs,
                                const std::vector<bool>& batched) const {
    (void)inputs;
    (void)batched;
    return false;
  }

  virtual Cost EstimateCost(const std::vector<OpInput>& inputs,
                            const std::vector<TensorInfo>& outputs) const;
};

struct OpDefinition {
  const char* type;  // Node::type.
  int min_inputs;
  int max_inputs;  // -1: no limit.
  // Parses the attributes. kInvalidArgument says which attribute, expected and found.
  StatusOr<std::unique_ptr<Op>> (*make)(const Node& node);
};

// Sets the precision of the formats of a variant. Ops choose layout, storage and the formats of 8
// bits; every other format gets the precision of the request, and that of integers float32, which
// is as wide.
void SetPrecision(const LoweringRequest& request, KernelVariant* variant);

// Calls op.Reference, unless no output has an element: the op then has nothing to compute, and its
// loops could still walk over other extents of any size.
Status RunReference(const Op& op, const std::vector<HostTensor>& inputs,
                    std::vector<HostTensor>* outputs);

// Finds the definition of a type, or null.
const OpDefinition* FindOp(const std::string& type);

// The op of a node: its type is found, its inputs are counted, and its attributes are parsed, once:
// the op lies beside the attributes then (AttributeMap::parsed), also in copies of the node, and
// is parsed again only after a change of the attributes, the type, or the count of inputs or
// outputs. With a const node nothing is added, so that threads can share the graph. Messages begin
// with the node's name and type.
StatusOr<std::shared_ptr<const Op>> OpOf(Node* node);
StatusOr<std::shared_ptr<const Op>> OpOf(const Node& node);

}  // namespace mace

#endif  // MACE_OPS_OP_H_
