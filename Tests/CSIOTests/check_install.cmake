# Installs the library and builds programs with it in each way that docs/csio.md describes: with unusual
# directories, below a prefix that is chosen when it is installed, and with only one of the two libraries. Programs that
# link the static library run without the shared one.
set(options -DCMAKE_C_COMPILER=${CC} -DCMAKE_BUILD_TYPE=Debug)

function(run)
  execute_process(COMMAND ${ARGV} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK}/programs ${WORK}/installed ${WORK}/moved ${WORK}/shared ${WORK}/static)
file(MAKE_DIRECTORY ${WORK}/programs)

# Builds the library with the given options and installs it into `prefix`. It is compiled only once.
function(install_library prefix)
  run(${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/library -U BUILD_SHARED_LIBS -U CMAKE_INSTALL_* ${options}
    -DCSIO_TESTS=OFF -DCSIO_TEST_SERVER=OFF ${ARGN})
  run(${CMAKE_COMMAND} --build ${WORK}/library)
  run(${CMAKE_COMMAND} --install ${WORK}/library --prefix ${prefix})
endfunction()

# Run without arguments, a program that starts prints its usage.
function(expect_start program libraries)
  execute_process(COMMAND ${CMAKE_COMMAND} -E env LD_LIBRARY_PATH=${libraries} DYLD_LIBRARY_PATH=${libraries} ${program}
    RESULT_VARIABLE status ERROR_VARIABLE said)
  if(NOT status EQUAL 2 OR NOT said MATCHES "^usage: ")
    message(FATAL_ERROR "${program}: ${status}, ${said}")
  endif()
endfunction()

# Whoever links the shared library needs nothing of what is underneath; the static one needs it on the command line.
function(expect_requires directory module option)
  set(ENV{PKG_CONFIG_PATH} ${directory}/pkgconfig)
  foreach(each --print-requires --print-requires-private)
    execute_process(COMMAND pkg-config ${each} ${module} OUTPUT_VARIABLE found COMMAND_ERROR_IS_FATAL ANY)
    if(each STREQUAL option)
      string(REGEX MATCHALL "libcurl|libuv|openssl|zlib" names "${found}")
      list(LENGTH names count)
      if(NOT count EQUAL 4)
        message(FATAL_ERROR "${module}: ${each} says \"${found}\"")
      endif()
    elseif(each STREQUAL --print-requires AND found)
      message(FATAL_ERROR "${module} requires publicly: ${found}")
    endif()
  endforeach()
endfunction()

# Builds the example with pkg-config and runs it with the libraries in `libraries`.
function(expect_pkg_config name directory module libraries)
  set(ENV{PKG_CONFIG_PATH} ${directory}/pkgconfig)
  execute_process(COMMAND pkg-config --cflags --libs ${module} OUTPUT_VARIABLE flags COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  run(${CC} ${SOURCE}/Examples/c/main.c -o ${WORK}/programs/${name} ${flags} -pthread)
  expect_start(${WORK}/programs/${name} "${libraries}")
endfunction()

# The same with CMake. `needs` is passed to find_package; further arguments are passed to cmake.
function(expect_cmake name directory target libraries needs)
  file(WRITE ${WORK}/programs/${name}-source/CMakeLists.txt "
cmake_minimum_required(VERSION 3.18)
project(${name} LANGUAGES C)
find_package(csio 0.1 REQUIRED ${needs})
find_package(Threads REQUIRED)
add_executable(${name} ${SOURCE}/Examples/c/main.c)
target_link_libraries(${name} PRIVATE ${target} Threads::Threads)
")
  set(build ${WORK}/programs/${name}-build)
  run(${CMAKE_COMMAND} -S ${WORK}/programs/${name}-source -B ${build} ${options} -Dcsio_DIR=${directory}/cmake/csio
    -DCMAKE_BUILD_WITH_INSTALL_RPATH=ON ${ARGN})
  run(${CMAKE_COMMAND} --build ${build})
  expect_start(${build}/${name} "${libraries}")
endfunction()

function(expect_files directory)
  file(GLOB found RELATIVE ${directory} ${directory}/* ${directory}/pkgconfig/* ${directory}/cmake/csio/*-targets.cmake)
  list(FILTER found EXCLUDE REGEX "[.][0-9]+(|[.]dylib)$") # names with a version
  list(TRANSFORM found REPLACE dylib$ so)
  list(SORT found)
  set(expected cmake pkgconfig ${ARGN})
  list(SORT expected)
  if(NOT found STREQUAL expected)
    message(FATAL_ERROR "in ${directory}: ${found}, not ${expected}")
  endif()
endfunction()

set(shared_files libcsio.so cmake/csio/csio-targets.cmake)
set(static_files libcsio.a pkgconfig/csio-static.pc cmake/csio/csio-static-targets.cmake)

# Directories given as full paths stay where they are.
set(lib ${WORK}/installed/some/lib)
install_library(${WORK}/installed -DCMAKE_INSTALL_PREFIX=${WORK}/installed -DCMAKE_INSTALL_LIBDIR=${lib}
  -DCMAKE_INSTALL_INCLUDEDIR=headers)
expect_files(${lib} pkgconfig/csio.pc ${shared_files} ${static_files})
foreach(library csio csio-static)
  string(REGEX REPLACE "^csio$" ${lib} libraries ${library})
  string(REGEX REPLACE "^csio-static$" "" libraries ${libraries})
  expect_pkg_config(pc-${library} ${lib} ${library} "${libraries}")
  expect_cmake(cm-${library} ${lib} csio::${library} "${libraries}" "")
endforeach()

expect_requires(${lib} csio --print-requires-private)
expect_requires(${lib} csio-static --print-requires)

# With a prefix unknown at configuration time, and several directories below it.
set(lib ${WORK}/moved/lib/some)
install_library(${WORK}/moved -DCMAKE_INSTALL_PREFIX=/nowhere -DCMAKE_INSTALL_LIBDIR=lib/some)
expect_pkg_config(pc-moved ${lib} csio ${lib})
expect_pkg_config(pc-moved-static ${lib} csio-static "")
expect_cmake(cm-moved ${lib} csio::csio ${lib} "")
execute_process(COMMAND pkg-config --variable=prefix csio OUTPUT_VARIABLE prefix OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
get_filename_component(prefix "${prefix}" ABSOLUTE)
if(NOT prefix STREQUAL "${WORK}/moved")
  message(FATAL_ERROR "csio.pc says that the prefix is ${prefix}")
endif()

# Users of the shared library need none of the libraries underneath; users of the static one get an error that names
# them.
set(nothing -DPKG_CONFIG_EXECUTABLE=/nowhere/pkg-config)
expect_cmake(cm-bare ${lib} csio::csio ${lib} "" ${nothing})
expect_cmake(cm-shared ${lib} csio::csio ${lib} "COMPONENTS shared" ${nothing})
expect_cmake(cm-static ${lib} csio::csio-static "" "COMPONENTS static")
execute_process(COMMAND ${CMAKE_COMMAND} -S ${WORK}/programs/cm-static-source -B ${WORK}/programs/cm-static-bare ${options}
  -Dcsio_DIR=${lib}/cmake/csio ${nothing} RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
if(status EQUAL 0)
  message(FATAL_ERROR "the static library is found without what is underneath")
endif()

# Only one of the two.
set(lib ${WORK}/shared/lib/some)
install_library(${WORK}/shared -DCMAKE_INSTALL_LIBDIR=lib/some -DBUILD_SHARED_LIBS=ON)
expect_files(${lib} pkgconfig/csio.pc ${shared_files})
expect_pkg_config(pc-shared ${lib} csio ${lib})
expect_requires(${lib} csio --print-requires-private)
expect_cmake(cm-only-shared ${lib} csio::csio ${lib} "")
set(lib ${WORK}/static/lib/some)
install_library(${WORK}/static -DCMAKE_INSTALL_LIBDIR=lib/some -DBUILD_SHARED_LIBS=OFF)
expect_files(${lib} pkgconfig/csio.pc ${static_files})
expect_pkg_config(pc-static ${lib} csio "")
expect_requires(${lib} csio --print-requires)
expect_cmake(cm-only-static ${lib} csio::csio "" "")
message(STATUS "installed in four ways, and linked in fourteen")
