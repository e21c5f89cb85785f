/* The version of the library that is linked, by the C API. */
#include <stdio.h>

#include "mace/mace_c.h"

int describe_library(void);
int describe_library(void) { return printf("mace %s\n", mace_version()) > 0 ? 0 : 1; }
