# find_package(mace) gives the target mace::mace: the library and its headers.
if(TARGET mace::mace)
  return()
endif()
get_filename_component(mace_prefix "${CMAKE_CURRENT_LIST_DIR}/@TO_PREFIX@" ABSOLUTE)
add_library(mace::mace SHARED IMPORTED)
set_target_properties(mace::mace PROPERTIES
  IMPORTED_LOCATION "${mace_prefix}/@LIBDIR@/libmace.so"
  INTERFACE_INCLUDE_DIRECTORIES "${mace_prefix}/include"
  INTERFACE_COMPILE_FEATURES cxx_std_17)
unset(mace_prefix)
