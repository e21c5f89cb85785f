// Ops of MACE models, brought to one clean meaning each: defaults are written out, arguments that
// converters misplace are put right, inputs that only repeat an attribute are dropped.
//
// A comment at each function says what its rule is for. The rules follow what converted models
// contain, which is not always what the schema says.
#ifndef MACE_FORMATS_MACE_OPS_H_
#define MACE_FORMATS_MACE_OPS_H_

#include <cstdint>
#include <vector>

#include "mace/base/status.h"
#include "mace/formats/common/graph_builder.h"
#include "mace/formats/mace/layout.h"
#include "mace/formats/proto/mace.pb.h"

namespace mace {

// One op on its way into the graph.
struct MaceOp {
  const wire::OperatorDef* def = nullptr;
  Node node;  // Inputs are values of the graph, not yet in `order`.
  AxisOrder order = AxisOrder::kNone;
  bool filters_channels_last = false;  // The file's filters are OHWI, those of depthwise ops HWIM.
  bool tensorflow_form = false;        // For ops whose inputs differ between converters.
  // Not empty: the output is to be transposed by this.
  std::vector<int64_t> restore;
};

// Arguments become attributes of the same name; the last of equal names counts, and those that only
// speak to a converter or another runtime are left out.
void CopyMaceArguments(const wire::OperatorDef& op, AttributeMap* attributes);

// Rules that decide or need the order of the inputs: before they are transposed.
Status ChooseMaceOrder(MaceOp* op, const MaceLayout& layout, GraphBuilder* builder);
// All other rules, on inputs that are in order.
Status NormalizeMaceOp(MaceOp* op, const MaceLayout& layout, GraphBuilder* builder);

}  // namespace mace

#endif  // MACE_FORMATS_MACE_OPS_H_
