# The Python package, whose Python files are in mace/python/source; pyproject.toml builds with this.
# Its module and its command link one library with all of the engine, so that the package has the engine once.
add_library(mace_package SHARED)
target_link_libraries(mace_package PRIVATE
  mace_engine mace_shared mace_schemas mace_diagnose protobuf::libprotobuf ${sodium_archive})
if(NOT MACE_OPEN_OPENCL)
  target_link_libraries(mace_package PRIVATE OpenCL::OpenCL)
endif()
mace_export_only(mace_package python/package_exports.map)
target_link_options(mace_package PRIVATE -Wl,-Bsymbolic -Wl,-z,defs)
set_target_properties(mace_package PROPERTIES LINKER_LANGUAGE CXX)

find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
set(PYBIND11_FINDPYTHON ON)
find_package(pybind11 REQUIRED CONFIG)
mace_sources(python_sources mace/python)
pybind11_add_module(_mace MODULE NO_EXTRAS ${python_sources})
target_link_libraries(_mace PRIVATE mace_settings mace_package)
mace_export_only(_mace python/exports.map)
# The package finds the library, the layer and the command beside its module.
set_target_properties(mace_command PROPERTIES OUTPUT_NAME mace-command)
# The folder of the build is not in the files, so that builds in two folders give the same bytes.
set_target_properties(_mace mace_command PROPERTIES
  INSTALL_RPATH $ORIGIN BUILD_WITH_INSTALL_RPATH ON)
install(TARGETS _mace mace_package mace_cl_cache_layer mace_command DESTINATION mace COMPONENT python)
install(DIRECTORY ${root}/mace/python/source/ DESTINATION mace COMPONENT python
        PATTERN __pycache__ EXCLUDE)

# The licences of all that is linked or compiled in, as Debian's packages bring them.
foreach(package libprotobuf-dev libflatbuffers-dev libsodium-dev libeigen3-dev libfmt-dev libspdlog-dev
                libcli11-dev nlohmann-json3-dev pybind11-dev opencl-c-headers libclblast-dev)
  find_file(licence_of_${package} copyright PATHS /usr/share/doc/${package} NO_DEFAULT_PATH)
  if(NOT licence_of_${package})
    message(WARNING "the package gets no licence of ${package}: "
                    "/usr/share/doc/${package}/copyright is not there")
  elseif(DEFINED SKBUILD_METADATA_DIR)
    install(FILES ${licence_of_${package}} DESTINATION ${SKBUILD_METADATA_DIR}/licenses/third_party
            RENAME ${package}.txt COMPONENT python)
  endif()
endforeach()
