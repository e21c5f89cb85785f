// `mace inspect --html`: the graph after the passes as a page, with what is known of each node.
#ifndef TOOLS_MACE_GRAPH_PAGE_H_
#define TOOLS_MACE_GRAPH_PAGE_H_

#include <optional>
#include <string>

#include "mace/diagnose.h"
#include "tools/mace/arguments.h"
#include "tools/mace/json_output.h"

namespace mace {

// What a page shows.
struct GraphPageContent {
  GraphReport graph;
  Statistics statistics;
  int iterations = 0;                     // Timed runs; used with `profile`.
  std::optional<Profile> profile;         // None: no times.
  std::optional<LayerComparison> errors;  // None: no errors.
  double rtol = 0;  // A node whose own error is a larger share of its range departs.
};

// The data of the page:
//   model, device, driver, precision
//   iterations, ops_ms   null without times
//   errors, rtol         whether nodes have errors, and the limit of a node's own
//   inputs, outputs      [[name, value]]
//   values               [{name, dtype, dims, constant}]
//   nodes                [{name, type, place, variant, why, launches, inputs, outputs, attributes,
//                        fused, variants, ms, error}]: ms in milliseconds or null, error null or
//                        {own_share, own_abs, carried_share, departs}
Json GraphPageJson(const ModelArguments& arguments, const GraphPageContent& content);

// A single HTML file that loads nothing else; the page's script lays the graph out and draws it.
std::string GraphPage(const Json& data);

}  // namespace mace

#endif  // TOOLS_MACE_GRAPH_PAGE_H_
