# Installs the library, with directories where nobody else has them, and builds programs with it in each way that
# docs/csio.md names. Those of the static library start without the shared one.
set(prefix ${WORK}/installed)
set(options -DCMAKE_C_COMPILER=${CC} -DCMAKE_BUILD_TYPE=Debug)

function(run)
  execute_process(COMMAND ${ARGV} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${prefix} ${WORK}/programs)
run(${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/library ${options} -DCSIO_TESTS=OFF -DCSIO_TEST_SERVER=OFF -DCMAKE_INSTALL_PREFIX=${prefix}
  -DCMAKE_INSTALL_LIBDIR=${prefix}/some/lib -DCMAKE_INSTALL_INCLUDEDIR=headers)
run(${CMAKE_COMMAND} --build ${WORK}/library)
run(${CMAKE_COMMAND} --install ${WORK}/library)

# A program that can be started says how it is used.
function(expect_start program libraries)
  execute_process(COMMAND ${CMAKE_COMMAND} -E env LD_LIBRARY_PATH=${libraries} ${program} RESULT_VARIABLE status ERROR_VARIABLE said)
  if(NOT status EQUAL 2 OR NOT said MATCHES "^usage: ")
    message(FATAL_ERROR "${program}: ${status}, ${said}")
  endif()
endfunction()

set(ENV{PKG_CONFIG_PATH} ${prefix}/some/lib/pkgconfig)
foreach(module csio csio-static)
  execute_process(COMMAND pkg-config --cflags --libs ${module} OUTPUT_VARIABLE flags COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  file(MAKE_DIRECTORY ${WORK}/programs)
  run(${CC} ${SOURCE}/Examples/c/main.c -o ${WORK}/programs/by-pkg-config-${module} ${flags} -pthread)
endforeach()

file(WRITE ${WORK}/programs/CMakeLists.txt "
cmake_minimum_required(VERSION 3.18)
project(programs LANGUAGES C)
find_package(csio 0.1 REQUIRED)
find_package(Threads REQUIRED)
foreach(library csio csio-static)
  add_executable(by-cmake-\${library} ${SOURCE}/Examples/c/main.c)
  target_link_libraries(by-cmake-\${library} PRIVATE csio::\${library} Threads::Threads)
endforeach()
")
run(${CMAKE_COMMAND} -S ${WORK}/programs -B ${WORK}/programs ${options} -Dcsio_DIR=${prefix}/some/lib/cmake/csio
  -DCMAKE_BUILD_WITH_INSTALL_RPATH=ON)
run(${CMAKE_COMMAND} --build ${WORK}/programs)

foreach(way by-pkg-config by-cmake)
  expect_start(${WORK}/programs/${way}-csio ${prefix}/some/lib)
  expect_start(${WORK}/programs/${way}-csio-static "")
endforeach()
message(STATUS "installed, and linked in four ways")
