// The order of axes of rank-4 values in MACE models, followed value by value.
//
// An op runs either in the runtime's order, NHWC (data_format AUTO), or in the order of the graph
// it was converted from. Where the producer's order is not the consumer's, a Transpose goes
// between. Only rank 4 has an order. Constants have none: the file stores them as their consumer
// reads them.
#ifndef MACE_FORMATS_MACE_LAYOUT_H_
#define MACE_FORMATS_MACE_LAYOUT_H_

#include <string>
#include <unordered_map>

#include "mace/base/status.h"
#include "mace/formats/common/graph_builder.h"
#include "mace/formats/proto/mace.pb.h"

namespace mace {

enum class AxisOrder { kNone, kNhwc, kNchw };

// Whether ops of this type know one order, the runtime's, whatever their argument says.
bool HasFixedFormat(const std::string& type);

class MaceLayout {
 public:
  // `source` is the order of the graph that was converted.
  MaceLayout(AxisOrder source, GraphBuilder* builder) : source_(source), builder_(builder) {}

  AxisOrder source() const { return source_; }
  bool from_nchw() const { return source_ == AxisOrder::kNchw; }

  // The order in which `op` means its inputs, attributes and outputs; kNone: as they come.
  AxisOrder OrderOf(const wire::OperatorDef& op) const;
  // The order of a declared input or output, by its InputOutputInfo::data_format.
  AxisOrder OrderOfIo(int data_format) const;

  void Mark(ValueId id, AxisOrder order) { orders_[id] = order; }
  AxisOrder Of(ValueId id) const;
  // The value in this order: itself, or a transposed one.
  StatusOr<ValueId> In(ValueId id, AxisOrder wanted);

 private:
  AxisOrder source_;
  GraphBuilder* builder_;
  std::unordered_map<ValueId, AxisOrder> orders_;
};

}  // namespace mace

#endif  // MACE_FORMATS_MACE_LAYOUT_H_
