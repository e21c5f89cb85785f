// The include path of Xiaomi's MACE, for apps whose sources stay as they are:
// -IPREFIX/include -IPREFIX/include/mace/compat/include
#ifndef MACE_COMPAT_INCLUDE_MACE_PUBLIC_MACE_H_
#define MACE_COMPAT_INCLUDE_MACE_PUBLIC_MACE_H_

#include "mace/compat/mace.h"  // IWYU pragma: export

#endif  // MACE_COMPAT_INCLUDE_MACE_PUBLIC_MACE_H_
