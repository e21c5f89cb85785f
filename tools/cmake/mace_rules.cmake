# The rules of the build without Bazel, for mace/CMakeLists.txt.

# mace_read_version(VARIABLE): the three numbers of mace/api/version.h, as "0.1.0".
function(mace_read_version variable)
  file(STRINGS ${CMAKE_CURRENT_SOURCE_DIR}/api/version.h lines
       REGEX "^#define MACE_VERSION_(MAJOR|MINOR|PATCH)")
  string(REGEX REPLACE "[^0-9;]+" "" numbers "${lines}")
  list(JOIN numbers "." version)
  set(${variable} ${version} PARENT_SCOPE)
endfunction()

# mace_sources(VARIABLE FOLDER...): the .cc files below the folders, without tests, which is the
# rule of mace_library() in tools/mace.bzl.
function(mace_sources variable)
  set(sources)
  foreach(folder ${ARGN})
    file(GLOB_RECURSE found CONFIGURE_DEPENDS ${root}/${folder}/*.cc)
    list(APPEND sources ${found})
  endforeach()
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  set(${variable} ${sources} PARENT_SCOPE)
endfunction()

# mace_generate(OUTPUT SCRIPT WORD INPUT...): OUTPUT is what a script of tools/ makes of the inputs.
# WORD goes before them where it is not empty.
function(mace_generate output script word)
  add_custom_command(
    OUTPUT ${generated}/${output}
    COMMAND Python3::Interpreter ${root}/tools/${script} ${generated}/${output} ${word} ${ARGN}
    DEPENDS ${ARGN} ${root}/tools/${script} ${root}/tools/embed_kernels.py
    VERBATIM)
endfunction()

# mace_generate_schemas(VARIABLE FOLDER): the sources that protoc and flatc make of the schemas of a
# folder.
function(mace_generate_schemas variable folder)
  file(GLOB schemas CONFIGURE_DEPENDS ${root}/${folder}/*.proto)
  set(sources)
  foreach(schema ${schemas})
    get_filename_component(stem ${schema} NAME_WE)
    set(output ${generated}/${folder}/${stem}.pb)
    add_custom_command(
      OUTPUT ${output}.cc ${output}.h
      COMMAND protobuf::protoc --proto_path=${root} --cpp_out=${generated} ${schema}
      DEPENDS ${schemas}
      VERBATIM)
    list(APPEND sources ${output}.cc ${output}.h)
  endforeach()
  file(GLOB flatbuffers CONFIGURE_DEPENDS ${root}/${folder}/*.fbs)
  foreach(schema ${flatbuffers})
    get_filename_component(stem ${schema} NAME_WE)
    set(output ${generated}/${folder}/${stem}_generated.h)
    add_custom_command(
      OUTPUT ${output}
      COMMAND ${mace_flatc} --cpp -o ${generated}/${folder} ${schema}
      DEPENDS ${schema}
      VERBATIM)
    list(APPEND sources ${output})
  endforeach()
  set(${variable} ${sources} PARENT_SCOPE)
endfunction()

# mace_find_archive(VARIABLE FILE TARGET): the archive of a library, or its target where none is.
function(mace_find_archive variable file target)
  find_library(${variable}_path ${file})
  if(${variable}_path)
    set(${variable} ${${variable}_path} PARENT_SCOPE)
  else()
    set(${variable} ${target} PARENT_SCOPE)
  endif()
endfunction()

# mace_find_header(VARIABLE NAME): the path of a header, which must be there.
function(mace_find_header variable name)
  find_file(${variable}_path ${name} REQUIRED)
  set(${variable} ${${variable}_path} PARENT_SCOPE)
endfunction()

# mace_export_only(TARGET MAP): a library shows what a version script says, and nothing else.
function(mace_export_only target map)
  set(path ${CMAKE_CURRENT_SOURCE_DIR}/${map})
  target_link_options(${target} PRIVATE -Wl,--version-script=${path})
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${path})
endfunction()
