// Pages of one file that load nothing else.
#ifndef TOOLS_MACE_HTML_PAGE_H_
#define TOOLS_MACE_HTML_PAGE_H_

#include <string>

#include "tools/mace/json_output.h"

namespace mace {

// `page` with `data` in place of the first @DATA@, which stands in a <script> element. No text in
// the data can end that element.
std::string PageWithData(std::string page, const Json& data);

}  // namespace mace

#endif  // TOOLS_MACE_HTML_PAGE_H_
