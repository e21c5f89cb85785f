// The functions of a TensorFlow graph's library, as graphs of their own.
//
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_TENSORFLOW_FUNCTIONS_H_
#define MACE_FORMATS_TENSORFLOW_FUNCTIONS_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/formats/tensorflow/graph.h"

namespace mace {

struct TfFunction {
  tf::GraphDef def;  // The arguments are nodes of the op _Arg, in front of the others.
  std::unique_ptr<TfGraph> graph;
  size_t arguments = 0;
  std::vector<TfTensorRef> results;
  std::vector<size_t> order;  // Of the nodes that the results need when the arguments are there.
};

class TfFunctions {
 public:
  // `library` must outlive the functions.
  explicit TfFunctions(const tf::FunctionDefLibrary& library);

  bool Has(const std::string& name) const { return definitions_.count(name) > 0; }
  // The function with the attributes of a call in place of those that it leaves open. The result
  // lives as long as this object. kNotFound: no such function; kInvalidArgument, kUnsupported: a
  // function that is none.
  StatusOr<const TfFunction*> Find(const tf::NameAttrList& call);

 private:
  std::map<std::string, const tf::FunctionDef*> definitions_;
  std::map<std::string, std::unique_ptr<TfFunction>> made_;  // By name and attributes.
};

}  // namespace mace

#endif  // MACE_FORMATS_TENSORFLOW_FUNCTIONS_H_
