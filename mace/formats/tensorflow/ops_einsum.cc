// TensorFlow's Einsum, which is that of all importers.
#include "mace/formats/common/einsum.h"
#include "mace/formats/tensorflow/emit.h"

namespace mace {
namespace {

Status ConvertEinsum(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_ASSIGN_OR_RETURN(const ValueId result, AddEinsum(node->name(), node->String("equation", ""),
                                                        node->inputs(), node->builder()));
  node->SetResult(result);
  return Status::Ok();
}

}  // namespace

const TfConverterEntry kTfEinsumConverters[] = {
    {"Einsum", ConvertEinsum},
    {nullptr, nullptr},
};

}  // namespace mace
