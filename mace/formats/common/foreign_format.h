// Tells what a file is that is no model which mace reads, and how to make one of it.
//
// Thread contract: thread-safe.
#ifndef MACE_FORMATS_COMMON_FOREIGN_FORMAT_H_
#define MACE_FORMATS_COMMON_FOREIGN_FORMAT_H_

#include <string>

#include "mace/base/span.h"
#include "mace/base/status.h"

namespace mace {

// Whether a file that begins so is a TensorFlow SavedModel (saved_model.pb), or a TensorFlow graph
// as text (.pbtxt).
bool IsSavedModel(Bytes begin);
bool IsTensorFlowText(Bytes begin);

// "a Keras model (HDF5): export it with …": what the begin of a file's bytes shows it to be, and
// what to do. Empty where that is not known. Some kilobytes of the begin are enough.
std::string DescribeForeignBytes(Bytes begin);
// What a folder that was given as a model is, or "".
std::string DescribeForeignFolder(const std::string& path);

// `status`, which says that a file is no model, or what the file was found to be where
// `description` is not empty.
Status ExplainForeign(const std::string& description, const Status& status);

}  // namespace mace

#endif  // MACE_FORMATS_COMMON_FOREIGN_FORMAT_H_
