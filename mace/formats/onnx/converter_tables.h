// The tables of converters that node.h does not list: newer families, and other domains than ONNX's
// own. Each is ended by a null op.
#ifndef MACE_FORMATS_ONNX_CONVERTER_TABLES_H_
#define MACE_FORMATS_ONNX_CONVERTER_TABLES_H_

#include "mace/formats/onnx/node.h"

namespace mace {

extern const OnnxConverterEntry kOnnxAttentionConverters[];
extern const OnnxConverterEntry kOnnxCountedConverters[];
extern const OnnxConverterEntry kOnnxLinearAttentionConverters[];
extern const OnnxConverterEntry kOnnxLossConverters[];
extern const OnnxConverterEntry kOnnxRandomConverters[];
extern const OnnxConverterEntry kOnnxRegionConverters[];
extern const OnnxConverterEntry kOnnxSampleConverters[];
extern const OnnxConverterEntry kOnnxSignalConverters[];
// The domain ai.onnx.ml.
extern const OnnxConverterEntry kOnnxFeatureConverters[];
extern const OnnxConverterEntry kOnnxLinearModelConverters[];
extern const OnnxConverterEntry kOnnxSupportVectorConverters[];
extern const OnnxConverterEntry kOnnxTreeConverters[];
// The domain com.microsoft.
extern const OnnxConverterEntry kMicrosoftAttentionConverters[];
extern const OnnxConverterEntry kMicrosoftFusedConverters[];
extern const OnnxConverterEntry kMicrosoftGatherConverters[];
extern const OnnxConverterEntry kMicrosoftGroupQueryConverters[];
extern const OnnxConverterEntry kMicrosoftNormConverters[];
extern const OnnxConverterEntry kMicrosoftRecurrentConverters[];

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_CONVERTER_TABLES_H_
